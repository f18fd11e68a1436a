// SPDX-License-Identifier: GPL-2.0
/*
 * The changes that would have prevented a refusal. They are computed here only; advice_text.c
 * and the command format them.
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
 *
 * Every owner has one number for each of its limits: the largest that any of its last refusals
 * needs. Refusals for different reasons within a second add up.
 *
 * The machine must bear the change. All stocks together, and vm.min_free_kbytes, may be
 * LAB_BEARABLE_PCT of the low memory: the kernel itself raises min_free_kbytes no further
 * (set_recommended_min_free_kbytes() in mm/khugepaged.c, 6.1 to 7.3).
 */
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "advice.h"
#include "shortage.h"

/* ---- what the machine can bear */

static void lab_lowmem_add(struct lab_lowmem *lowmem, struct zone *zone)
{
	unsigned long min = READ_ONCE(zone->_watermark[WMARK_MIN]);

	/* Before 6.5, ZONE_MOVABLE counts for vm.min_free_kbytes. */
	lowmem->min += min;
	if (zone_idx(zone) > LAB_HIGHEST_ZONE)
		return;
	lowmem->managed += zone_managed_pages(zone);
	lowmem->gap += READ_ONCE(zone->_watermark[WMARK_LOW]) - min;
}

static void lab_lowmem_read(struct lab_lowmem *lowmem, u32 owner_id)
{
	const struct labyrinth_owner *owner;
	int nid, i;

	*lowmem = (struct lab_lowmem){};
	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			if (populated_zone(&NODE_DATA(nid)->node_zones[i]))
				lab_lowmem_add(lowmem, &NODE_DATA(nid)->node_zones[i]);
	mutex_lock(&lab_owners_lock);
	list_for_each_entry(owner, &lab_owners, list)
		if (owner->id != owner_id)
			lowmem->stocks += READ_ONCE(owner->stock);
	mutex_unlock(&lab_owners_lock);
}

unsigned long lab_bearable(const struct lab_lowmem *lowmem)
{
	return lowmem->managed / 100 * LAB_BEARABLE_PCT;
}

/*
 * Pages that ordinary users lose if the sum of the min marks becomes @min. The kernel keeps free
 * what is below high, which is two gaps above min; a gap is at least a quarter of min
 * (__setup_per_zone_wmarks()).
 */
unsigned long lab_min_cost(const struct lab_lowmem *lowmem, unsigned long min)
{
	unsigned long gap = max(lowmem->gap, min / 4);

	return min - lowmem->min + 2 * (gap - lowmem->gap);
}

/* ---- what a refusal needs */

/* Pages that the owner was short of: one for each refusal, as far as its budget permits. */
unsigned long lab_pages_short(const struct lab_shortage *shortage, long times)
{
	long room = (long)shortage->budget - shortage->owned - shortage->quarantined;

	return clamp(times, 1L, max(room, 1L));
}

