/* SPDX-License-Identifier: GPL-2.0 */
/* Make memory short on purpose. See reserve.c. */
#ifndef _LAB_RESERVE_H
#define _LAB_RESERVE_H

#include <linux/gfp.h>
#include <linux/mmzone.h>

#include "../../labyrinth/core/watermark.h"

/* The depth of a drain. */
enum reserve_depth {
	RESERVE_TO_MIN,		/* to min */
	RESERVE_TO_ATOMIC,	/* to the floor of GFP_ATOMIC */
	RESERVE_TO_NOTHING,	/* to the last page, as PF_MEMALLOC */
};

/* Ordinary pages that are kept allocated. */
struct reserve_hoard {
	struct page *top;
	unsigned long nr;
};

bool reserve_take(struct reserve_hoard *hoard, gfp_t where, enum reserve_depth depth);
unsigned long reserve_drain(struct reserve_hoard *hoard, enum reserve_depth depth);
void reserve_give_back(struct reserve_hoard *hoard, unsigned long nr);

/* Populated zones for a request without zone modifiers, in the order of the zonelist. */
unsigned int reserve_zones(struct zone *zones[MAX_NR_ZONES]);
long reserve_usable(struct zone *zone);

/* The most pages that one refill of a per-CPU list takes beyond a mark. */
unsigned int reserve_tolerance(struct zone *zone);

/* Results of the kernel at all levels, and the number of wrong predictions. */
struct reserve_count {
	unsigned int given;
	unsigned int refused;
	unsigned int mismatches;
};

enum reserve_request {
	RESERVE_PLAIN,
	RESERVE_DMA,
	RESERVE_DMA32,
	RESERVE_MEMALLOC,	/* of a PF_MEMALLOC task */
	RESERVE_NR_REQUESTS,
};

struct reserve_sweep {
	unsigned int levels;
	unsigned int unstable;	/* comparisons dropped because the level changed */
	struct reserve_count counts[RESERVE_NR_REQUESTS];
};

void reserve_sweep(struct reserve_sweep *sweep);

/* Results of a stock while the page allocator has no page. */
struct reserve_guarantee {
	unsigned int runs;		/* one for each context on each CPU */
	unsigned int too_few;		/* runs that did not get the whole stock */
	unsigned int kernel_gave;	/* runs before which the kernel had a page */
	unsigned int errors;		/* runs in which a free failed */
	unsigned int out;		/* pages still owned at destroy */
};

int reserve_guarantee(unsigned int stock, unsigned int flags, struct reserve_guarantee *g);

#endif /* _LAB_RESERVE_H */
