/* SPDX-License-Identifier: GPL-2.0 */
/* Pages freed behind labyrinth that another kernel user has allocated. See stranger.c. */
#ifndef _LAB_STRANGER_H
#define _LAB_STRANGER_H

#include <linux/mm_types.h>
#include <linux/types.h>

/* The most pages that a stranger allocates to get the wanted one. */
#define STRANGER_MOST	128

/* A way to get a page from the kernel. */
struct stranger_kind {
	const char *name;
	bool atomic;				/* more() sleeps on PREEMPT_RT only */
	int (*prepare)(void);
	struct page *(*more)(unsigned int nr);	/* allocate one page after @nr others */
	void (*keep)(struct page *page);	/* use the wanted page, the last one */
	void (*give)(void);			/* free all pages */
	bool frozen;				/* the page may have no reference */
};

const struct stranger_kind *stranger_kind(const char *name);

#endif /* _LAB_STRANGER_H */
