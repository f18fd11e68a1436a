/* SPDX-License-Identifier: GPL-2.0 */
/* Every violation, made on purpose. See misuse.c. */
#ifndef _LAB_MISUSE_H
#define _LAB_MISUSE_H

#include <linux/labyrinth.h>
#include <linux/mm_types.h>

#define MISUSE_BUDGET	128	/* the offender's, in pages */
#define MISUSE_SOUND	100U	/* pages that a sound owner takes and gives back */

struct file;

enum misuse_context {
	MISUSE_TASK,
	MISUSE_SOFTIRQ,
	MISUSE_HARDIRQ,
	MISUSE_NMI,
	MISUSE_NR_CONTEXTS,
};

/* A scenario while it is played. */
struct misuse {
	struct labyrinth_owner *holder;		/* NULL once it is destroyed */
	struct labyrinth_owner *offender;	/* the same */
	struct labyrinth_owner *dead;		/* a handle used after its end */
	struct page *page;			/* what it is about */
	struct page *more[MISUSE_BUDGET];	/* the offender's own */
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
struct misuse_kind {
	const char *name;
	enum misuse_context context;		/* of the misuse */
	void (*take)(struct misuse *p);
	void (*prepare)(struct misuse *p);
	void (*misuse)(struct misuse *p);
	void (*settle)(struct misuse *p);
	bool held;				/* until then, so labyrinth must not hand it out */
	unsigned int places;			/* that it takes up of the holder's budget */
	unsigned int offender_budget;		/* 0: MISUSE_BUDGET */
	enum labyrinth_scope scope;		/* the holder's */
	unsigned int flags;			/* the holder's */
};

extern const struct misuse_kind misuse_kinds[];
extern const unsigned int misuse_nr_kinds;

bool misuse_in(enum misuse_context context, void (*misuse)(struct misuse *p),
		struct misuse *p);
bool misuse_map(struct misuse *p);
bool misuse_unmap(struct misuse *p);
long misuse_memory(void);

#endif /* _LAB_MISUSE_H */
