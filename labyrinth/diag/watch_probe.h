/* SPDX-License-Identifier: GPL-2.0 */
/* The probes of watch.c, and the tables that they fill. See watch_probe.c. */
#ifndef _LABYRINTH_DIAG_WATCH_PROBE_H
#define _LABYRINTH_DIAG_WATCH_PROBE_H

#include <linux/gfp.h>

#include "pfn_map.h"
#include "taker.h"

/* Allocated when it is first needed, and freed at unload. */
struct lab_watch {
	struct lab_takers dippers;
	struct lab_takers module;
	struct lab_pfn_map taken;
};

extern struct lab_watch *lab_watch_data;

/* NULL if nothing was ever counted. */
static inline struct lab_watch *lab_watch_tables(void)
{
	/* Pairs with lab_watch_alloc_data(). */
	return smp_load_acquire(&lab_watch_data);
}

void lab_watch_free(void *data, struct page *page, unsigned int order);
void lab_watch_give_back(void *data, struct page *page, unsigned int order);
void lab_watch_dip(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype);
void lab_watch_atomic(void *data, struct page *page, unsigned int order, gfp_t gfp,
		      int migratetype);

int lab_watch_alloc_data(void);
void lab_watch_free_data(void);
void lab_watch_clear(struct lab_takers *takers);

#endif /* _LABYRINTH_DIAG_WATCH_PROBE_H */
