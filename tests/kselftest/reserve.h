/* SPDX-License-Identifier: GPL-2.0 */
/* Memory made short on purpose. See reserve.c. */
#ifndef _LAB_RESERVE_H
#define _LAB_RESERVE_H

#include <linux/gfp.h>
#include <linux/mmzone.h>

#include "../../labyrinth/core/watermark.h"

/* How far a drain may go. */
enum reserve_depth {
	RESERVE_TO_MIN,		/* as any request that may not wait */
	RESERVE_TO_ATOMIC,	/* as GFP_ATOMIC */
	RESERVE_TO_NOTHING,	/* as the kernel for its own reclaim */
};

/* Ordinary pages taken out of use. */
struct reserve_hoard {
	struct page *top;
	unsigned long nr;
};

bool reserve_take(struct reserve_hoard *hoard, gfp_t where, enum reserve_depth depth);
unsigned long reserve_drain(struct reserve_hoard *hoard, enum reserve_depth depth);
void reserve_give_back(struct reserve_hoard *hoard, unsigned long nr);

/* Populated zones of this node that a request without zone modifiers may use, as it tries them. */
unsigned int reserve_zones(struct zone *zones[MAX_NR_ZONES]);
long reserve_usable(struct zone *zone);

/* Pages that one refill of a per-CPU list may take past a mark. */
unsigned int reserve_tolerance(struct zone *zone);

/* What the kernel did at all levels, and how often the prediction was wrong. */
struct reserve_count {
	unsigned int given;
	unsigned int refused;
	unsigned int mismatches;
};

enum reserve_request {
	RESERVE_PLAIN,
	RESERVE_DMA,
	RESERVE_DMA32,
	RESERVE_MEMALLOC,	/* of a task that is there to free memory */
	RESERVE_NR_REQUESTS,
};

struct reserve_sweep {
	unsigned int levels;
	unsigned int unstable;	/* comparisons during which the level changed; not counted */
	struct reserve_count counts[RESERVE_NR_REQUESTS];
};

void reserve_sweep(struct reserve_sweep *sweep);

/* What a stock gave while the kernel had nothing. */
struct reserve_guarantee {
	unsigned int runs;		/* a context on a CPU each */
	unsigned int too_few;		/* of these, where the stock was not to be had in full */
	unsigned int kernel_gave;	/* of these, before which the kernel had a page */
	unsigned int errors;
	unsigned int out;
};

int reserve_guarantee(unsigned int stock, unsigned int flags, struct reserve_guarantee *g);

#endif /* _LAB_RESERVE_H */
