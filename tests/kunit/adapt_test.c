// SPDX-License-Identifier: GPL-2.0
/* A stock that adapts: the rule on plain numbers, and an owner that follows it. */
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/shrinker.h>
#include <linux/workqueue.h>

#include "core/adapt.h"
#include "core/shrinker.h"
#include "fixture.h"

#define PAGES	64
#define ASKED	4

#define KEEP	LAB_ADAPT_KEEP_MS
#define DECAY	LAB_ADAPT_DECAY_MS

/* ---- the rule */

struct rule_case {
	const char *name;
	struct lab_adapt_state before;
	struct lab_adapt_load load;
	unsigned int stock;		/* after one step */
};

#define LOAD(taken_, refused_, ms)	\
	{ .least = 10, .most = 1000, .taken = (taken_), .refused = (refused_), .elapsed_ms = (ms) }

static const struct rule_case rule_cases[] = {
	{ "no load", { 10 }, LOAD(0, 0, 0), 10 },
	{ "a small load", { 10 }, LOAD(8, 0, 0), 10 },
	{ "the stock runs low", { 10 }, LOAD(9, 0, 0), 12 },
	{ "all of it is taken", { 100, 100 }, LOAD(100, 0, 0), 125 },
	{ "many refusals tell the burst", { 10 }, LOAD(10, 30, 0), 50 },
	{ "few refusals do not: double", { 100, 100 }, LOAD(100, 1, 0), 200 },
	{ "as many as count as few", { 100, 100 }, LOAD(100, 8, 0), 200 },
	{ "one more than few", { 100, 100 }, LOAD(100, 9, 0), 137 },
	{ "the first refusal of an empty stock", { 0 },
	  { .most = 1000, .refused = 1 }, 2 },
	{ "no more than permitted", { 900, 900 }, LOAD(900, 500, 0), 1000 },
	{ "no more than permitted, by doubling", { 900, 900 }, LOAD(900, 1, 0), 1000 },
	{ "less is permitted than before", { 1200, 1200 }, LOAD(0, 0, 0), 1000 },
	{ "nothing above what was asked is permitted", { 10 },
	  { .least = 10, .most = 10, .taken = 10, .refused = 100 }, 10 },
	{ "counts beyond any budget", { 10 }, LOAD(UINT_MAX, UINT_MAX, UINT_MAX), 1000 },
	{ "wanted in this period: kept", { 500, 500 }, LOAD(0, 0, KEEP - 1), 500 },
	{ "wanted in the last period: kept", { 500, 0, 500 }, LOAD(0, 0, KEEP - 1), 500 },
	{ "the period ends", { 500, 500, 0, KEEP - 1 }, LOAD(0, 0, 1), 500 },
	{ "two periods ago", { 510, 0, 500, KEEP - 1 }, LOAD(0, 0, DECAY), 10 },
	{ "two periods without a step", { 510, 500 }, LOAD(0, 0, 2 * KEEP), 10 },
	{ "shrinks by the excess's share of the time constant", { 610 },
	  LOAD(0, 0, DECAY / 6), 510 },
	{ "no page is due yet", { 11 }, LOAD(0, 0, LAB_ADAPT_LOOK_MS - 1), 11 },
	{ "shrinks by one page at least", { 11 }, LOAD(0, 0, LAB_ADAPT_LOOK_MS), 10 },
	{ "shrinks no further than to what was wanted", { 610, 310 }, LOAD(0, 0, DECAY), 310 },
	{ "no time has passed", { 610 }, LOAD(0, 0, 0), 610 },
	{ "less than the driver asked for", { 3 }, LOAD(0, 0, 0), 10 },
};

static void rule_follows_its_table(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rule_cases); i++) {
		struct lab_adapt_state state = rule_cases[i].before;

		lab_adapt_step(&state, &rule_cases[i].load);
		KUNIT_EXPECT_EQ_MSG(test, state.stock, rule_cases[i].stock, "%s",
				    rule_cases[i].name);
	}
}

/* A step at each refill must not shrink the stock faster than a step every ten seconds. */
static void short_steps_shrink_as_long_ones(struct kunit *test)
{
	struct lab_adapt_load load = { .least = 10, .most = 2000, .elapsed_ms = 6 };
	struct lab_adapt_state state = { .stock = 1010 };
	unsigned int i;

	for (i = 0; i < DECAY / load.elapsed_ms; i++)
		lab_adapt_step(&state, &load);
	/* 1000 / e is 368. */
	KUNIT_EXPECT_GE(test, state.stock, 10U + 350);
	KUNIT_EXPECT_LE(test, state.stock, 10U + 430);
}

