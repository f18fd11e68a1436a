// SPDX-License-Identifier: GPL-2.0
/*
 * The changes that would have prevented a refusal. They are computed here only; the console,
 * debugfs and the command format them.
 *
 * A zone has "usable" pages above its protected ones. The atomic reserve, 5/8 of min, lies
 * between its min mark and the kernel's own floor; the owner may use reserve_pct percent of
 * it (core/watermark.c). For a number of pages more, the owner would have needed
 *
 *	reserve_pct = (min - usable + pages) * 100 / reserve
 *
 * or a min mark that is higher, so that other users stop earlier, by
 *
 *	(floor - usable + pages) * 8/5 * 100 / reserve_pct
 *
 * in the zone where that is least. vm.min_free_kbytes is the sum of all min marks.
 * The zones are read after the refusal. If one has the pages by then, or never lacked them
 * (see lab_floor_choose()), neither number is reported.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>

#include "advice.h"
#include "shortage.h"

static struct lab_change *lab_advice_add(struct lab_advice *advice, enum lab_change_kind kind)
{
	struct lab_change *change = &advice->changes[advice->nr++];

	*change = (struct lab_change){ .kind = kind, .zone = -1 };
	return change;
}

static struct lab_change *lab_advice_add_number(struct lab_advice *advice,
						enum lab_change_kind kind,
						unsigned long from, unsigned long to)
{
	struct lab_change *change = lab_advice_add(advice, kind);

	change->numbered = true;
	change->from = from;
	change->to = to;
	return change;
}

/* ---- the owner's numbers */

/* Pages that the owner was short of: one for each refusal, as far as its budget permits. */
static unsigned long lab_pages_short(const struct lab_shortage *shortage, long times)
{
	long room = (long)shortage->budget - shortage->owned - shortage->quarantined;

	return clamp(times, 1L, max(room, 1L));
}

/* Pages by which the stock can grow at run time; 0 if the owner is gone. */
static u32 lab_stock_room(const struct lab_shortage *shortage)
{
	const struct labyrinth_owner *owner;
	u32 room;

	mutex_lock(&lab_owners_lock);
	owner = lab_owner_by_id(shortage->refusal.owner_id);
	room = owner ? lab_table_room(owner->table) : 0;
	mutex_unlock(&lab_owners_lock);
	return room;
}

static void lab_advise_stock(struct lab_advice *advice, const struct lab_shortage *shortage)
{
	unsigned int budget = shortage->budget, stock = shortage->stock;
	unsigned long to = min_t(unsigned long, stock + advice->pages, budget);

	/* A full stock can grow only with the budget. */
	if (stock >= budget)
		lab_advice_add_number(advice, LAB_CHANGE_BUDGET_AND_STOCK, budget,
				      budget + advice->pages);
	else
		lab_advice_add_number(advice, LAB_CHANGE_STOCK, stock, to)->in_debugfs =
			to - stock <= lab_stock_room(shortage);
}

static void lab_advise_budget(struct lab_advice *advice, const struct lab_shortage *shortage,
			      long times)
{
	unsigned long more = clamp_t(long, times, 1, shortage->budget);

	/* Pages in quarantine are charged: they would fill a larger budget as well. */
	if (shortage->quarantined >= more)
		lab_advice_add(advice, LAB_CHANGE_QUARANTINE);
	else
		lab_advice_add_number(advice, LAB_CHANGE_BUDGET, shortage->budget,
				      shortage->budget + more);
}

/* ---- the zones' marks */

/* Pages by which the sum of all min marks, now @total, must grow for @pages more from @zone. */
static unsigned long lab_min_wanted(const struct lab_shortage_zone *zone, unsigned long total,
				    unsigned long pages, int pct)
{
	unsigned long min = zone->level.min;
	long lack = (long)lab_floor_mark(min, pct) - lab_level_usable(&zone->level) + (long)pages;

	if (!min || !pct)
		return ULONG_MAX;
	return mult_frac(DIV_ROUND_UP(max(lack, 1L) * 8 * 100, 5 * pct), total, min);
}

/*
 * The sum of all min marks: vm.min_free_kbytes; if ZONE_MOVABLE does not count as low memory,
 * up to 128 pages more for each such zone.
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

/* Did a zone have @pages all the same? Then no mark was too high. */
static bool lab_shortage_had(const struct lab_shortage *shortage, int pct, unsigned long pages)
{
	unsigned int i;

	for (i = 0; i < shortage->nr_zones; i++)
		if (lab_level_usable(&shortage->zones[i].level) >=
		    (long)(lab_floor_mark(shortage->zones[i].level.min, pct) + pages))
			return true;
	return false;
}

/* Alternatives to a larger stock. */
static void lab_advise_marks(struct lab_advice *advice, const struct lab_shortage *shortage)
{
	bool floor = shortage->refusal.reason == LAB_REFUSE_FLOOR;
	unsigned long pct = ULONG_MAX, more = ULONG_MAX, total = lab_min_total();
	int share = floor ? shortage->reserve_pct : 100;
	unsigned int i, pct_zone = 0, more_zone = 0;

	if (lab_shortage_had(shortage, share, advice->pages))
		return;
	for (i = 0; i < shortage->nr_zones; i++) {
		const struct lab_shortage_zone *zone = &shortage->zones[i];
		unsigned long wanted = lab_floor_pct_needed(&zone->level, advice->pages);

		if (wanted < pct) {
			pct = wanted;
			pct_zone = i;
		}
		wanted = lab_min_wanted(zone, total, advice->pages, share);
		if (wanted < more) {
			more = wanted;
			more_zone = i;
		}
	}
	if (floor && pct <= 100) {
		struct lab_change *change = lab_advice_add_number(advice, LAB_CHANGE_RESERVE_PCT,
								  shortage->reserve_pct, pct);

		change->in_debugfs = true;
		change->zone = pct_zone;
	}
	if (more != ULONG_MAX)
		lab_advice_add_number(advice, LAB_CHANGE_MIN_FREE, total << (PAGE_SHIFT - 10),
				      (total + more) << (PAGE_SHIFT - 10))->zone = more_zone;
}

