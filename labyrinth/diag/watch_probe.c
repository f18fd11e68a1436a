// SPDX-License-Identifier: GPL-2.0
/*
 * The probes on mm_page_alloc and mm_page_free:
 *
 * - A free of a page with the mark is reported as it happens. Labyrinth clears the mark before
 *   it frees a page.
 * - An allocation that leaves its zone below the min mark is counted for its caller.
 * - An allocation by the watched module that may not sleep is counted for its caller.
 *
 * The pages that were counted are entered in a map, so that they can be subtracted when they
 * are freed. mm_page_free fires before the page is free, mm_page_alloc after it was allocated.
 * Bulk allocations fire no event for the pages that they take from above the low mark.
 *
 * The probes run in any context that allocates or frees pages: they take no lock and allocate
 * nothing. Since 7.0 they are preemptible.
 */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "../core/freed_behind.h"
#include "../core/mark.h"
#include "../core/watermark.h"
#include "backtrace.h"
#include "watch_probe.h"
#include "watch_tables.h"

static struct lab_takers *lab_watch_table(u16 taker, unsigned int *row)
{
	bool module = taker >= LAB_IN_MODULE;

	*row = module ? taker - LAB_IN_MODULE : taker;
	return module ? &lab_watch_data->module : &lab_watch_data->dippers;
}

static void lab_watch_entered(u16 taker, const struct page *page, unsigned int order)
{
	unsigned int row;
	struct lab_takers *takers = lab_watch_table(taker, &row);
	struct lab_pfn_value value = { .taker = taker, .order = order };

	if (lab_pfn_map_add(&lab_watch_data->taken, page_to_pfn(page), value))
		lab_takers_held(takers, row, order);
	else
		lab_takers_unseen(takers, row, order);
}

/* Is the free of a page seen that was entered? */
static noinline void lab_watch_taken_freed(const struct page *page)
{
	struct lab_pfn_value value;

	/* It may be a dipper's and the module's. */
	while (lab_pfn_map_take(&lab_watch_data->taken, page_to_pfn(page), &value)) {
		unsigned int row;
		struct lab_takers *takers = lab_watch_table(value.taker, &row);

		lab_takers_freed(takers, row, value.order);
	}
}

void lab_watch_give_back(void *data, struct page *page, unsigned int order)
{
	if (unlikely(lab_pfn_map_any(&lab_watch_data->taken)))
		lab_watch_taken_freed(page);
}

static noinline void lab_watch_marked(struct page *page)
{
	struct lab_backtrace trace;

	lab_backtrace(&trace);
	lab_freed_in_the_act(page, trace.stack[0], trace.stack);
}

void lab_watch_free(void *data, struct page *page, unsigned int order)
{
	if (unlikely(lab_page_has_mark(page)))
		lab_watch_marked(page);
}

/* @level is NULL if the kernel refused. */
static noinline void lab_watch_count(struct page *page, unsigned int order, gfp_t gfp,
				     const struct lab_level *level, bool module)
{
	struct lab_takers *takers = module ? &lab_watch_data->module : &lab_watch_data->dippers;
	struct lab_take take = { .gfp = gfp, .order = order };
	struct lab_backtrace trace;
	unsigned int row;

	lab_backtrace(&trace);
	if (trace.kind == LAB_FRAME_OURS)
		return;		/* owners are counted by labyrinth itself */
	if (module && !(trace.stack[0] && lab_backtrace_watched(trace.stack[0])))
		return;
	take.caller = trace.stack[0];
	if (level) {
		take.depth_pct = min_t(unsigned long, lab_floor_pct_needed(level, 0), INT_MAX);
		take.below_min = !lab_floor_permits(level, level->min);
	}
	if (!page) {
		lab_takers_refused(takers, &take);
		return;
	}
	row = lab_takers_note(takers, &take);
	lab_watch_entered(module ? row + LAB_IN_MODULE : row, page, order);
}

static noinline void lab_watch_dip_or_not(struct page *page, unsigned int order, gfp_t gfp)
{
	struct lab_level level;

	if (!page) {
		/* Requests that may wait fail for other reasons. */
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			lab_watch_count(NULL, order, gfp, NULL, false);
		return;
	}
	lab_level_read(page_zone(page), gfp_zone(gfp), &level);
	if (!lab_floor_permits(&level, level.min))
		lab_watch_count(page, order, gfp, &level, false);
}

/* Is the zone above its min mark for any request? */
static __always_inline bool lab_zone_above_min(const struct zone *zone)
{
	long free = atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);

	if (IS_ENABLED(CONFIG_CMA))
		free -= atomic_long_read(&zone->vm_stat[NR_FREE_CMA_PAGES]);
	return free > (long)READ_ONCE(zone->_watermark[WMARK_MIN]) +
		      READ_ONCE(zone->lowmem_reserve[MAX_NR_ZONES - 1]);
}

void lab_watch_dip(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype)
{
	if (unlikely(!page || !lab_zone_above_min(page_zone(page))))
		lab_watch_dip_or_not(page, order, gfp);
}

void lab_watch_atomic(void *data, struct page *page, unsigned int order, gfp_t gfp,
		      int migratetype)
{
	struct lab_level level;

	if (gfp & __GFP_DIRECT_RECLAIM)
		return;
	if (page)
		lab_level_read(page_zone(page), gfp_zone(gfp), &level);
	lab_watch_count(page, order, gfp, page ? &level : NULL, true);
}
