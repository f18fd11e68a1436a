// SPDX-License-Identifier: GPL-2.0
/*
 * The machine at the moment of a refusal, and what would have helped.
 *
 * A zone has "usable" pages above what is protected; between its min mark and the
 * kernel's own floor lies the atomic reserve, 5/8 of min, of which the owner may have
 * reserve_pct percent (core/watermark.c). For so many pages more, it would have taken
 *
 *	reserve_pct = (min - usable + pages) * 100 / reserve
 *
 * or a min mark that others stop at earlier, by
 *
 *	(floor - usable + pages) * 8/5 * 100 / reserve_pct
 *
 * in the zone where that is least. vm.min_free_kbytes is what all min marks add up to.
 * The zones are read after the refusal: where they have the pages by then, or never lacked
 * them (see lab_floor_choose()), neither number is named.
 */
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/vmstat.h>

#include "../core/compat.h"
#include "shortage.h"

/* ---- at the moment */

static unsigned long lab_zone_cached(struct zone *zone)
{
	unsigned long nr = 0;
	int cpu;

	for_each_online_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return nr;
}

static void lab_shortage_zone_look(struct lab_shortage_zone *seen, struct zone *zone)
{
	seen->name = zone->name;
	seen->node = zone_to_nid(zone);
	lab_level_read(zone, LAB_HIGHEST_ZONE, &seen->level);
	seen->highatomic = lab_compat_highatomic(zone);
	seen->cached = lab_zone_cached(zone);
}

/* Context: any. Bounded by the zones of a zonelist and the possible CPUs. */
void lab_shortage_look(struct lab_shortage *shortage, const struct labyrinth_owner *owner)
{
	struct zoneref *ref = lab_floor_zonerefs(owner ? owner->nid : NUMA_NO_NODE);

	shortage->nr_zones = 0;
	shortage->more_zones = 0;
	for (; ref->zone; ref++)
		if (zonelist_zone_idx(ref) > LAB_HIGHEST_ZONE)
			continue;
		else if (shortage->nr_zones < LAB_SHORTAGE_ZONES)
			lab_shortage_zone_look(&shortage->zones[shortage->nr_zones++], ref->zone);
		else
			shortage->more_zones++;
	shortage->budget = 0;
	/* A dead owner's books are closed. */
	if (!owner || shortage->refusal.reason == LAB_REFUSE_DYING)
		return;
	shortage->budget = owner->budget;
	shortage->stock = READ_ONCE(owner->stock);
	shortage->reserve_pct = READ_ONCE(owner->reserve_pct);
	shortage->owned = lab_owner_owned(owner);
	shortage->ready = lab_owner_stocked(owner);
	shortage->from_reserve = atomic_read(&owner->from_reserve);
	shortage->quarantined = atomic_read(&owner->quarantined);
}

/* ---- which owners have the memory */

#define LAB_TOP		5

struct lab_top {
	char name[LABYRINTH_NAME_LEN];
	long pages;
};

/* Keep the LAB_TOP largest, largest first. */
static void lab_top_enter(struct lab_top *top, const char *name, long pages)
{
	struct lab_top *at = top + LAB_TOP - 1;

	if (pages <= at->pages)
		return;
	for (; at > top && at[-1].pages < pages; at--)
		*at = at[-1];
	strscpy(at->name, name, sizeof(at->name));
	at->pages = pages;
}

static void lab_top_say(struct seq_buf *text, const struct lab_top *top)
{
	unsigned int i;

	for (i = 0; i < LAB_TOP && top[i].pages > 0; i++)
		seq_buf_printf(text, "%s%s %ld", i ? ", " : "", top[i].name, top[i].pages);
	seq_buf_printf(text, i ? " pages" : "nobody");
}

