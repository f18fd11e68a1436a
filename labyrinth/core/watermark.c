// SPDX-License-Identifier: GPL-2.0
/*
 * The watermark check: how deep an owner may go into a zone's emergency reserve.
 *
 * The kernel gives an order-0 GFP_ATOMIC page from a zone iff
 *
 *	free - cma > atomic_min + lowmem_reserve[highest zone]
 *	atomic_min = min - min/2 - (min - min/2)/4	(3/8 of min, rounded up)
 *
 * (__zone_watermark_ok() in mm/page_alloc.c, 6.1 to 7.3). A request of this
 * kind may use free HIGHATOMIC pages and ignores watermark_boost. The atomic
 * reserve is between min and atomic_min; an owner's floor is
 *
 *	floor = min - (min - atomic_min) * reserve_pct / 100
 *
 * Free pages are counted as the kernel counts them, without the per-CPU lists:
 * a refill of one of those takes many pages past any mark at once. The floor is
 * therefore exact as a decision, and a zone's level follows it within one such
 * refill per CPU.
 *
 * The kernel repeats a failed request of a PF_MEMALLOC task without watermarks. An owner with a
 * reserve_pct of 100 benefits from that; for others no request is made below their floor.
 *
 * No state. Context: any.
 */
#include <linux/gfp.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/vmstat.h>

#include "context.h"
#include "watermark.h"

unsigned long lab_floor_atomic_min(unsigned long min)
{
	min -= min / 2;
	min -= min / 4;
	return min;
}

/* The floor. @reserve_pct: 0 is @min, 100 is the kernel's own limit. */
unsigned long lab_floor_mark(unsigned long min, int reserve_pct)
{
	return min - (min - lab_floor_atomic_min(min)) * reserve_pct / 100;
}

bool lab_floor_permits(const struct lab_level *level, unsigned long mark)
{
	return lab_level_usable(level) > (long)mark;
}

/* How much of the atomic reserve is used, in percent: 0 at min and above. */
unsigned int lab_floor_depth_pct(const struct lab_level *level)
{
	long below = (long)level->min - lab_level_usable(level);
	long reserve = level->min - lab_floor_atomic_min(level->min);

	if (below <= 0 || !reserve)
		return 0;
	return min(below * 100 / reserve, (long)UINT_MAX);
}

/* The least reserve_pct with which an owner would get @pages more; ULONG_MAX if none suffices. */
unsigned long lab_floor_pct_needed(const struct lab_level *level, unsigned long pages)
{
	long below = (long)level->min - lab_level_usable(level) + (long)pages;
	long reserve = level->min - lab_floor_atomic_min(level->min);

	return reserve ? DIV_ROUND_UP(max(below, 0L) * 100, reserve) : ULONG_MAX;
}

void lab_level_read(struct zone *zone, enum zone_type highest, struct lab_level *level)
{
	level->free = zone_page_state(zone, NR_FREE_PAGES);
	level->cma = IS_ENABLED(CONFIG_CMA) ? zone_page_state(zone, NR_FREE_CMA_PAGES) : 0;
	level->min = READ_ONCE(zone->_watermark[WMARK_MIN]);
	level->reserve = READ_ONCE(zone->lowmem_reserve[highest]);
}

struct zoneref *lab_floor_zonerefs(int nid)
{
	if (nid == NUMA_NO_NODE)
		nid = numa_mem_id();
	return node_zonelist(nid, GFP_ATOMIC)->_zonerefs;
}

/* Would the kernel serve a request that begins at @zone from a lower zone of its node? */
static bool lab_lower_zone_serves(struct zone *zone)
{
	struct zone *lower;

	/* The kernel tries all zones down to low before it uses the reserve of one. */
	for (lower = zone - 1; lower >= zone->zone_pgdat->node_zones; lower--) {
		struct lab_level level;

		if (!populated_zone(lower))
			continue;
		lab_level_read(lower, zone_idx(zone), &level);
		if (lab_floor_permits(&level, READ_ONCE(lower->_watermark[WMARK_LOW])))
			return true;
	}
	return false;
}

/* All zones are below the atomic minimum, where only PF_MEMALLOC tasks get pages. */
static enum lab_floor lab_floor_below_all(int nid, int reserve_pct, struct lab_choice *choice)
{
	if (!lab_context_ignores_marks())
		return LAB_FLOOR_EMPTY;
	choice->zone = lab_floor_first_zone(nid);
	if (reserve_pct < 100 || !choice->zone)
		return LAB_FLOOR_REFUSES;
	/* The plain call: any zone that has a page. */
	choice->steer = 0;
	choice->below_min = true;
	return LAB_FLOOR_PERMITS;
}

/*
 * The first zone, in the kernel's order of preference, that is above the owner's floor. The
 * page comes from there if the kernel has none in the zones before it on that node. Otherwise
 * the request must start at that zone; but then lower zones are less protected from it, so this
 * is done only if they have no page. Bounded: a zonelist has MAX_NR_ZONES entries per node.
 */
enum lab_floor lab_floor_choose(int nid, int reserve_pct, struct lab_choice *choice)
{
	enum lab_floor verdict = LAB_FLOOR_EMPTY;
	int serving_nid = NUMA_NO_NODE;	/* node of an earlier zone that the kernel would use */
	struct zoneref *ref;

	for (ref = lab_floor_zonerefs(nid); ref->zone; ref++) {
		struct zone *zone = ref->zone;
		struct lab_level level;
		bool steer;

		if (zonelist_zone_idx(ref) > LAB_HIGHEST_ZONE)
			continue;
		lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
		if (!lab_floor_permits(&level, lab_floor_atomic_min(level.min)))
			continue;
		steer = serving_nid == zone_to_nid(zone);
		if (!lab_floor_permits(&level, lab_floor_mark(level.min, reserve_pct)) ||
		    (steer && lab_lower_zone_serves(zone))) {
			verdict = LAB_FLOOR_REFUSES;
			serving_nid = zone_to_nid(zone);
			continue;
		}
		choice->zone = zone;
		choice->steer = __GFP_THISNODE | (steer ? lab_floor_zone_gfp(zone) : 0);
		choice->below_min = !lab_floor_permits(&level, level.min);
		return LAB_FLOOR_PERMITS;
	}
	return verdict == LAB_FLOOR_EMPTY ? lab_floor_below_all(nid, reserve_pct, choice) : verdict;
}

/* The zone that a request from @nid tries first; refusals are reported with it. */
struct zone *lab_floor_first_zone(int nid)
{
	struct zoneref *ref = lab_floor_zonerefs(nid);

	while (ref->zone && zonelist_zone_idx(ref) > LAB_HIGHEST_ZONE)
		ref++;
	return ref->zone;
}

/* The zone modifier of a request that starts at @zone. */
gfp_t lab_floor_zone_gfp(const struct zone *zone)
{
	switch (zone_idx(zone)) {
#ifdef CONFIG_ZONE_DMA
	case ZONE_DMA:
		return __GFP_DMA;
#endif
#ifdef CONFIG_ZONE_DMA32
	case ZONE_DMA32:
		return __GFP_DMA32;
#endif
	default:
		return 0;
	}
}