/* Whatever the load: within both limits, and a burst that has ended is forgotten. */
static void rule_keeps_its_limits(struct kunit *test)
{
	struct lab_adapt_state state = { .stock = 10 };
	unsigned int i, random = 1;

	for (i = 0; i < 100000; i++) {
		struct lab_adapt_load load = LOAD(0, 0, 0);

		random = random * 1664525 + 1013904223;
		load.taken = random >> 20 & 0x7ff;
		load.refused = load.taken < state.stock ? 0 : random >> 8 & 0x3f;
		load.elapsed_ms = random >> 4 & 0xffff;
		lab_adapt_step(&state, &load);
		if (state.stock < load.least || state.stock > load.most)
			break;
	}
	KUNIT_EXPECT_EQ(test, i, 100000U);
	for (i = 0; i < 2 * KEEP + 20 * DECAY; i += LAB_ADAPT_LOOK_MS)
		lab_adapt_step(&state, &(struct lab_adapt_load)LOAD(0, 0, LAB_ADAPT_LOOK_MS));
	KUNIT_EXPECT_EQ(test, state.stock, 10U);
}

static void cut_forgets_what_was_wanted(struct kunit *test)
{
	struct lab_adapt_state state = { 500, 400, 500 };

	lab_adapt_cut(&state, 20);
	lab_adapt_step(&state, &(struct lab_adapt_load)LOAD(0, 0, 0));
	KUNIT_EXPECT_EQ(test, state.stock, 20U);
}

/* ---- an owner */

static int stocked(const struct labyrinth_owner *owner)
{
	return atomic_read(&owner->nr_stocked);
}

static void settle(struct labyrinth_owner *owner)
{
	irq_work_sync(&owner->kick);
	flush_delayed_work(&owner->refill);
}

static struct labyrinth_owner *adaptive(struct kunit *test, unsigned int more_flags)
{
	return lab_test_owner(test, "adaptive", 4 * PAGES, .stock = ASKED,
			      .flags = LABYRINTH_ADAPT | more_flags);
}

/*
 * A burst of single calls where only the stock can give pages: the kernel's own are asked for in
 * any context but NMI, so refusals are counted as an NMI's would be. The pages leave.
 */
static unsigned int burst(struct kunit *test, struct labyrinth_owner *owner, unsigned int nr)
{
	struct page *pages[PAGES];
	unsigned int i, got = 0;
	unsigned long flags;

	local_irq_save(flags);
	for (i = 0; i < nr; i++) {
		if (got < PAGES && stocked(owner))
			pages[got++] = lab_alloc_page(owner);
		else
			lab_adapt_refused(owner, LAB_REFUSE_CONTEXT);
	}
	local_irq_restore(flags);
	for (i = 0; i < got; i++) {
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
		KUNIT_EXPECT_EQ(test, lab_release_page(owner, pages[i]), 0);
		__free_page(pages[i]);
	}
	settle(owner);
	return got;
}

/* As if the last step had been so long ago. */
static void time_passes(struct labyrinth_owner *owner, unsigned int ms)
{
	owner->adapt.at -= msecs_to_jiffies(ms);
	queue_delayed_work(system_wq, &owner->refill, 0);
	settle(owner);
}

static int set(struct labyrinth_owner *owner, bool on)
{
	int err;

	mutex_lock(&lab_owners_lock);
	err = lab_owner_set_adapt(owner, on);
	mutex_unlock(&lab_owners_lock);
	return err;
}

static int set_stock(struct labyrinth_owner *owner, unsigned int stock)
{
	int err;

	mutex_lock(&lab_owners_lock);
	err = lab_owner_set_stock(owner, stock);
	mutex_unlock(&lab_owners_lock);
	return err;
}

static void second_burst_finds_its_pages(struct kunit *test)
{
	static const unsigned int flags[] = {
		0, LABYRINTH_ZERO, LABYRINTH_POISON, LABYRINTH_STACK,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct labyrinth_owner *owner = adaptive(test, flags[i]);

		KUNIT_EXPECT_EQ(test, burst(test, owner, PAGES), (unsigned int)ASKED);
		KUNIT_EXPECT_EQ(test, owner->stock, PAGES + PAGES / 4U);
		KUNIT_EXPECT_EQ(test, stocked(owner), PAGES + PAGES / 4);
		KUNIT_EXPECT_EQ(test, burst(test, owner, PAGES), (unsigned int)PAGES);
		KUNIT_EXPECT_EQ(test, owner->stock, PAGES + PAGES / 4U);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	}
}