/*
 * The owner was refused @times since its last report; 0 if that is unknown.
 * Context: process.
 */
void lab_advise(struct lab_advice *advice, const struct lab_shortage *shortage, long times)
{
	advice->nr = 0;
	advice->pages = 0;
	if (shortage->refusal.reason == LAB_REFUSE_DYING) {
		lab_advice_add(advice, LAB_CHANGE_DESTROY);
		return;
	}
	if (!shortage->budget)
		return;
	switch (shortage->refusal.reason) {
	case LAB_REFUSE_BUDGET:
		lab_advise_budget(advice, shortage, times);
		break;
	case LAB_REFUSE_FLOOR:
	case LAB_REFUSE_BUDDY:
		advice->pages = lab_pages_short(shortage, times);
		lab_advise_stock(advice, shortage);
		lab_advise_marks(advice, shortage);
		break;
	case LAB_REFUSE_CONTEXT:
		advice->pages = lab_pages_short(shortage, times);
		lab_advise_stock(advice, shortage);
		break;
	case LAB_REFUSE_SCOPE:
		lab_advice_add(advice, LAB_CHANGE_SCOPE);
		break;
	}
}

void lab_advise_could_sleep(struct lab_advice *advice)
{
	advice->nr = 0;
	lab_advice_add(advice, LAB_CHANGE_GFP_KERNEL);
}

/* ---- output */

struct lab_change_words {
	const char *name;	/* in debugfs "advice"; also that of the owner's file */
	const char *what;	/* on the console, before the numbers */
	const char *unit;
	const char *by;		/* which changes it, if not the owner's file */
};

static const struct lab_change_words lab_change_words[] = {
	[LAB_CHANGE_STOCK]		= { "stock", "its stock", " pages", "driver" },
	[LAB_CHANGE_BUDGET]		= { "budget", "its budget", " pages", "driver" },
	[LAB_CHANGE_BUDGET_AND_STOCK]	= { "budget_and_stock", "its budget and stock", " pages",
					    "driver" },
	[LAB_CHANGE_QUARANTINE]		= { "quarantine",
		"what keeps pages in quarantine, charged to its budget: see its shared_page and use_after_free",
		"", "driver" },
	[LAB_CHANGE_RESERVE_PCT]	= { "reserve_pct", "its reserve_pct", "", "driver" },
	[LAB_CHANGE_MIN_FREE]		= { "vm.min_free_kbytes", "vm.min_free_kbytes", "",
					    "sysctl" },
	[LAB_CHANGE_SCOPE]		= { "scope",
		"the handle's scope, or the task that calls", "", "driver" },
	[LAB_CHANGE_DESTROY]		= { "destroy",
		"stop interrupts and work before destroying the owner", "", "driver" },
	[LAB_CHANGE_GFP_KERNEL]		= { "gfp_kernel",
		"alloc_page(GFP_KERNEL) in place of the call", "", "driver" },
};

static_assert(ARRAY_SIZE(lab_change_words) == LAB_NR_CHANGES);

/* Where the change is made. Follows its numbers. */
static void lab_change_say_place(struct seq_buf *text, const struct lab_change *change,
				 const struct lab_shortage *shortage)
{
	if (change->in_debugfs)
		seq_buf_printf(text, ", by /sys/kernel/debug/labyrinth/owner/%s/%s",
			       shortage->refusal.owner, lab_change_words[change->kind].name);
	else if (change->numbered && change->kind != LAB_CHANGE_MIN_FREE)
		seq_buf_printf(text, ", where the driver creates it");
	if (change->kind == LAB_CHANGE_BUDGET)
		seq_buf_printf(text, ", or give pages back sooner");
	if (shortage->refusal.reason == LAB_REFUSE_CONTEXT)
		seq_buf_printf(text, ": there only what is ready can be had");
}

/* Lines that follow those of the refusal. */
void lab_advice_say(struct seq_buf *text, const struct lab_advice *advice,
		    const struct lab_shortage *shortage)
{
	unsigned int i;

	for (i = 0; i < advice->nr; i++) {
		const struct lab_change *change = &advice->changes[i];
		const struct lab_change_words *words = &lab_change_words[change->kind];

		seq_buf_printf(text, "  %s: %s", i ? "or" : "change", words->what);
		if (change->numbered)
			seq_buf_printf(text, " from %lu to %lu%s", change->from, change->to,
				       words->unit);
		lab_change_say_place(text, change, shortage);
		seq_buf_printf(text, "\n");
	}
}

/* A line of key=value for each change. */
void lab_advice_show(struct seq_file *m, u64 report, const struct lab_advice *advice,
		     const struct lab_shortage *shortage)
{
	unsigned int i;

	for (i = 0; i < advice->nr; i++) {
		const struct lab_change *change = &advice->changes[i];
		const struct lab_change_words *words = &lab_change_words[change->kind];

		seq_printf(m, "report=%llu change=%s", report, words->name);
		if (change->numbered)
			seq_printf(m, " from=%lu to=%lu", change->from, change->to);
		else
			seq_puts(m, " from=- to=-");
		seq_printf(m, " by=%s", change->in_debugfs ? "debugfs" : words->by);
		if (change->zone >= 0)
			seq_printf(m, " node=%d zone=%s\n", shortage->zones[change->zone].node,
				   shortage->zones[change->zone].name);
		else
			seq_puts(m, " node=- zone=-\n");
	}
}
