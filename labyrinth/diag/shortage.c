// SPDX-License-Identifier: GPL-2.0
/*
 * The state of memory at a refusal: the owner's counters and the zones' levels are recorded
 * where the call fails, and written as text later.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>

#include "../core/compat.h"
#include "shortage.h"
#include "watch_tables.h"
#include "words.h"

/* ---- recording */

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
	shortage->fixed = false;
	/* The counters of a dead owner are no longer kept. */
	if (!owner || shortage->refusal.reason == LAB_REFUSE_DYING)
		return;
	shortage->budget = owner->budget;
	shortage->fixed = owner->flags & LABYRINTH_FIXED;
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

/* How much of the recorded zones' reserve is gone, and which owners have it. */
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
	/* The owners' pages may be from zones that were not recorded. */
	if (!shortage->more_zones)
		seq_buf_printf(text, "; by others: %ld", max(gone - ours, 0L));
	if (gone > ours)
		lab_watch_say(text);
	seq_buf_printf(text, "\n  owners that have most: ");
	lab_top_say(text, most);
	seq_buf_printf(text, "\n");
}

/* Callers that are counted for an owner: the first ones found. */
#define LAB_CALLERS	16

struct lab_callers {
	unsigned long caller[LAB_CALLERS];
	unsigned long pages[LAB_CALLERS];
	u32 oldest;		/* lab_tag::time of the page owned for longest */
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
		u64 meta = READ_ONCE(tag->meta);

		if (lab_meta_owner(meta) == shortage->refusal.owner_id &&
		    lab_meta_phase(meta) == LAB_OWNED)
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

/* Lines that follow the first ones of a refusal's report. Context: process. */
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

/* ---- as key=value */

void lab_shortage_show_owner(struct seq_file *m, const struct lab_shortage *shortage)
{
	seq_printf(m, " context=%s cpu=%u budget=%u owned=%ld stocked=%ld stock=%u quarantined=%d from_reserve=%d reserve_pct=%d\n",
		   lab_context_name(shortage->refusal.context), shortage->refusal.cpu,
		   shortage->budget, shortage->owned, shortage->ready, shortage->stock,
		   shortage->quarantined, shortage->from_reserve, shortage->reserve_pct);
}

/* A line for each zone. */
void lab_shortage_show_zones(struct seq_file *m, u64 report, const struct lab_shortage *shortage)
{
	unsigned int i;

	for (i = 0; i < shortage->nr_zones; i++) {
		const struct lab_shortage_zone *zone = &shortage->zones[i];
		const struct lab_level *level = &zone->level;

		seq_printf(m, "report=%llu node=%d zone=%s usable=%ld free=%ld cma=%ld highatomic=%lu lowmem_reserve=%lu cached=%lu min=%lu floor=%lu atomic_floor=%lu\n",
			   report, zone->node, zone->name, lab_level_usable(level), level->free,
			   level->cma, zone->highatomic, level->reserve, zone->cached, level->min,
			   lab_floor_mark(level->min, shortage->reserve_pct),
			   lab_floor_atomic_min(level->min));
	}
}
