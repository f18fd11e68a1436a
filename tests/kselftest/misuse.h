/* SPDX-License-Identifier: GPL-2.0 */
/* Violations made on purpose. See misuse.c. */
#ifndef _LAB_MISUSE_H
#define _LAB_MISUSE_H

#include <linux/labyrinth.h>
#include <linux/mm_types.h>

#define MISUSE_BUDGET	128	/* the offender's, in pages */
#define MISUSE_SOUND	100U	/* pages that a sound owner allocates and frees */

struct file;

enum misuse_context {
	MISUSE_TASK,
	MISUSE_SOFTIRQ,
	MISUSE_HARDIRQ,
	MISUSE_NMI,
	MISUSE_NR_CONTEXTS,
};

/* State of a running scenario. */
struct misuse {
	struct labyrinth_owner *holder;		/* NULL if destroyed */
	struct labyrinth_owner *offender;	/* NULL if destroyed */
	struct labyrinth_owner *dead;		/* a destroyed handle */
	struct page *page;			/* the disputed page */
	struct page *more[MISUSE_BUDGET];	/* owned by the offender */
	unsigned int nr_more;
	struct file *file;			/* of the mapping */
	struct mm_struct *mm;			/* of the mapping; only compared */
	unsigned long address;			/* of the mapping */
	const char *by;				/* function that misused the page */
	int err;				/* result of the misuse */
	unsigned int out;			/* pages still owned at destroy */
	unsigned int amiss;			/* other unexpected results */
};

/*
 * A scenario: the holder allocates a page, prepare() sets the scene, the page is misused,
 * and settle() lets its rightful holders free it.
 */
struct misuse_kind {
	const char *name;
	enum misuse_context context;		/* of the misuse */
	void (*take)(struct misuse *p);
	void (*prepare)(struct misuse *p);
	void (*misuse)(struct misuse *p);
	void (*settle)(struct misuse *p);
	bool held;				/* until settle(): must not be handed out */
	unsigned int places;			/* pages charged to the holder meanwhile */
	unsigned int offender_budget;		/* 0: MISUSE_BUDGET */
	enum labyrinth_scope scope;		/* the holder's */
	unsigned int flags;			/* the holder's */
};

extern const struct misuse_kind misuse_kinds[];
extern const unsigned int misuse_nr_kinds;

void misuse_in(enum misuse_context context, void (*misuse)(struct misuse *p), struct misuse *p);
bool misuse_map(struct misuse *p);
bool misuse_unmap(struct misuse *p);
long misuse_memory(void);

#endif /* _LAB_MISUSE_H */
