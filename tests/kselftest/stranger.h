/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that were freed behind labyrinth's back and are a stranger's now. See stranger.c. */
#ifndef _LAB_STRANGER_H
#define _LAB_STRANGER_H

#include <linux/mm_types.h>
#include <linux/types.h>

/* Pages that a stranger takes from the kernel, at most, until he has the one that is wanted. */
#define STRANGER_MOST	128

/* A way to get a page from the kernel. */
struct stranger_kind {
	const char *name;
	bool atomic;				/* more() does not sleep, but on PREEMPT_RT */
	int (*prepare)(void);
	struct page *(*more)(unsigned int nr);	/* one page more; @nr are there */
	void (*keep)(struct page *page);	/* the last one is the page that is wanted */
	void (*give)(void);			/* give all back to the kernel */
	bool frozen;				/* the page may have no reference */
};

const struct stranger_kind *stranger_kind(const char *name);

#endif /* _LAB_STRANGER_H */
