// SPDX-License-Identifier: GPL-2.0
/* The figures of owners and zones: their names, and where each comes from. */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include "../core/compat.h"
#include "../core/owner.h"
#include "../core/watermark.h"
#include "event.h"
#include "figures.h"
#include "owner_diag.h"

static const char * const lab_scope_names[] = {
	[LABYRINTH_SCOPE_OWNER]		= "owner",
	[LABYRINTH_SCOPE_PROCESS]	= "process",
	[LABYRINTH_SCOPE_THREAD]	= "thread",
};

const char *lab_scope_name(enum labyrinth_scope scope)
{
	return lab_scope_names[scope];
}

/* Bytes that the owner uses: its tags, its handle, and a fixed part per possible CPU. */
size_t lab_owner_bytes(const struct labyrinth_owner *owner)
{
	return lab_table_bytes(owner->table, owner->tags) + LAB_OWNER_SIZE +
	       sizeof(*owner->diag) +
	       num_possible_cpus() * sizeof(struct lab_cpu);
}

/* ---- owners */

#define LAB_OWNER_FIGURE(__name, __format, __value)					\
static int lab_owner_ ## __name ## _emit(const struct labyrinth_owner *o, char *buf)	\
{											\
	return scnprintf(buf, LAB_FIGURE_LEN, __format, __value);			\
}

LAB_OWNER_FIGURE(id, "%u", o->id)
LAB_OWNER_FIGURE(module, "%s", o->module_name)
LAB_OWNER_FIGURE(scope, "%s", lab_scope_name(o->scope))
LAB_OWNER_FIGURE(nid, "%d", o->nid)
LAB_OWNER_FIGURE(flags, "0x%x", o->flags)
LAB_OWNER_FIGURE(budget, "%u", READ_ONCE(o->budget))
LAB_OWNER_FIGURE(stock, "%u", READ_ONCE(o->stock))
LAB_OWNER_FIGURE(reserve_pct, "%d", READ_ONCE(o->reserve_pct))
LAB_OWNER_FIGURE(owned, "%ld", lab_owner_owned(o))
LAB_OWNER_FIGURE(stocked, "%ld", lab_owner_stocked(o))
LAB_OWNER_FIGURE(peak, "%ld", lab_owner_peak(o))
LAB_OWNER_FIGURE(quarantined, "%d", atomic_read(&o->quarantined))
LAB_OWNER_FIGURE(from_reserve, "%d", atomic_read(&o->from_reserve))
LAB_OWNER_FIGURE(allocs, "%lu", lab_owner_allocs(o))
LAB_OWNER_FIGURE(frees, "%ld", lab_owner_frees(o))
LAB_OWNER_FIGURE(bytes, "%zu", lab_owner_bytes(o))
LAB_OWNER_FIGURE(could_sleep, "%ld", atomic_long_read(&o->diag->could_sleep))
LAB_OWNER_FIGURE(hwpoison, "%ld", atomic_long_read(&o->hwpoison))
LAB_OWNER_FIGURE(refused, "%ld", lab_owner_refused(o))
LAB_OWNER_FIGURE(violations, "%ld", lab_owner_violations(o))

const struct lab_owner_figure lab_owner_figures[] = {
	{ "id", lab_owner_id_emit },
	{ "module", lab_owner_module_emit },
	{ "scope", lab_owner_scope_emit },
	{ "nid", lab_owner_nid_emit },
	{ "flags", lab_owner_flags_emit },
	{ "budget", lab_owner_budget_emit },
	{ "stock", lab_owner_stock_emit },
	{ "reserve_pct", lab_owner_reserve_pct_emit },
	{ "owned", lab_owner_owned_emit },
	{ "stocked", lab_owner_stocked_emit },
	{ "peak", lab_owner_peak_emit },
	{ "quarantined", lab_owner_quarantined_emit },
	{ "from_reserve", lab_owner_from_reserve_emit },
	{ "allocs", lab_owner_allocs_emit },
	{ "frees", lab_owner_frees_emit },
	{ "bytes", lab_owner_bytes_emit },
	{ "could_sleep", lab_owner_could_sleep_emit },
	{ "hwpoison", lab_owner_hwpoison_emit },
	{ "refused", lab_owner_refused_emit },
	{ "violations", lab_owner_violations_emit },
};

static_assert(ARRAY_SIZE(lab_owner_figures) == LAB_NR_OWNER_FIGURES);

/* ---- zones */

/* Owned pages of @zone that were taken from below its min mark. */
static long lab_zone_from_reserve(const struct zone *zone, const struct lab_level *level)
{
	struct lab_walk walk = {};
	struct lab_tag *tag;
	long nr = 0;

	while ((tag = lab_walk_next(&walk))) {
		const struct page *page = READ_ONCE(tag->page);	/* NULL once in the kernel */

		if (page && lab_meta_from_reserve(READ_ONCE(tag->meta)) && page_zone(page) == zone)
			nr++;
	}
	return nr;
}

#define LAB_ZONE_FIGURE(__name, __value)						\
static long lab_zone_ ## __name(const struct zone *zone, const struct lab_level *level)	\
{											\
	return __value;									\
}

LAB_ZONE_FIGURE(free, level->free)
LAB_ZONE_FIGURE(min, level->min)
LAB_ZONE_FIGURE(low, READ_ONCE(zone->_watermark[WMARK_LOW]))
LAB_ZONE_FIGURE(high, READ_ONCE(zone->_watermark[WMARK_HIGH]))
LAB_ZONE_FIGURE(lowmem_reserve, level->reserve)
LAB_ZONE_FIGURE(cma, level->cma)
LAB_ZONE_FIGURE(highatomic, lab_compat_highatomic(zone))
LAB_ZONE_FIGURE(atomic_floor, lab_floor_atomic_min(level->min))
LAB_ZONE_FIGURE(depth_pct, lab_floor_depth_pct(level))
LAB_ZONE_FIGURE(boost, READ_ONCE(zone->watermark_boost))

const struct lab_zone_figure lab_zone_figures[] = {
	{ "free", lab_zone_free },
	{ "min", lab_zone_min },
	{ "low", lab_zone_low },
	{ "high", lab_zone_high },
	{ "lowmem_reserve", lab_zone_lowmem_reserve },
	{ "cma", lab_zone_cma },
	{ "highatomic", lab_zone_highatomic },
	{ "atomic_floor", lab_zone_atomic_floor },
	{ "depth_pct", lab_zone_depth_pct },
	{ "from_reserve", lab_zone_from_reserve, .walks = true },
	{ "boost", lab_zone_boost },
};

static_assert(ARRAY_SIZE(lab_zone_figures) == LAB_NR_ZONE_FIGURES);
