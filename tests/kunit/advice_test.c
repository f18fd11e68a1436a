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

struct advice {
	struct lab_shortage shortage;
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
	lab_advise(&a->advice, &a->shortage, times);
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
		    "  or: its reserve_pct from 50 to 52, by /sys/kernel/debug/labyrinth/owner/one/reserve_pct\n");
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
	expect_said(test, text, "  or: its reserve_pct from 0 to 2, by ");
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
		    "its budget and stock from 1000 to 1050 pages, where the driver creates it: ");
}

static void stock_of_a_destroyed_owner_is_set_by_its_driver(struct kunit *test)
{
	expect_said(test, advise(new_advice(test, LAB_REFUSE_CONTEXT), 50),
		    "its stock from 0 to 50 pages, where the driver creates it: ");
}

static void stock_without_room_in_the_table_is_set_by_its_driver(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "one", 100);
	struct advice *a = new_advice(test, LAB_REFUSE_CONTEXT);
	u32 room;

	mutex_lock(&lab_owners_lock);
	room = lab_table_room(owner->table);
	mutex_unlock(&lab_owners_lock);
	a->shortage.refusal.owner_id = owner->id;
	a->shortage.budget = room + 1;
	expect_said(test, advise(a, room),
		    " pages, by /sys/kernel/debug/labyrinth/owner/one/stock: ");
	expect_said(test, advise(a, room + 1), " pages, where the driver creates it: ");
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

static struct kunit_case lab_advice_cases[] = {
	KUNIT_CASE(sufficient_reserve_pct_is_advised),
	KUNIT_CASE(no_reserve_pct_above_100_is_advised),
	KUNIT_CASE(no_smaller_reserve_pct_is_advised_after_memory_recovered),
	KUNIT_CASE(without_a_reserve_pct_no_min_free_kbytes_is_advised),
	KUNIT_CASE(buddy_refusal_advises_no_reserve_pct),
	KUNIT_CASE(advised_stock_is_at_most_the_budget),
	KUNIT_CASE(stock_of_a_destroyed_owner_is_set_by_its_driver),
	KUNIT_CASE(stock_without_room_in_the_table_is_set_by_its_driver),
	KUNIT_CASE(advised_stock_is_at_most_the_free_budget),
	KUNIT_CASE(quarantine_is_advised_before_the_budget),
	KUNIT_CASE(owner_without_figures_gets_no_advice),
	KUNIT_CASE(dying_refusal_advises_to_destroy_later),
	{}
};

static struct kunit_suite lab_advice_suite = {
	.name = "labyrinth_advice",
	.test_cases = lab_advice_cases,
};

kunit_test_suite(lab_advice_suite);
