// SPDX-License-Identifier: GPL-2.0
/* Allocate ordinary pages down to a given level, without any reclaim. */
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "reserve.h"

static struct page *reserve_alloc(gfp_t where, enum reserve_depth depth)
{
	struct page *page;
	unsigned int flags;

	switch (depth) {
	case RESERVE_TO_MIN:
		return alloc_page(where | __GFP_NOWARN | __GFP_NOMEMALLOC);
	case RESERVE_TO_ATOMIC:
		return alloc_page(where | (GFP_ATOMIC & ~__GFP_KSWAPD_RECLAIM) | __GFP_NOWARN);
	default:
		flags = memalloc_noreclaim_save();
		page = alloc_page(where | __GFP_NOWARN);
		memalloc_noreclaim_restore(flags);
		return page;
	}
}

/* @where: zone modifiers. Returns false if no page is available. */
bool reserve_take(struct reserve_hoard *hoard, gfp_t where, enum reserve_depth depth)
{
	struct page *page = reserve_alloc(where, depth);

	if (!page)
		return false;
	set_page_private(page, (unsigned long)hoard->top);
	hoard->top = page;
	hoard->nr++;
	return true;
}

/* Returns the pages taken. */
unsigned long reserve_drain(struct reserve_hoard *hoard, enum reserve_depth depth)
{
	unsigned long before = hoard->nr;

	while (reserve_take(hoard, 0, depth))
		if (!(hoard->nr % 1024))
			cond_resched();
	return hoard->nr - before;
}

void reserve_give_back(struct reserve_hoard *hoard, unsigned long nr)
{
	while (nr-- && hoard->top) {
		struct page *page = hoard->top;

		hoard->top = (struct page *)page_private(page);
		set_page_private(page, 0);
		__free_page(page);
		hoard->nr--;
		if (!(nr % 1024))
			cond_resched();
	}
}

unsigned int reserve_zones(struct zone *zones[MAX_NR_ZONES])
{
	struct zoneref *ref = node_zonelist(numa_mem_id(), GFP_ATOMIC)->_zonerefs;
	unsigned int nr = 0;

	for (; ref->zone && nr < MAX_NR_ZONES; ref++)
		if (zonelist_zone_idx(ref) <= LAB_HIGHEST_ZONE)
			zones[nr++] = ref->zone;
	return nr;
}

/* The pages that are compared with the marks, for a request without zone modifiers. */
long reserve_usable(struct zone *zone)
{
	struct lab_level level;

	lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
	return level.free - level.cma - (long)level.reserve;
}

unsigned int reserve_tolerance(struct zone *zone)
{
	const struct per_cpu_pages *lists = raw_cpu_ptr(zone->per_cpu_pageset);

	return lab_compat_refill_pages(lists);
}
