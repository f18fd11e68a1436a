// SPDX-License-Identifier: GPL-2.0
/* The stock: full after create, and refilled soon after use. */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "fixture.h"

static int stocked(struct labyrinth_owner *owner)
{
	return atomic_read(&owner->nr_stocked);
}

static int wait_for_stock(struct labyrinth_owner *owner, int nr, u64 patience_us)
{
	int val;

	return read_poll_timeout(stocked, val, val == nr, LAB_TEST_POLL, patience_us, false,
				 owner);
}

/*
 * One by one, since a bulk call takes pages of the kernel first. With interrupts off, so that no
 * refill runs before the last page is taken.
 */
static unsigned int take_at_once(struct labyrinth_owner *owner, unsigned int nr,
				 struct page **pages)
{
	unsigned int got = 0;
	unsigned long flags;

	local_irq_save(flags);
	while (got < nr && (pages[got] = lab_alloc_page(owner)))
		got++;
	local_irq_restore(flags);
	return got;
}

static void stock_is_full_when_the_owner_is_created(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, stocked(lab_test_owner(test, "none", 8)), 0);
	KUNIT_EXPECT_EQ(test, stocked(lab_test_owner(test, "one", 8, .stock = 1)), 1);
	KUNIT_EXPECT_EQ(test, stocked(lab_test_owner(test, "all", 8, .stock = 8)), 8);
	KUNIT_EXPECT_EQ(test, stocked(lab_test_owner(test, "many", 4000, .stock = 2000)), 2000);
}

static void stock_is_within_the_budget(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 5);
	struct page *pages[5];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 5L);
	KUNIT_ASSERT_EQ(test, take_at_once(owner, 5, pages), 5U);
	KUNIT_EXPECT_EQ_MSG(test, wait_for_stock(owner, 3, LAB_TEST_PATIENCE), 0,
			    "stock and owned pages are within the budget");
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void stock_is_refilled_when_the_budget_has_room(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4, .stock = 4);
	struct page *pages[4];
	unsigned int i;
	int val;

	KUNIT_ASSERT_EQ(test, take_at_once(owner, 4, pages), 4U);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, lab_release_page(owner, pages[i]), 0);
		__free_page(pages[i]);
	}
	KUNIT_EXPECT_EQ_MSG(test, read_poll_timeout(stocked, val, val > 2, LAB_TEST_POLL,
						    LAB_TEST_PATIENCE, false, owner), 0,
			    "the stock is refilled above half");
}

static void empty_stock_is_refilled(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 16, .stock = 8);
	struct page *pages[8];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take_at_once(owner, 8, pages), 8U);
	KUNIT_EXPECT_EQ(test, wait_for_stock(owner, 8, LAB_TEST_PATIENCE), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 8);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void refill_starts_at_half_the_stock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 32, .stock = 8);
	struct page *pages[4];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take_at_once(owner, 3, pages), 3U);
	msleep(200);
	KUNIT_EXPECT_EQ_MSG(test, stocked(owner), 5, "no refill above half");
	pages[3] = lab_test_take(test, owner);
	KUNIT_EXPECT_EQ(test, wait_for_stock(owner, 8, LAB_TEST_PATIENCE), 0);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void stock_of_one_is_refilled(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2, .stock = 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_EQ(test, wait_for_stock(owner, 1, LAB_TEST_PATIENCE), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void recycle_all_and_kick(struct kunit *test, struct labyrinth_owner *owner)
{
	struct page *pages[4];
	unsigned int nr, given = 0;
	unsigned long flags;

	/* With interrupts off, so that no refill runs before the pages are recycled. */
	local_irq_save(flags);
	nr = take_at_once(owner, 4, pages);
	while (given < nr && !lab_free_page(owner, pages[given]))
		given++;
	lab_refill_kick(owner);
	local_irq_restore(flags);
	KUNIT_ASSERT_EQ(test, nr, 4U);
	KUNIT_EXPECT_EQ(test, given, 4U);
}

static void zeroed_stock_replaces_recycled_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4, .stock = 4,
						       .flags = LABYRINTH_ZERO);

	recycle_all_and_kick(test, owner);
	KUNIT_EXPECT_EQ(test, wait_for_stock(owner, 4, LAB_TEST_PATIENCE), 0);
	flush_delayed_work(&owner->refill);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_stocked(owner), 4L, "the total is unchanged");
}

static void recycled_pages_count_as_stock_within_the_budget(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4, .stock = 4);
	struct page *pages[4];
	unsigned int i;

	recycle_all_and_kick(test, owner);
	flush_delayed_work(&owner->refill);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 4);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 4, pages), 4U);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 4);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

