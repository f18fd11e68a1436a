// SPDX-License-Identifier: GPL-2.0
/* The advice after a refusal and its numbers. */
#include <linux/seq_buf.h>
#include <linux/string.h>

#include "diag/advice.h"
#include "diag/shortage.h"
#include "fixture.h"

/* The atomic reserve is 5/8 of 800 pages: 100 % are used at 300 usable pages, 50 % at 550. */
#define ZONE_MIN	800
#define ATOMIC_MIN	300
/* Of 200,000 pages, 10,000 are bearable. */
#define MANAGED		200000
#define BEARABLE	10000

struct advice {
	struct lab_shortage shortage;
	struct lab_need need;
	struct lab_advice advice;
	char text[2048];
};

static struct advice *new_advice(struct kunit *test, enum lab_refusal reason)
{
	struct advice *a = lab_test_zalloc(test, sizeof(*a));

	a->shortage.refusal.reason = reason;
	strscpy(a->shortage.refusal.owner, "one", sizeof(a->shortage.refusal.owner));
	a->shortage.budget = 1000;
	a->shortage.reserve_pct = 50;
	a->shortage.lowmem = (struct lab_lowmem){
		.managed = MANAGED, .min = ZONE_MIN, .gap = ZONE_MIN / 4,
	};
	return a;
}

static struct advice *new_zones(struct kunit *test, enum lab_refusal reason, long usable)
{
	struct advice *a = new_advice(test, reason);

	a->shortage.nr_zones = 1;
	a->shortage.zones[0].name = "Normal";
	a->shortage.zones[0].level = (struct lab_level){ .free = usable + 130, .cma = 100,
						     .reserve = 30, .min = ZONE_MIN };
	return a;
}

static const char *advise(struct advice *a, long times)
{
	struct seq_buf seq;

	memset(a->text, 0, sizeof(a->text));
	seq_buf_init(&seq, a->text, sizeof(a->text) - 1);
	a->shortage.pages = lab_pages_short(&a->shortage, times);
	lab_need_read(&a->need, &a->shortage, times);
	lab_advise_need(&a->advice, &a->shortage, &a->need);
	lab_advice_say(&seq, &a->advice, &a->shortage);
	return a->text;
}

static void expect_said(struct kunit *test, const char *text, const char *words)
{
	KUNIT_EXPECT_TRUE_MSG(test, strstr(text, words), "advice: %s", text);
}

static void expect_not_said(struct kunit *test, const char *text, const char *words)
{
	KUNIT_EXPECT_FALSE_MSG(test, strstr(text, words), "advice: %s", text);
}

static void sufficient_reserve_pct_is_advised(struct kunit *test)
{
	/* 10 more pages at 550 usable ones reach 260 below min, 52 % of 500. */
	expect_said(test, advise(new_zones(test, LAB_REFUSE_FLOOR, 550), 10),
		    "  change: its reserve_pct from 50 to 52, by labyrinth set one reserve_pct=52, from its next creation on; takes no memory, but leaves other users of the reserve 10 pages fewer\n");
}

static void no_reserve_pct_above_100_is_advised(struct kunit *test)
{
	const char *text = advise(new_zones(test, LAB_REFUSE_FLOOR, ATOMIC_MIN + 5), 10);

	expect_not_said(test, text, "reserve_pct");
	expect_said(test, text, "  or: vm.min_free_kbytes from ");
}

static void no_smaller_reserve_pct_is_advised_after_memory_recovered(struct kunit *test)
{
	long usable;

	for (usable = 560; usable < 2 * ZONE_MIN; usable += 40) {
		const char *text = advise(new_zones(test, LAB_REFUSE_FLOOR, usable), 10);

		expect_not_said(test, text, "reserve_pct");
		expect_not_said(test, text, "min_free_kbytes");
		expect_said(test, text, "  change: its stock from 0 to 10 pages, ");
	}
}

