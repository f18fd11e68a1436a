/* SPDX-License-Identifier: GPL-2.0 */
/* Every violation, provoked on purpose. See provoke.c. */
#ifndef _LAB_PROVOKE_H
#define _LAB_PROVOKE_H

#include <linux/labyrinth.h>
#include <linux/mm_types.h>

#define PROVOKE_BUDGET	128	/* the offender's, in pages */
#define PROVOKE_SOUND	100U	/* pages that a sound owner takes and gives back */

struct file;

enum provoke_context {
	PROVOKE_TASK,
	PROVOKE_SOFTIRQ,
	PROVOKE_HARDIRQ,
	PROVOKE_NMI,
	PROVOKE_NR_CONTEXTS,
};

/* A scenario while it is played. */
struct provoke {
	struct labyrinth_owner *holder;		/* NULL once it is destroyed */
	struct labyrinth_owner *offender;	/* the same */
	struct labyrinth_owner *dead;		/* a handle used after its end */
	struct page *page;			/* what it is about */
	struct page *more[PROVOKE_BUDGET];	/* the offender's own */
	unsigned int nr_more;
	struct file *file;			/* behind the mapping */
	struct mm_struct *mm;			/* that it is in; only compared */
	unsigned long address;			/* where it is mapped */
	const char *by;				/* who misused it */
	int err;				/* what that was answered */
	unsigned int out;			/* pages that destroying owners left out */
	unsigned int amiss;			/* what else was not as it must be */
};

/*
 * A scenario: the holder takes a page, things are prepared, it is misused; in the
 * end those who hold it by right give it back.
 */
struct provoke_kind {
	const char *name;
	enum provoke_context context;		/* of the misuse */
	void (*take)(struct provoke *p);
	void (*prepare)(struct provoke *p);
	void (*misuse)(struct provoke *p);
	void (*settle)(struct provoke *p);
	bool held;				/* until then, so labyrinth must not hand it out */
	unsigned int places;			/* that it takes up of the holder's budget */
	unsigned int offender_budget;		/* 0: PROVOKE_BUDGET */
	enum labyrinth_scope scope;		/* the holder's */
	unsigned int flags;			/* the holder's */
};

extern const struct provoke_kind provoke_kinds[];
extern const unsigned int provoke_nr_kinds;

bool provoke_in(enum provoke_context context, void (*misuse)(struct provoke *p),
		struct provoke *p);
bool provoke_map(struct provoke *p);
bool provoke_unmap(struct provoke *p);
long provoke_memory(void);

#endif /* _LAB_PROVOKE_H */