/* How much of the reserve is gone, in the zones there were, and which owners have it. */
static void lab_shortage_say_takers(struct seq_buf *text, const struct lab_shortage *shortage)
{
	struct lab_top deep[LAB_TOP] = {}, most[LAB_TOP] = {};
	const struct labyrinth_owner *owner;
	long gone = 0, ours = 0;
	unsigned int i;

	for (i = 0; i < shortage->nr_zones; i++) {
		const struct lab_level *level = &shortage->zones[i].level;

		gone += clamp((long)level->min - (level->free - level->cma), 0L,
			      (long)(level->min - lab_floor_atomic_min(level->min)));
	}
	mutex_lock(&lab_owners_lock);
	list_for_each_entry(owner, &lab_owners, list) {
		int reserve = atomic_read(&owner->from_reserve);

		lab_top_enter(deep, owner->name, reserve);
		lab_top_enter(most, owner->name, lab_owner_owned(owner) + lab_owner_stocked(owner));
		ours += reserve;
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
	seq_buf_printf(text, "  gone from the reserve: %ld pages; of them by owners here: ", gone);
	lab_top_say(text, deep);
	/* Theirs may come from zones that were not looked at. */
	if (!shortage->more_zones)
		seq_buf_printf(text, "; by others: %ld", max(gone - ours, 0L));
	seq_buf_printf(text, "\n  owners that have most: ");
	lab_top_say(text, most);
	seq_buf_printf(text, "\n");
}

/* Which callers have an owner's pages: the first so many that are met. */
#define LAB_CALLERS	16

struct lab_callers {
	unsigned long caller[LAB_CALLERS];
	unsigned long pages[LAB_CALLERS];
	u32 oldest;		/* lab_tag::time of the page that is out longest */
	unsigned long oldest_caller;
};

static void lab_caller_count(struct lab_callers *callers, const struct lab_tag *tag)
{
	unsigned long caller = lab_tag_caller(tag);
	u32 time = READ_ONCE(tag->time), now = lab_time_now();
	unsigned int i;

	for (i = 0; i < LAB_CALLERS; i++) {
		if (callers->caller[i] && callers->caller[i] != caller)
			continue;
		callers->caller[i] = caller;
		callers->pages[i]++;
		break;
	}
	if (!callers->oldest_caller || now - time > now - callers->oldest) {
		callers->oldest = time;
		callers->oldest_caller = caller;
	}
}

static void lab_shortage_say_callers(struct seq_buf *text, const struct lab_shortage *shortage)
{
	struct lab_callers callers = {};
	unsigned int i, most = 0;
	struct lab_walk walk = {};
	struct lab_tag *tag;

	mutex_lock(&lab_owners_lock);
	while ((tag = lab_walk_next(&walk))) {
		u64 word = READ_ONCE(tag->word);

		if (lab_word_owner(word) == shortage->refusal.owner_id &&
		    lab_word_state(word) == LAB_OWNED)
			lab_caller_count(&callers, tag);
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
	for (i = 1; i < LAB_CALLERS; i++)
		if (callers.pages[i] > callers.pages[most])
			most = i;
	if (callers.oldest_caller)
		seq_buf_printf(text, "  most of its pages: %lu, by %pS; out longest: %llu ms, by %pS\n",
			       callers.pages[most], (void *)callers.caller[most],
			       lab_time_age_ms(callers.oldest), (void *)callers.oldest_caller);
}

/* ---- the state of memory */

static void lab_shortage_say_zones(struct seq_buf *text, const struct lab_shortage *shortage)
{
	unsigned int i;

	for (i = 0; i < shortage->nr_zones; i++) {
		const struct lab_shortage_zone *zone = &shortage->zones[i];
		const struct lab_level *level = &zone->level;

		seq_buf_printf(text, "  node %d %s, in pages: free %ld (CMA %ld, highatomic %lu), min %lu, this owner's floor %lu, GFP_ATOMIC's %lu, lowmem_reserve %lu, in per-CPU lists %lu\n",
			       zone->node, zone->name, level->free, level->cma, zone->highatomic,
			       level->min, lab_floor_mark(level->min, shortage->reserve_pct),
			       lab_floor_atomic_min(level->min), level->reserve, zone->cached);
	}
	if (shortage->more_zones)
		seq_buf_printf(text, "  and %u zones more\n", shortage->more_zones);
}

/* ---- what would have helped */

/* Pages that this owner was short of: as often as it was refused, as far as its budget goes. */
static unsigned long lab_shortage_short(const struct lab_shortage *shortage, long times)
{
	long room = (long)shortage->budget - shortage->owned - shortage->quarantined;

	return clamp(times, 1L, max(room, 1L));
}

/* How many pages more its stock can be while it lives; 0 where it has gone. */
static u32 lab_shortage_room(const struct lab_shortage *shortage)
{
	const struct labyrinth_owner *owner;
	u32 room;

	mutex_lock(&lab_owners_lock);
	owner = lab_owner_by_id(shortage->refusal.owner_id);
	room = owner ? lab_table_room(owner->table) : 0;
	mutex_unlock(&lab_owners_lock);
	return room;
}

#define LAB_SHORTAGE_AT_CREATION	"where the driver creates it"
#define LAB_SHORTAGE_FOLDER		"/sys/kernel/debug/labyrinth/owner"

static void lab_advise_stock(struct seq_buf *text, const struct lab_shortage *shortage, unsigned long pages)
{
	unsigned long stock = min_t(unsigned long, shortage->stock + pages, shortage->budget);

	/* Else the budget must grow with it. */
	if (shortage->stock >= shortage->budget)
		seq_buf_printf(text, "  change: its budget and stock from %u to %lu pages, "
			       LAB_SHORTAGE_AT_CREATION, shortage->budget, shortage->budget + pages);
	else if (stock - shortage->stock > lab_shortage_room(shortage))
		seq_buf_printf(text, "  change: its stock from %u to %lu pages, " LAB_SHORTAGE_AT_CREATION,
			       shortage->stock, stock);
	else
		seq_buf_printf(text, "  change: its stock from %u to %lu pages, by " LAB_SHORTAGE_FOLDER "/%s/stock",
			       shortage->stock, stock, shortage->refusal.owner);
}

static void lab_advise_budget(struct seq_buf *text, const struct lab_shortage *shortage, long times)
{
	unsigned long more = clamp_t(long, times, 1, shortage->budget);

	/* A greater budget would go the same way. */
	if (shortage->quarantined >= more)
		seq_buf_printf(text, "  change: what keeps %d pages in quarantine, which have a place in its budget: see its shared_page and use_after_free\n",
			       shortage->quarantined);
	else
		seq_buf_printf(text, "  change: its budget from %u to %lu pages, " LAB_SHORTAGE_AT_CREATION ", or give pages back sooner\n",
			       shortage->budget, shortage->budget + more);
}

static long lab_zone_usable(const struct lab_shortage_zone *zone)
{
	return zone->level.free - zone->level.cma - (long)zone->level.reserve;
}

/* Percent of the reserve for @pages more from @zone as it stood. */
static unsigned long lab_pct_wanted(const struct lab_shortage_zone *zone, unsigned long pages)
{
	long reserve = zone->level.min - lab_floor_atomic_min(zone->level.min);
	long depth = (long)zone->level.min - lab_zone_usable(zone) + (long)pages;

	return reserve ? DIV_ROUND_UP(max(depth, 0L) * 100, reserve) : ULONG_MAX;
}

/* By how much all min marks together, now @total, must grow for @pages more from @zone. */
static unsigned long lab_min_wanted(const struct lab_shortage_zone *zone, unsigned long total,
				    unsigned long pages, int pct)
{
	unsigned long min = zone->level.min;
	long lack = (long)lab_floor_mark(min, pct) - lab_zone_usable(zone) + (long)pages;

	if (!min)
		return ULONG_MAX;
	return mult_frac(DIV_ROUND_UP(max(lack, 1L) * 8 * 100, 5 * pct), total, min);
}

/*
 * What all min marks add up to: vm.min_free_kbytes, and where ZONE_MOVABLE is not counted
 * as low memory, 128 pages more for each such zone at most.
 */
static unsigned long lab_min_total(void)
{
	unsigned long total = 0;
	int nid, i;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (populated_zone(zone))
				total += READ_ONCE(zone->_watermark[WMARK_MIN]);
		}
	return total;
}

/* Had a zone so many pages all the same? Then no mark was too high. */
static bool lab_shortage_had(const struct lab_shortage *shortage, int pct, unsigned long pages)
{
	unsigned int i;

	for (i = 0; i < shortage->nr_zones; i++)
		if (lab_zone_usable(&shortage->zones[i]) >=
		    (long)(lab_floor_mark(shortage->zones[i].level.min, pct) + pages))
			return true;
	return false;
}

/* In place of a greater stock. */
static void lab_advise_marks(struct seq_buf *text, const struct lab_shortage *shortage, unsigned long pages)
{
	bool floor = shortage->refusal.reason == LAB_REFUSE_FLOOR;
	unsigned long pct = ULONG_MAX, more = ULONG_MAX, total = lab_min_total();
	int share = floor ? shortage->reserve_pct : 100;
	unsigned int i;

	if (lab_shortage_had(shortage, share, pages))
		return;
	for (i = 0; i < shortage->nr_zones; i++) {
		pct = min(pct, lab_pct_wanted(&shortage->zones[i], pages));
		if (share)
			more = min(more, lab_min_wanted(&shortage->zones[i], total, pages, share));
	}
	if (floor && pct <= 100)
		seq_buf_printf(text, "  or: its reserve_pct from %d to %lu, by " LAB_SHORTAGE_FOLDER "/%s/reserve_pct\n",
			       shortage->reserve_pct, pct, shortage->refusal.owner);
	if (more != ULONG_MAX)
		seq_buf_printf(text, "  or: vm.min_free_kbytes from about %lu to %lu\n",
			       total << (PAGE_SHIFT - 10), (total + more) << (PAGE_SHIFT - 10));
}

/* What is known of it, in lines that follow what happened. Context: process. */
void lab_shortage_say(struct seq_buf *text, const struct lab_shortage *shortage)
{
	if (!shortage->budget)
		return;
	seq_buf_printf(text, "  %s: owns %ld of %u pages, %d of them from the reserve; %ld ready, stock %u, quarantined %d\n",
		       shortage->refusal.owner, shortage->owned, shortage->budget, shortage->from_reserve, shortage->ready,
		       shortage->stock, shortage->quarantined);
	switch (shortage->refusal.reason) {
	case LAB_REFUSE_BUDGET:
		lab_shortage_say_callers(text, shortage);
		break;
	case LAB_REFUSE_FLOOR:
		seq_buf_printf(text, "  it may have %d percent of the reserve, which is what lies between min and GFP_ATOMIC's floor\n",
			       shortage->reserve_pct);
		fallthrough;
	case LAB_REFUSE_BUDDY:
		lab_shortage_say_zones(text, shortage);
		lab_shortage_say_takers(text, shortage);
		break;
	default:
		break;
	}
}

/* What would have helped; there were so many @times by now, 0 is unknown. Context: process. */
void lab_shortage_advise(struct seq_buf *text, const struct lab_shortage *shortage, long times)
{
	unsigned long pages = lab_shortage_short(shortage, times);

	if (times > 0)
		seq_buf_printf(text, "  such refusals since the last report: %ld\n", times);
	if (!shortage->budget)
		return;
	switch (shortage->refusal.reason) {
	case LAB_REFUSE_BUDGET:
		lab_advise_budget(text, shortage, times);
		break;
	case LAB_REFUSE_FLOOR:
	case LAB_REFUSE_BUDDY:
		lab_advise_stock(text, shortage, pages);
		seq_buf_printf(text, "\n");
		lab_advise_marks(text, shortage, pages);
		break;
	case LAB_REFUSE_CONTEXT:
		lab_advise_stock(text, shortage, pages);
		seq_buf_printf(text, ": there only what is ready can be had\n");
		break;
	case LAB_REFUSE_SCOPE:
		seq_buf_printf(text, "  change: the handle's scope, or the task that calls\n");
		break;
	default:
		break;
	}
}