static void without_a_reserve_pct_no_min_free_kbytes_is_advised(struct kunit *test)
{
	struct advice *a = new_zones(test, LAB_REFUSE_FLOOR, ZONE_MIN);
	const char *text;

	a->shortage.reserve_pct = 0;
	text = advise(a, 10);
	expect_said(test, text, "  change: its reserve_pct from 0 to 2, by ");
	expect_not_said(test, text, "min_free_kbytes");
}

static void buddy_refusal_advises_no_reserve_pct(struct kunit *test)
{
	const char *text = advise(new_zones(test, LAB_REFUSE_BUDDY, ATOMIC_MIN), 10);

	expect_not_said(test, text, "reserve_pct");
	expect_said(test, text, "  or: vm.min_free_kbytes from ");
}

static void advised_stock_is_at_most_the_budget(struct kunit *test)
{
	struct advice *a = new_advice(test, LAB_REFUSE_CONTEXT);

	a->shortage.stock = 990;
	expect_said(test, advise(a, 50), "its stock from 990 to 1000 pages, ");
	a->shortage.stock = 1000;
	expect_said(test, advise(a, 50),
		    "its budget and stock from 1000 to 1050 pages, by labyrinth set one budget=1050 stock=1050, ");
}

static void stock_of_a_destroyed_owner_is_set_at_its_next_creation(struct kunit *test)
{
	expect_said(test, advise(new_advice(test, LAB_REFUSE_CONTEXT), 50),
		    "its stock from 0 to 50 pages, by labyrinth set one stock=50, from its next creation on; ");
}

static void stock_without_room_in_the_table_is_set_at_the_next_creation(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "one", 100);
	struct advice *a = new_advice(test, LAB_REFUSE_CONTEXT);
	u32 room;

	mutex_lock(&lab_owners_lock);
	room = lab_table_room(owner->table);
	mutex_unlock(&lab_owners_lock);
	a->shortage.refusal.owner_id = owner->id;
	a->shortage.budget = room + 1;
	a->shortage.lowmem.managed = 1000UL * room;
	expect_not_said(test, advise(a, room), "next creation");
	expect_said(test, advise(a, room + 1), ", from its next creation on; ");
}

static void limits_that_the_driver_fixes_are_changed_by_the_driver(struct kunit *test)
{
	struct advice *a = new_zones(test, LAB_REFUSE_FLOOR, 550);
	const char *text;

	a->shortage.fixed = true;
	text = advise(a, 10);
	expect_said(test, text, "its reserve_pct from 50 to 52, where the driver creates it; ");
	expect_said(test, text, "its stock from 0 to 10 pages, where the driver creates it; ");
	expect_not_said(test, text, "labyrinth set");
}

static void advised_stock_is_at_most_the_free_budget(struct kunit *test)
{
	struct advice *a = new_advice(test, LAB_REFUSE_CONTEXT);

	a->shortage.owned = 900;
	a->shortage.quarantined = 70;
	expect_said(test, advise(a, 500), "its stock from 0 to 30 pages, ");
}

static void quarantine_is_advised_before_the_budget(struct kunit *test)
{
	struct advice *a = new_advice(test, LAB_REFUSE_BUDGET);

	a->shortage.quarantined = 60;
	expect_said(test, advise(a, 60), "  change: what keeps pages in quarantine");
	expect_said(test, advise(a, 61), "  change: its budget from 1000 to 1061 pages, ");
}

static void owner_without_figures_gets_no_advice(struct kunit *test)
{
	struct advice *a = new_advice(test, LAB_REFUSE_FLOOR);

	a->shortage.budget = 0;
	KUNIT_EXPECT_STREQ(test, advise(a, 3), "");
	KUNIT_EXPECT_EQ(test, a->advice.nr, 0);
}

static void dying_refusal_advises_to_destroy_later(struct kunit *test)
{
	struct advice *a = new_advice(test, LAB_REFUSE_DYING);

	a->shortage.budget = 0;
	KUNIT_EXPECT_STREQ(test, advise(a, 0),
			   "  change: stop interrupts and work before destroying the owner\n");
}

/* ---- what the machine can bear */

/*
 * One zone whose min mark is that of the machine. All numbers are in pages, but for the
 * percentages; a number wanted of 0 is one that is not offered.
 */
