// SPDX-License-Identifier: GPL-2.0
/*
 * Compare the kernel with labyrinth's prediction at many levels of free memory, zone by
 * zone: a GFP_ATOMIC request must fail exactly if labyrinth predicts it.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "reserve.h"

/* The most pages between two levels. */
#define SWEEP_STEP	8

static const gfp_t sweep_modifiers[] = {
	[RESERVE_PLAIN]	= 0,
	[RESERVE_DMA]	= __GFP_DMA,
	[RESERVE_DMA32]	= __GFP_DMA32,
	[RESERVE_MEMALLOC] = 0,
};

static_assert(ARRAY_SIZE(sweep_modifiers) == RESERVE_NR_REQUESTS);

static bool sweep_predict(gfp_t gfp)
{
	enum zone_type highest = gfp_zone(gfp);
	struct zoneref *ref = node_zonelist(numa_mem_id(), gfp)->_zonerefs;
	struct lab_choice choice;

	/* Without zone modifiers, use labyrinth's own check before a page allocation. */
	if (highest == LAB_HIGHEST_ZONE)
		return lab_floor_choose(NUMA_NO_NODE, 100, &choice) == LAB_FLOOR_PERMITS;
	for (; ref->zone; ref++) {
		struct lab_level level;

		if (zonelist_zone_idx(ref) > highest)
			continue;
		lab_level_read(ref->zone, highest, &level);
		if (lab_floor_permits(&level, lab_floor_atomic_min(level.min)))
			return true;
	}
	return false;
}

/*
 * Nothing may change the level between prediction and request. On PREEMPT_RT the page
 * allocator may not be called with interrupts off: there a comparison only counts if the
 * prediction is the same afterwards.
 */
static void sweep_compare(struct reserve_sweep *sweep, enum reserve_request request)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN | sweep_modifiers[request];
	struct reserve_count *count = &sweep->counts[request];
	bool before, after, quiet = !IS_ENABLED(CONFIG_PREEMPT_RT);
	unsigned long flags = 0;
	unsigned int memalloc = 0;
	struct page *page;

	if (request == RESERVE_MEMALLOC)
		memalloc = memalloc_noreclaim_save();
	if (quiet)
		local_irq_save(flags);
	before = sweep_predict(gfp);
	page = alloc_page(gfp);
	after = sweep_predict(gfp);
	if (quiet)
		local_irq_restore(flags);
	if (request == RESERVE_MEMALLOC)
		memalloc_noreclaim_restore(memalloc);

	if (!quiet && before != after)
		sweep->unstable++;
	else if (before != !!page)
		count->mismatches++;
	else if (page)
		count->given++;
	else
		count->refused++;
	if (page)
		__free_page(page);
}

static void sweep_level(struct reserve_sweep *sweep)
{
	unsigned int i;

	sweep->levels++;
	for (i = 0; i < RESERVE_NR_REQUESTS; i++)
		sweep_compare(sweep, i);
}

static long sweep_free(struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES);
}

/* From above the zone's high mark, or its present level if lower, to well below all marks. */
static void sweep_zone(struct reserve_sweep *sweep, struct zone *zone, struct reserve_hoard *hoard)
{
	gfp_t where = __GFP_THISNODE | lab_floor_zone_gfp(zone);
	long low = zone->_watermark[WMARK_MIN] / 4;
	long high = zone->_watermark[WMARK_HIGH] + zone->lowmem_reserve[LAB_HIGHEST_ZONE] + 256;
	int step = clamp_t(int, low / 16, 1, SWEEP_STEP);

	while (sweep_free(zone) > high && reserve_take(hoard, where, RESERVE_TO_NOTHING))
		if (!(hoard->nr % 1024))
			cond_resched();
	while (sweep_free(zone) > low) {
		int i;

		sweep_level(sweep);
		for (i = 0; i < step; i++)
			if (!reserve_take(hoard, where, RESERVE_TO_NOTHING))
				return;
	}
}

/* Free the pages step by step, in all zones at once. */
static void sweep_up(struct reserve_sweep *sweep, struct reserve_hoard *hoard)
{
	unsigned long levels = 500;

	while (hoard->nr && levels--) {
		sweep_level(sweep);
		reserve_give_back(hoard, 4 * SWEEP_STEP);
	}
}

void reserve_sweep(struct reserve_sweep *sweep)
{
	struct zone *zones[MAX_NR_ZONES];
	unsigned int i, nr = reserve_zones(zones);
	struct reserve_hoard hoard = {};

	memset(sweep, 0, sizeof(*sweep));
	for (i = 0; i < nr; i++)
		sweep_zone(sweep, zones[i], &hoard);
	sweep_up(sweep, &hoard);
	reserve_give_back(&hoard, hoard.nr);
}