/* The sum of all min marks that would have left @pages more in @zone; 0 if none would. */
static unsigned long lab_min_wanted(const struct lab_shortage_zone *zone, unsigned long total,
				    unsigned long pages, int pct)
{
	unsigned long min = zone->level.min;
	long lack = (long)lab_floor_mark(min, pct) - lab_level_usable(&zone->level) + (long)pages;

	if (!min || !pct)
		return 0;
	return total + mult_frac(DIV_ROUND_UP(max(lack, 1L) * 8 * 100, 5 * pct), total, min);
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

/* Keep the number of the zone that needs least. */
static void lab_enough_least(struct lab_enough *enough, unsigned long nr,
			     const struct lab_shortage_zone *zone)
{
	if (nr && (!enough->nr || nr < enough->nr))
		*enough = (struct lab_enough){ .nr = nr, .zone = zone->name, .node = zone->node };
}

static void lab_need_marks(struct lab_need *need, const struct lab_shortage *shortage,
			   unsigned long pages)
{
	bool floor = shortage->refusal.reason == LAB_REFUSE_FLOOR;
	int share = floor ? shortage->reserve_pct : 100;
	unsigned int i;

	if (lab_shortage_had(shortage, share, pages))
		return;
	for (i = 0; i < shortage->nr_zones; i++) {
		const struct lab_shortage_zone *zone = &shortage->zones[i];

		if (floor)
			lab_enough_least(&need->pct, lab_floor_pct_needed(&zone->level, pages),
					 zone);
		lab_enough_least(&need->min,
				 lab_min_wanted(zone, shortage->lowmem.min, pages, share), zone);
	}
}

/* The needs of an owner that was refused @times, but not those that follow from its budget. */
void lab_need_read(struct lab_need *need, const struct lab_shortage *shortage, long times)
{
	unsigned long pages = lab_pages_short(shortage, times);
	unsigned long more = clamp_t(long, times, 1, shortage->budget);

	*need = (struct lab_need){};
	switch (shortage->refusal.reason) {
	case LAB_REFUSE_BUDGET:
		/* Pages in quarantine are charged: they would fill a larger budget as well. */
		if (shortage->quarantined < more)
			need->budget = shortage->budget + more;
		break;
	case LAB_REFUSE_FLOOR:
	case LAB_REFUSE_BUDDY:
		lab_need_marks(need, shortage, pages);
		fallthrough;
	case LAB_REFUSE_CONTEXT:
		need->stock = shortage->stock + pages;
		break;
	}
}

void lab_need_merge(struct lab_need *need, const struct lab_need *other)
{
	need->stock = max(need->stock, other->stock);
	need->budget = max(need->budget, other->budget);
	if (other->pct.nr > need->pct.nr)
		need->pct = other->pct;
	if (other->min.nr > need->min.nr)
		need->min = other->min;
}

/* ---- the last refusals that were reported: at least all that can still be read */

#define LAB_NEEDS	32

struct lab_entered {
	char owner[LABYRINTH_NAME_LEN];
	u64 when;
	u8 reason;
	long times;
	struct lab_need need;
};

static struct lab_entered lab_needs[LAB_NEEDS];		/* guarded by report.c's lock */
static unsigned int lab_needs_nr;			/* likewise */

static bool lab_entered_same(const struct lab_entered *entered, const struct lab_shortage *shortage)
{
	return !strcmp(entered->owner, shortage->refusal.owner);
}

/* Does the owner lack pages, rather than a right to them? */
static bool lab_refusal_lacks_pages(u8 reason)
{
	return reason == LAB_REFUSE_FLOOR || reason == LAB_REFUSE_BUDDY ||
	       reason == LAB_REFUSE_CONTEXT;
}

/* The owner's refusals at the same time for other reasons: they compete for the same pages. */
static long lab_times_besides(const struct lab_shortage *shortage)
{
	const struct lab_refusal_record *r = &shortage->refusal;
	const struct lab_entered *e;
	long times = 0;

	for (e = lab_needs; e < lab_needs + LAB_NEEDS; e++)
		if (lab_entered_same(e, shortage) && e->reason != r->reason &&
		    lab_refusal_lacks_pages(e->reason) && lab_refusal_lacks_pages(r->reason) &&
		    e->when + HZ >= r->when && r->when + HZ >= e->when)
			times += e->times;
	return times;
}

/*
 * The report of @shortage is closed: the owner was refused @times since its last report; 0 if
 * that is unknown. The caller holds the lock of all reports, here and below.
 * Context: process.
 */
void lab_advice_enter(struct lab_shortage *shortage, long times)
{
	long all = times + lab_times_besides(shortage);
	struct lab_entered *entered;

	lab_lowmem_read(&shortage->lowmem, shortage->refusal.owner_id);
	shortage->pages = 0;
	if (!shortage->budget)
		return;
	if (lab_refusal_lacks_pages(shortage->refusal.reason))
		shortage->pages = lab_pages_short(shortage, times);
	entered = &lab_needs[lab_needs_nr++ % LAB_NEEDS];
	strscpy(entered->owner, shortage->refusal.owner, sizeof(entered->owner));
	entered->when = shortage->refusal.when;
	entered->reason = shortage->refusal.reason;
	entered->times = times;
	lab_need_read(&entered->need, shortage, all);
}

/* ---- the changes */

static struct lab_change *lab_advice_add(struct lab_advice *advice, enum lab_change_kind kind)
{
	struct lab_change *change = &advice->changes[advice->nr++];

	*change = (struct lab_change){ .kind = kind, .by = LAB_BY_DRIVER };
	return change;
}

/* Before those that cost more. */
static void lab_advice_insert(struct lab_advice *advice, const struct lab_change *change)
{
	unsigned int i = advice->nr++;

	for (; i && advice->changes[i - 1].cost > change->cost; i--)
		advice->changes[i] = advice->changes[i - 1];
	advice->changes[i] = *change;
}

/* How the owner gets @more tags, or another limit if @more is 0. */
static enum lab_change_by lab_owner_change_by(const struct lab_shortage *shortage,
					      unsigned long more)
{
	const struct labyrinth_owner *owner;
	bool now;

	if (shortage->fixed)
		return LAB_BY_DRIVER;
	mutex_lock(&lab_owners_lock);
	owner = lab_owner_by_id(shortage->refusal.owner_id);
	now = owner && more <= lab_table_room(owner->table);
	mutex_unlock(&lab_owners_lock);
	return now ? LAB_BY_SETTINGS : LAB_BY_CREATION;
}

static void lab_advise_budget(struct lab_advice *advice, const struct lab_shortage *shortage,
			      unsigned long to)
{
	struct lab_change *change;

	if (to <= shortage->budget || shortage->quarantined >= to - shortage->budget) {
		lab_advice_add(advice, LAB_CHANGE_QUARANTINE);
		return;
	}
	change = lab_advice_add(advice, LAB_CHANGE_BUDGET);
	change->numbered = true;
	change->from = shortage->budget;
	change->to = to;
	change->cost = to - change->from;
	change->by = lab_owner_change_by(shortage, change->cost);
}

static void lab_advise_stock(struct lab_advice *advice, const struct lab_shortage *shortage,
			     unsigned long to)
{
	struct lab_change change = {
		.kind = LAB_CHANGE_STOCK, .numbered = true, .from = shortage->stock,
	};
	/* A full stock can grow only with the budget. */
	bool both = shortage->stock >= shortage->budget;

	if (both)
		change.kind = LAB_CHANGE_BUDGET_AND_STOCK;
	else
		to = min_t(unsigned long, to, shortage->budget);
	/* Its refusal may be forgotten by now. */
	if (to <= shortage->stock)
		return;
	if (to + shortage->lowmem.stocks > lab_bearable(&shortage->lowmem))
		return;
	change.to = to;
	change.cost = to - change.from;
	change.by = lab_owner_change_by(shortage, both ? 2 * change.cost : change.cost);
	lab_advice_insert(advice, &change);
}

static void lab_advise_pct(struct lab_advice *advice, const struct lab_shortage *shortage,
			   const struct lab_enough *pct)
{
	struct lab_change change = {
		.kind = LAB_CHANGE_RESERVE_PCT, .numbered = true, .from = shortage->reserve_pct,
		.to = pct->nr, .zone = pct->zone, .node = pct->node,
	};
	unsigned int i;

	if (!pct->nr || pct->nr > 100)
		return;
	for (i = 0; i < shortage->nr_zones; i++) {
		unsigned long min = shortage->zones[i].level.min;

		change.reserve += lab_floor_mark(min, change.from) - lab_floor_mark(min, change.to);
	}
	change.by = lab_owner_change_by(shortage, 0);
	lab_advice_insert(advice, &change);
}

static void lab_advise_min_free(struct lab_advice *advice, const struct lab_shortage *shortage,
				const struct lab_enough *min)
{
	const struct lab_lowmem *lowmem = &shortage->lowmem;
	struct lab_change change = {
		.kind = LAB_CHANGE_MIN_FREE, .by = LAB_BY_SYSCTL, .numbered = true,
		.from = lowmem->min << (PAGE_SHIFT - 10), .to = min->nr << (PAGE_SHIFT - 10),
		.zone = min->zone, .node = min->node,
	};

	if (min->nr <= lowmem->min || min->nr > lab_bearable(lowmem))
		return;
	change.cost = lab_min_cost(lowmem, min->nr);
	lab_advice_insert(advice, &change);
}

/* The changes after one refusal of an owner with these needs. */
void lab_advise_need(struct lab_advice *advice, const struct lab_shortage *shortage,
		     const struct lab_need *need)
{
	u8 reason = shortage->refusal.reason;

	advice->nr = 0;
	if (reason == LAB_REFUSE_DYING) {
		lab_advice_add(advice, LAB_CHANGE_DESTROY);
		return;
	}
	if (!shortage->budget)
		return;
	if (reason == LAB_REFUSE_SCOPE)
		lab_advice_add(advice, LAB_CHANGE_SCOPE);
	else if (reason == LAB_REFUSE_BUDGET)
		lab_advise_budget(advice, shortage, need->budget);
	else
		lab_advise_stock(advice, shortage, need->stock);
	if (reason == LAB_REFUSE_FLOOR)
		lab_advise_pct(advice, shortage, &need->pct);
	if (reason == LAB_REFUSE_FLOOR || reason == LAB_REFUSE_BUDDY)
		lab_advise_min_free(advice, shortage, &need->min);
	if (!advice->nr)
		lab_advice_add(advice, LAB_CHANGE_TOO_SMALL)->by = LAB_BY_NOBODY;
}

/* The changes after a refusal that was entered: for all that the owner needs. */
void lab_advise(struct lab_advice *advice, const struct lab_shortage *shortage)
{
	struct lab_need need = {};
	const struct lab_entered *e;

	for (e = lab_needs; e < lab_needs + LAB_NEEDS; e++)
		if (lab_entered_same(e, shortage))
			lab_need_merge(&need, &e->need);
	lab_advise_need(advice, shortage, &need);
}

void lab_advise_could_sleep(struct lab_advice *advice)
{
	advice->nr = 0;
	lab_advice_add(advice, LAB_CHANGE_GFP_KERNEL);
}