static void stock_that_runs_low_grows_before_a_refusal(struct kunit *test)
{
	struct labyrinth_owner *owner = adaptive(test, 0);

	KUNIT_EXPECT_EQ(test, burst(test, owner, ASKED), (unsigned int)ASKED);
	KUNIT_EXPECT_EQ(test, stocked(owner), ASKED + ASKED / 4);
	KUNIT_EXPECT_EQ(test, lab_owner_refused(owner), 0L);
}

static void idle_stock_shrinks_to_what_the_driver_asked_for(struct kunit *test)
{
	struct labyrinth_owner *owner = adaptive(test, 0);
	unsigned int i;
	int before;

	burst(test, owner, PAGES);
	before = stocked(owner);
	KUNIT_EXPECT_TRUE_MSG(test, delayed_work_pending(&owner->adapt.look),
			      "it is looked at without load");
	time_passes(owner, KEEP);
	KUNIT_EXPECT_EQ_MSG(test, stocked(owner), before, "not yet");
	time_passes(owner, KEEP);
	KUNIT_EXPECT_EQ(test, stocked(owner), (int)owner->stock);
	for (i = 0; i < 100 && stocked(owner) > ASKED; i++) {
		before = stocked(owner);
		time_passes(owner, LAB_ADAPT_LOOK_MS);
		KUNIT_EXPECT_LT(test, stocked(owner), before);
	}
	KUNIT_EXPECT_EQ(test, stocked(owner), ASKED);
	KUNIT_EXPECT_EQ(test, owner->stock, (unsigned int)ASKED);
	/* Nothing is left to look at. */
	cancel_delayed_work_sync(&owner->adapt.look);
	time_passes(owner, KEEP);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&owner->adapt.look));
}

static void shrinker_takes_what_is_above_at_once(struct kunit *test)
{
	struct labyrinth_owner *owner = adaptive(test, 0);
	struct shrink_control all = { .nr_to_scan = 4 * PAGES };

	burst(test, owner, PAGES);
	KUNIT_EXPECT_EQ(test, lab_shrink_count(NULL, &all), PAGES + PAGES / 4 - ASKED);
	KUNIT_EXPECT_EQ(test, lab_shrink_scan(NULL, &all), PAGES + PAGES / 4 - ASKED);
	KUNIT_EXPECT_EQ(test, stocked(owner), ASKED);
	KUNIT_EXPECT_EQ_MSG(test, owner->stock, (unsigned int)ASKED, "it is not filled again");
	KUNIT_EXPECT_EQ(test, lab_shrink_count(NULL, &all), SHRINK_EMPTY);
	time_passes(owner, 0);
	KUNIT_EXPECT_EQ_MSG(test, stocked(owner), ASKED, "pages shrunk are no demand");
}

static void stock_is_within_the_budget(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "adaptive", PAGES, .stock = ASKED,
						       .flags = LABYRINTH_ADAPT);

	burst(test, owner, 2 * PAGES);
	KUNIT_EXPECT_EQ(test, owner->stock, (unsigned int)PAGES);
	/* The refill may have run before the pages of the burst had left. */
	time_passes(owner, 0);
	KUNIT_EXPECT_EQ(test, stocked(owner), PAGES);
	KUNIT_EXPECT_LE(test, owner->tags, 2U * PAGES);
}

static void stocks_share_a_part_of_the_memory(struct kunit *test)
{
	unsigned int share = totalram_pages() / LAB_ADAPT_SHARE;
	struct labyrinth_owner *one = lab_test_owner(test, "one", 4 * share, .stock = ASKED,
						     .flags = LABYRINTH_ADAPT);
	struct labyrinth_owner *two = lab_test_owner(test, "two", 4 * share, .stock = ASKED,
						     .flags = LABYRINTH_ADAPT);

	lab_adapt_refused_rest(one, share / 2);
	settle(one);
	KUNIT_EXPECT_GT(test, one->stock, share / 2);
	lab_adapt_refused_rest(two, 2 * share);
	settle(two);
	KUNIT_EXPECT_EQ(test, one->stock + two->stock, share + 2 * ASKED);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, one), 0U);
	lab_adapt_refused_rest(two, 2 * share);
	settle(two);
	KUNIT_EXPECT_EQ_MSG(test, two->stock, share + ASKED, "all of it, once it is alone");
}