/* The quarantine is checked after a grace period; the refill must not wait for it. */
static void refill_does_not_wait_for_the_quarantine(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 64, .stock = 8);
	struct page *disputed = lab_test_take(test, owner), *pages[8];
	unsigned int i, round, late = 0;

	get_page(disputed);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, disputed), 0);
	msleep(100);
	for (round = 0; round < 3; round++) {
		KUNIT_ASSERT_EQ(test, take_at_once(owner, 8, pages), 8U);
		late += !!wait_for_stock(owner, 8, 400 * USEC_PER_MSEC);
		for (i = 0; i < 8; i++)
			KUNIT_EXPECT_EQ(test, lab_release_page(owner, pages[i]), 0);
		for (i = 0; i < 8; i++)
			__free_page(pages[i]);
	}
	KUNIT_EXPECT_EQ(test, late, 0U);
	put_page(disputed);
}

static void stock_is_available_with_interrupts_off(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4, .stock = 4);
	struct page *pages[4];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take_at_once(owner, 4, pages), 4U);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

/* Under a raw spinlock, lockdep reports any lock that sleeps on PREEMPT_RT. */
static void stock_works_under_a_raw_spinlock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 4);
	static DEFINE_RAW_SPINLOCK(lock);
	struct page *pages[4];
	unsigned long flags;
	unsigned int i, nr;

	raw_spin_lock_irqsave(&lock, flags);
	nr = take_at_once(owner, 4, pages);
	raw_spin_unlock_irqrestore(&lock, flags);
	KUNIT_ASSERT_EQ(test, nr, 4U);
	KUNIT_EXPECT_EQ(test, wait_for_stock(owner, 4, LAB_TEST_PATIENCE), 0);
	raw_spin_lock_irqsave(&lock, flags);
	for (i = 0; i < 4; i++)
		nr -= !lab_free_page(owner, pages[i]);
	raw_spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_EQ(test, nr, 0U);
}

/* More than the kernel's per-CPU lists hold, so that it takes the zone's lock. */
#define MANY	8000U

static void alloc_works_under_a_raw_spinlock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", MANY);
	struct page **pages = lab_test_zalloc(test, MANY * sizeof(*pages));
	static DEFINE_RAW_SPINLOCK(lock);
	unsigned long flags;
	unsigned int i, nr;

	raw_spin_lock_irqsave(&lock, flags);
	nr = lab_alloc_bulk(owner, MANY, pages);
	raw_spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_EQ(test, nr, MANY);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void destroy_stops_a_running_refill(struct kunit *test)
{
	unsigned int round;

	for (round = 0; round < 50; round++) {
		struct labyrinth_owner *owner = lab_test_owner(test, "owner", 64, .stock = 32);
		struct page *pages[32];
		unsigned int i;

		KUNIT_ASSERT_EQ(test, take_at_once(owner, 32, pages), 32U);
		for (i = 0; i < 32; i++)
			KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	}
}

/* After destroy the handle and the workqueue may be freed any time. */
static void dead_owner_is_not_kicked(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 8);
	unsigned long flags;
	bool kicked;

	local_irq_save(flags);
	lab_refill_kick(owner);
	kicked = irq_work_is_pending(&owner->kick);
	local_irq_restore(flags);
	KUNIT_EXPECT_TRUE_MSG(test, kicked, "a live owner is kicked");
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);

	local_irq_save(flags);
	lab_refill_kick(owner);
	kicked = irq_work_is_pending(&owner->kick);
	local_irq_restore(flags);
	KUNIT_EXPECT_FALSE(test, kicked);
}

static struct kunit_case lab_refill_cases[] = {
	KUNIT_CASE(stock_is_full_when_the_owner_is_created),
	KUNIT_CASE(stock_is_within_the_budget),
	KUNIT_CASE(stock_is_refilled_when_the_budget_has_room),
	KUNIT_CASE(empty_stock_is_refilled),
	KUNIT_CASE(refill_starts_at_half_the_stock),
	KUNIT_CASE(stock_of_one_is_refilled),
	KUNIT_CASE(zeroed_stock_replaces_recycled_pages),
	KUNIT_CASE(recycled_pages_count_as_stock_within_the_budget),
	KUNIT_CASE_SLOW(refill_does_not_wait_for_the_quarantine),
	KUNIT_CASE(stock_is_available_with_interrupts_off),
	KUNIT_CASE(stock_works_under_a_raw_spinlock),
	KUNIT_CASE(alloc_works_under_a_raw_spinlock),
	KUNIT_CASE_SLOW(destroy_stops_a_running_refill),
	KUNIT_CASE(dead_owner_is_not_kicked),
	{}
};

static struct kunit_suite lab_refill_suite = {
	.name = "labyrinth_refill",
	.init = lab_test_pin,
	.test_cases = lab_refill_cases,
};

kunit_test_suite(lab_refill_suite);