struct bearable_case {
	const char *name;
	unsigned long managed, min, stocks;
	int pct;
	long usable, times;
	unsigned int stock, budget;
	unsigned long want_pct, want_stock, want_min;
};

/*
 * min_free: 800 + (550 - usable + times) * 8/5 * 100/50, and likewise for other figures.
 * reserve_pct: (800 - usable + times) / 500.
 */
static const struct bearable_case bearable_cases[] = {
	{ "plenty", MANAGED, 800, 0, 50, 550, 10, 0, 1000, 52, 10, 832 },
	{ "no memory for a larger min", 16640, 800, 0, 50, 550, 10, 0, 1000, 52, 10, 0 },
	{ "just enough for the larger min", 16700, 800, 0, 50, 550, 10, 0, 1000, 52, 10, 832 },
	{ "min is above its share already", 10000, 800, 0, 50, 550, 10, 0, 1000, 52, 10, 0 },
	{ "stock up to the share", MANAGED, 800, 0, 50, 550, BEARABLE, 0, 20000, 0, BEARABLE, 0 },
	{ "stock above the share", MANAGED, 800, 0, 50, 550, BEARABLE + 1, 0, 20000, 0, 0, 0 },
	{ "other stocks count", MANAGED, 800, BEARABLE - 9, 50, 550, 10, 0, 1000, 52, 0, 832 },
	{ "other stocks leave room", MANAGED, 800, BEARABLE - 10, 50, 550, 10, 0, 1000,
		52, 10, 832 },
	{ "the stock that it has counts", MANAGED, 800, 0, 50, 550, 10, BEARABLE - 9, 20000,
		52, 0, 832 },
	{ "a full stock grows with its budget", MANAGED, 800, 0, 50, 550, 10, 1000, 1000,
		52, 1010, 832 },
	{ "only the reserve is left", 1000, 800, 0, 50, 550, 100, 0, 1000, 70, 0, 0 },
	{ "nothing is left", 1000, 800, 0, 50, 320, 100, 0, 1000, 0, 0, 0 },
};

static unsigned long offered(const struct lab_advice *advice, enum lab_change_kind kind)
{
	unsigned int i;

	for (i = 0; i < advice->nr; i++)
		if (advice->changes[i].kind == kind)
			return advice->changes[i].to;
	return 0;
}

static void changes_are_offered_while_the_machine_bears_them(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bearable_cases); i++) {
		const struct bearable_case *c = &bearable_cases[i];
		struct advice *a = new_zones(test, LAB_REFUSE_FLOOR, c->usable);
		bool any = c->want_pct || c->want_stock || c->want_min;

		a->shortage.zones[0].level.min = c->min;
		a->shortage.reserve_pct = c->pct;
		a->shortage.stock = c->stock;
		a->shortage.budget = c->budget;
		a->shortage.lowmem = (struct lab_lowmem){
			.managed = c->managed, .min = c->min, .gap = c->min / 4,
			.stocks = c->stocks,
		};
		advise(a, c->times);
		KUNIT_EXPECT_EQ_MSG(test, offered(&a->advice, LAB_CHANGE_RESERVE_PCT), c->want_pct,
				    "%s: reserve_pct", c->name);
		KUNIT_EXPECT_EQ_MSG(test, offered(&a->advice, LAB_CHANGE_STOCK) +
				    offered(&a->advice, LAB_CHANGE_BUDGET_AND_STOCK),
				    c->want_stock, "%s: stock", c->name);
		KUNIT_EXPECT_EQ_MSG(test, offered(&a->advice, LAB_CHANGE_MIN_FREE),
				    c->want_min << (PAGE_SHIFT - 10), "%s: min_free", c->name);
		KUNIT_EXPECT_EQ_MSG(test, any, a->advice.changes[0].kind != LAB_CHANGE_TOO_SMALL,
				    "%s: too small", c->name);
	}
}

static void a_machine_that_bears_no_change_is_too_small(struct kunit *test)
{
	struct advice *a = new_zones(test, LAB_REFUSE_BUDDY, ATOMIC_MIN);

	a->shortage.lowmem.managed = ZONE_MIN;
	KUNIT_EXPECT_STREQ(test, advise(a, 170),
			   "  change: none: this machine is too small for that load: 170 pages short\n");
}