static void refusals_for_the_budget_do_not_grow_the_stock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "adaptive", 8, .stock = ASKED,
						       .flags = LABYRINTH_ADAPT);
	struct page *pages[8], *more[8];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 8, pages), 8U);
	settle(owner);
	i = owner->stock;
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 8, more), 0U);
	settle(owner);
	KUNIT_EXPECT_EQ(test, owner->stock, i);
	lab_expect_refusal(test, "adaptive", "budget");
	KUNIT_EXPECT_EQ(test, labyrinth_free_pages_bulk(owner, 8, pages), 8U);
}

static void number_ends_it_and_auto_begins_it(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "fixed", 4 * PAGES, .stock = ASKED);

	burst(test, owner, PAGES);
	KUNIT_EXPECT_EQ_MSG(test, owner->stock, (unsigned int)ASKED, "it does not adapt");
	KUNIT_ASSERT_EQ(test, set(owner, true), 0);
	KUNIT_EXPECT_GT(test, owner->tags, owner->budget + PAGES / 2);
	burst(test, owner, PAGES / 2);
	KUNIT_EXPECT_EQ(test, stocked(owner), PAGES / 2 + PAGES / 8);
	burst(test, owner, 4 * PAGES);
	KUNIT_EXPECT_EQ_MSG(test, owner->stock, owner->tags - owner->budget,
			    "as far as the table has room");
	KUNIT_EXPECT_EQ(test, set_stock(owner, owner->budget + 1), -EINVAL);
	KUNIT_EXPECT_TRUE_MSG(test, lab_owner_adapts(owner), "an error changes nothing");
	KUNIT_ASSERT_EQ(test, set_stock(owner, PAGES), 0);
	KUNIT_EXPECT_FALSE(test, lab_owner_adapts(owner));
	KUNIT_EXPECT_EQ(test, owner->tags, owner->budget + PAGES);
	KUNIT_EXPECT_EQ(test, stocked(owner), PAGES);
	/* On from there, not below what the driver asked for. */
	KUNIT_ASSERT_EQ(test, set_stock(owner, 1), 0);
	KUNIT_ASSERT_EQ(test, set(owner, true), 0);
	settle(owner);
	KUNIT_EXPECT_EQ(test, stocked(owner), ASKED);
	KUNIT_ASSERT_EQ(test, set(owner, false), 0);
	KUNIT_EXPECT_FALSE(test, lab_owner_adapts(owner));
	KUNIT_EXPECT_EQ(test, owner->stock, (unsigned int)ASKED);
}

static void destroy_ends_looks_and_share(struct kunit *test)
{
	unsigned int round;

	for (round = 0; round < 5; round++) {
		struct labyrinth_owner *owner = adaptive(test, 0);

		burst(test, owner, PAGES);
		lab_adapt_refused_rest(owner, PAGES);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
		KUNIT_EXPECT_FALSE(test, delayed_work_pending(&owner->adapt.look));
		KUNIT_EXPECT_FALSE(test, delayed_work_pending(&owner->refill));
	}
}

static struct kunit_case lab_adapt_cases[] = {
	KUNIT_CASE(rule_follows_its_table),
	KUNIT_CASE(short_steps_shrink_as_long_ones),
	KUNIT_CASE(rule_keeps_its_limits),
	KUNIT_CASE(cut_forgets_what_was_wanted),
	KUNIT_CASE(second_burst_finds_its_pages),
	KUNIT_CASE(stock_that_runs_low_grows_before_a_refusal),
	KUNIT_CASE(idle_stock_shrinks_to_what_the_driver_asked_for),
	KUNIT_CASE(shrinker_takes_what_is_above_at_once),
	KUNIT_CASE(stock_is_within_the_budget),
	KUNIT_CASE(stocks_share_a_part_of_the_memory),
	KUNIT_CASE(refusals_for_the_budget_do_not_grow_the_stock),
	KUNIT_CASE(number_ends_it_and_auto_begins_it),
	KUNIT_CASE(destroy_ends_looks_and_share),
	{}
};

static struct kunit_suite lab_adapt_suite = {
	.name = "labyrinth_adapt",
	.init = lab_test_pin,
	.test_cases = lab_adapt_cases,
};

kunit_test_suite(lab_adapt_suite);
