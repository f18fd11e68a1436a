// SPDX-License-Identifier: GPL-2.0
/* The shrinker: it frees the ready pages above the stock and nothing else. */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/shrinker.h>

#include "core/shrinker.h"
#include "fixture.h"

#define PAGES	32

static unsigned long shrink(unsigned long nr)
{
	return lab_shrink_scan(NULL, &(struct shrink_control){ .nr_to_scan = nr });
}

static unsigned long shrinkable(void)
{
	return lab_shrink_count(NULL, &(struct shrink_control){});
}

/* Recycle @nr pages beside the stock. */
static void recycle(struct kunit *test, struct labyrinth_owner *owner, unsigned int nr)
{
	struct page *pages[PAGES];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, nr, pages), nr);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

/* Wait until no refill is pending. */
static void settle(struct labyrinth_owner *owner)
{
	irq_work_sync(&owner->kick);
	flush_delayed_work(&owner->refill);
}

static void recycled_pages_are_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", PAGES);

	recycle(test, owner, PAGES);
	KUNIT_EXPECT_EQ(test, shrinkable(), (unsigned long)lab_owner_stocked(owner));
	KUNIT_EXPECT_GE(test, shrink(4 * PAGES), (unsigned long)PAGES);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->charged), 0, "the pages are uncharged");
	KUNIT_EXPECT_EQ(test, shrinkable(), SHRINK_EMPTY);
}

static void stock_is_kept(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2 * PAGES, .stock = 8);

	recycle(test, owner, PAGES);
	settle(owner);
	shrink(4 * PAGES);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 8L);
	KUNIT_EXPECT_EQ(test, shrink(PAGES), SHRINK_STOP);
}

/* Recycled pages count as stock if the budget has no room for both. */
static void recycled_pages_that_count_as_stock_are_kept(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 8);

	recycle(test, owner, 8);
	settle(owner);
	shrink(PAGES);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 8L);
}

static void recycled_pages_of_a_zero_owner_are_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "zero", PAGES,
						       .flags = LABYRINTH_ZERO);

	recycle(test, owner, PAGES);
	shrink(4 * PAGES);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
}

static void owned_pages_are_kept(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", PAGES);
	struct page *page = lab_test_take(test, owner);

	shrink(4 * PAGES);
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 1);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void no_more_pages_than_requested_are_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", PAGES);
	struct labyrinth_owner *other = lab_test_owner(test, "other", PAGES);
	long ready;

	recycle(test, owner, PAGES);
	recycle(test, other, PAGES);
	ready = lab_owner_stocked(owner) + lab_owner_stocked(other);
	KUNIT_EXPECT_EQ(test, shrink(PAGES + 3), (unsigned long)PAGES + 3);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner) + lab_owner_stocked(other),
			ready - PAGES - 3);
}

/* The holder of the lock may itself be in reclaim. */
static void nothing_is_freed_while_owners_are_locked(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", PAGES);

	recycle(test, owner, PAGES);
	mutex_lock(&lab_owners_lock);
	KUNIT_EXPECT_EQ(test, shrinkable(), 0UL);
	KUNIT_EXPECT_EQ(test, shrink(PAGES), SHRINK_STOP);
	mutex_unlock(&lab_owners_lock);
	KUNIT_EXPECT_GE(test, lab_owner_stocked(owner), (long)PAGES);
}

static void write_after_free_is_reported_by_the_shrinker(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "poison", 1,
						       .flags = LABYRINTH_POISON);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	memset(page_address(page) + 100, 1, 1);
	KUNIT_EXPECT_EQ(test, shrink(PAGES), 1UL);
	lab_expect_violation(test, "use_after_free", "poison", "-");
}

static void shared_page_is_left_to_its_holder(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	get_page(page);
	KUNIT_EXPECT_EQ(test, shrink(PAGES), 1UL);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
	KUNIT_EXPECT_EQ_MSG(test, page_ref_count(page), 1, "only the other reference is left");
	put_page(page);
}

/* The owner has asked for no stock. */
static void pages_above_the_stock_are_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, lab_enter_stocked(owner, page));
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 1L);
	KUNIT_EXPECT_EQ(test, shrink(PAGES), 1UL);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
}

static void page_freed_behind_is_reported_and_not_freed_again(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	/* As after put_page(), but the kernel does not get the page. */
	KUNIT_ASSERT_TRUE(test, put_page_testzero(page));
	KUNIT_EXPECT_EQ(test, shrink(PAGES), 1UL);
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 0);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	init_page_count(page);
	__free_page(page);
}

static struct kunit_case lab_shrink_cases[] = {
	KUNIT_CASE(recycled_pages_are_freed),
	KUNIT_CASE(stock_is_kept),
	KUNIT_CASE(recycled_pages_that_count_as_stock_are_kept),
	KUNIT_CASE(recycled_pages_of_a_zero_owner_are_freed),
	KUNIT_CASE(owned_pages_are_kept),
	KUNIT_CASE(no_more_pages_than_requested_are_freed),
	KUNIT_CASE(nothing_is_freed_while_owners_are_locked),
	KUNIT_CASE(write_after_free_is_reported_by_the_shrinker),
	KUNIT_CASE(shared_page_is_left_to_its_holder),
	KUNIT_CASE(pages_above_the_stock_are_freed),
	KUNIT_CASE(page_freed_behind_is_reported_and_not_freed_again),
	{}
};

static struct kunit_suite lab_shrink_suite = {
	.name = "labyrinth_shrink",
	.init = lab_test_pin,
	.test_cases = lab_shrink_cases,
};

kunit_test_suite(lab_shrink_suite);