/* Zones of 4,000,000 pages, whose gap is 4,000, and smaller ones, whose gap is a quarter of min. */
static const struct {
	unsigned long from, gap, to, cost;
} min_cost_cases[] = {
	{ 1000, 250, 2000, 1000 + 2 * 250 },
	{ 1000, 250, 1000, 0 },
	{ 1000, 4000, 2000, 1000 },
	{ 1000, 4000, 16000, 15000 },
	{ 1000, 4000, 20000, 19000 + 2 * 1000 },
};

static void min_free_kbytes_costs_as_much_as_the_high_marks_rise(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(min_cost_cases); i++) {
		const struct lab_lowmem lowmem = {
			.min = min_cost_cases[i].from, .gap = min_cost_cases[i].gap,
		};

		KUNIT_EXPECT_EQ_MSG(test, lab_min_cost(&lowmem, min_cost_cases[i].to),
				    min_cost_cases[i].cost, "case %u", i);
	}
}

static void the_cheapest_change_comes_first(struct kunit *test)
{
	struct advice *a = new_zones(test, LAB_REFUSE_FLOOR, 550);
	unsigned int i;

	/* The larger min costs 32 pages and twice 8, the stock 10. */
	advise(a, 10);
	KUNIT_ASSERT_EQ(test, a->advice.nr, 3);
	KUNIT_EXPECT_EQ(test, a->advice.changes[0].kind, LAB_CHANGE_RESERVE_PCT);
	KUNIT_EXPECT_EQ(test, a->advice.changes[1].kind, LAB_CHANGE_STOCK);
	KUNIT_EXPECT_EQ(test, a->advice.changes[2].kind, LAB_CHANGE_MIN_FREE);
	KUNIT_EXPECT_EQ(test, a->advice.changes[2].cost, 48);
	/* The zone lacked 2 of 200 pages. */
	a->shortage.reserve_pct = 100;
	a->shortage.zones[0].level.free = 130 + ATOMIC_MIN + 198;
	advise(a, 200);
	KUNIT_ASSERT_EQ(test, a->advice.nr, 2);
	KUNIT_EXPECT_EQ(test, a->advice.changes[0].kind, LAB_CHANGE_MIN_FREE);
	for (i = 1; i < a->advice.nr; i++)
		KUNIT_EXPECT_LE(test, a->advice.changes[i - 1].cost, a->advice.changes[i].cost);
}

/* ---- one number for each limit of an owner */

static const struct {
	struct lab_need one, other, both;
} merge_cases[] = {
	{ { .stock = 324 }, { .stock = 310 }, { .stock = 324 } },
	{ { .stock = 310, .budget = 9 }, { .stock = 324, .budget = 8 },
	  { .stock = 324, .budget = 9 } },
	{ { .pct = { 52 } }, { .pct = { 0 } }, { .pct = { 52 } } },
	/* A share that is not enough once is not enough. */
	{ { .pct = { 52 } }, { .pct = { 107 } }, { .pct = { 107 } } },
	{ { .min = { 832 } }, { .min = { 900 } }, { .min = { 900 } } },
};

static void merged_needs_are_the_larger_ones(struct kunit *test)
{
	unsigned int i, way;

	for (i = 0; i < ARRAY_SIZE(merge_cases); i++)
		for (way = 0; way < 2; way++) {
			struct lab_need need = way ? merge_cases[i].one : merge_cases[i].other;

			lab_need_merge(&need, way ? &merge_cases[i].other : &merge_cases[i].one);
			KUNIT_EXPECT_EQ(test, need.stock, merge_cases[i].both.stock);
			KUNIT_EXPECT_EQ(test, need.budget, merge_cases[i].both.budget);
			KUNIT_EXPECT_EQ(test, need.pct.nr, merge_cases[i].both.pct.nr);
			KUNIT_EXPECT_EQ(test, need.min.nr, merge_cases[i].both.min.nr);
		}
}

/* Enter a refusal of @owner as if it was reported. */
static struct lab_shortage *enter(struct kunit *test, const char *owner, enum lab_refusal reason,
				  u64 when, long times)
{
	struct lab_shortage *shortage = &new_advice(test, reason)->shortage;

	strscpy(shortage->refusal.owner, owner, sizeof(shortage->refusal.owner));
	shortage->refusal.when = when;
	lab_advice_enter(shortage, times);
	/* The machine that runs the tests is not to limit them. */
	shortage->lowmem.managed = MANAGED;
	shortage->lowmem.stocks = 0;
	return shortage;
}

static void expect_stock(struct kunit *test, const struct lab_shortage *shortage,
			 unsigned long stock)
{
	struct lab_advice advice;

	lab_advise(&advice, shortage);
	KUNIT_EXPECT_EQ(test, offered(&advice, LAB_CHANGE_STOCK), stock);
}

static void all_reports_of_an_owner_name_the_same_stock(struct kunit *test)
{
	struct lab_shortage *first, *last, *late, *other;

	first = enter(test, "same", LAB_REFUSE_CONTEXT, 10 * HZ, 310);
	last = enter(test, "same", LAB_REFUSE_CONTEXT, 20 * HZ, 324);
	other = enter(test, "other", LAB_REFUSE_CONTEXT, 20 * HZ, 400);
	expect_stock(test, first, 324);
	expect_stock(test, last, 324);
	expect_stock(test, other, 400);
	late = enter(test, "same", LAB_REFUSE_FLOOR, 30 * HZ, 320);
	expect_stock(test, first, 324);
	expect_stock(test, late, 324);
}

static void refusals_for_two_reasons_at_once_add_up(struct kunit *test)
{
	struct lab_shortage *floor, *context;

	floor = enter(test, "twofold", LAB_REFUSE_FLOOR, 10 * HZ, 170);
	context = enter(test, "twofold", LAB_REFUSE_CONTEXT, 10 * HZ + HZ / 2, 50);
	/* A spent budget needs no stock. */
	enter(test, "twofold", LAB_REFUSE_BUDGET, 10 * HZ, 500);
	expect_stock(test, floor, 220);
	expect_stock(test, context, 220);
}

static struct kunit_case lab_advice_cases[] = {
	KUNIT_CASE(sufficient_reserve_pct_is_advised),
	KUNIT_CASE(no_reserve_pct_above_100_is_advised),
	KUNIT_CASE(no_smaller_reserve_pct_is_advised_after_memory_recovered),
	KUNIT_CASE(without_a_reserve_pct_no_min_free_kbytes_is_advised),
	KUNIT_CASE(buddy_refusal_advises_no_reserve_pct),
	KUNIT_CASE(advised_stock_is_at_most_the_budget),
	KUNIT_CASE(stock_of_a_destroyed_owner_is_set_at_its_next_creation),
	KUNIT_CASE(stock_without_room_in_the_table_is_set_at_the_next_creation),
	KUNIT_CASE(limits_that_the_driver_fixes_are_changed_by_the_driver),
	KUNIT_CASE(advised_stock_is_at_most_the_free_budget),
	KUNIT_CASE(quarantine_is_advised_before_the_budget),
	KUNIT_CASE(owner_without_figures_gets_no_advice),
	KUNIT_CASE(dying_refusal_advises_to_destroy_later),
	KUNIT_CASE(changes_are_offered_while_the_machine_bears_them),
	KUNIT_CASE(a_machine_that_bears_no_change_is_too_small),
	KUNIT_CASE(min_free_kbytes_costs_as_much_as_the_high_marks_rise),
	KUNIT_CASE(the_cheapest_change_comes_first),
	KUNIT_CASE(merged_needs_are_the_larger_ones),
	KUNIT_CASE(all_reports_of_an_owner_name_the_same_stock),
	KUNIT_CASE(refusals_for_two_reasons_at_once_add_up),
	{}
};

static struct kunit_suite lab_advice_suite = {
	.name = "labyrinth_advice",
	.test_cases = lab_advice_cases,
};

kunit_test_suite(lab_advice_suite);
