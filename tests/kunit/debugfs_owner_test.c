// SPDX-License-Identifier: GPL-2.0
/* An owner's stock changed at run time, the reset of its peak, and the lines of pages. */
#include <linux/iopoll.h>
#include <linux/mm.h>

#include "diag/debugfs_owner.h"
#include "diag/debugfs_pages.h"
#include "fixture.h"

static int set_stock(struct labyrinth_owner *owner, u64 stock)
{
	int err;

	mutex_lock(&lab_owners_lock);
	err = lab_owner_set_stock(owner, stock);
	mutex_unlock(&lab_owners_lock);
	return err;
}

static void reset(struct labyrinth_owner *owner)
{
	mutex_lock(&lab_owners_lock);
	lab_owner_reset(owner);
	mutex_unlock(&lab_owners_lock);
}

static int wait_for_stock(struct labyrinth_owner *owner, int nr)
{
	int val;

	return read_poll_timeout(atomic_read, val, val == nr, LAB_TEST_POLL, LAB_TEST_PATIENCE,
				 false, &owner->nr_stocked);
}

/* Wait until no refill is pending. */
static void settle(struct labyrinth_owner *owner)
{
	irq_work_sync(&owner->kick);
	flush_delayed_work(&owner->refill);
}

static void raised_stock_is_filled(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 32);
	u32 reserved = owner->table->reserved;

	KUNIT_ASSERT_EQ(test, set_stock(owner, 20), 0);
	KUNIT_EXPECT_EQ(test, wait_for_stock(owner, 20), 0);
	KUNIT_EXPECT_EQ(test, owner->table->reserved, reserved + 20);
	KUNIT_EXPECT_EQ(test, owner->tags, 52U);
}

static void lowered_stock_is_shrunk_at_once(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 32, .stock = 20);
	u32 reserved = owner->table->reserved;

	KUNIT_ASSERT_EQ(test, set_stock(owner, 3), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->nr_stocked), 3);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 3L);
	KUNIT_EXPECT_EQ(test, owner->table->reserved, reserved - 17);
	KUNIT_ASSERT_EQ(test, set_stock(owner, 0), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
}

static void raised_stock_of_a_zero_owner_is_zeroed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 16, .flags = LABYRINTH_ZERO);
	struct page *page;

	KUNIT_ASSERT_EQ(test, set_stock(owner, 8), 0);
	KUNIT_ASSERT_EQ(test, wait_for_stock(owner, 8), 0);
	page = lab_test_take(test, owner);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_ASSERT_EQ(test, set_stock(owner, 0), 0);
	settle(owner);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->nr_stocked), 0);
}

static void lowered_stock_of_a_zero_owner_shrinks_recycled_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 16, .stock = 16,
						       .flags = LABYRINTH_ZERO);
	struct page *pages[16];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 16, pages), 16U);
	KUNIT_ASSERT_EQ(test, wait_for_stock(owner, 16), 0);
	settle(owner);
	/* Delay the refill, as if memory were short. */
	queue_delayed_work(lab_wq, &owner->refill, 1000 * HZ);
	for (i = 0; i < 16; i++)
		KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[i]), 0);
	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 16, pages), 16U);
	KUNIT_ASSERT_EQ(test, atomic_read(&owner->nr_stocked), 0);
	KUNIT_ASSERT_EQ(test, lab_owner_stocked(owner), 16L);
	KUNIT_ASSERT_EQ(test, set_stock(owner, 4), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 4L);
	KUNIT_ASSERT_EQ(test, set_stock(owner, 0), 0);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_stocked(owner), 0L, "within the budget");
	KUNIT_EXPECT_EQ(test, owner->tags, 16U);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void stock_above_the_budget_is_refused(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 32, .stock = 2);
	u32 reserved = owner->table->reserved;

	KUNIT_EXPECT_EQ(test, set_stock(owner, 33), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_stock(owner, U64_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_stock(owner, (1ULL << 32) + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, owner->stock, 2U);
	KUNIT_EXPECT_EQ(test, owner->table->reserved, reserved);
}

static void stock_without_room_in_the_table_is_refused(struct kunit *test)
{
	/* So large a budget gets a table of its own and fills it. */
	u32 budget = 64 * LAB_TABLE_MIN;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", budget);
	struct labyrinth_owner *other;
	u32 room = owner->table->capacity * 5 / 4 - owner->table->reserved;

	KUNIT_ASSERT_LT(test, room, budget);
	KUNIT_EXPECT_EQ(test, set_stock(owner, room + 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, owner->stock, 0U);
	KUNIT_EXPECT_EQ(test, owner->tags, budget);
	KUNIT_ASSERT_EQ(test, set_stock(owner, room), 0);
	KUNIT_EXPECT_EQ_MSG(test, wait_for_stock(owner, room), 0, "all pages fit at a load of 5/8");
	/* A new owner must not get a share of the full table. */
	other = lab_test_owner(test, "other", 1);
	KUNIT_EXPECT_PTR_NE(test, other->table, owner->table);
	KUNIT_EXPECT_EQ(test, set_stock(owner, 0), 0);
}

static void full_stock_at_5_8_load_leaves_the_budget_usable(struct kunit *test)
{
	u32 budget = 16 * LAB_TABLE_MIN, i;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", budget);
	struct page **pages = lab_test_zalloc(test, budget * sizeof(*pages));
	u32 room = owner->table->capacity * 5 / 4 - owner->table->reserved;

	KUNIT_ASSERT_EQ(test, set_stock(owner, min(room, budget)), 0);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, budget, pages), budget);
	for (i = 0; i < budget && pages[i]; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void reset_sets_the_peak_to_the_owned_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *pages[5];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 5, pages), 5U);
	for (i = 2; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, lab_release_page(owner, pages[i]), 0);
		__free_page(pages[i]);
	}
	KUNIT_EXPECT_EQ(test, lab_owner_peak(owner), 5L);
	reset(owner);
	KUNIT_EXPECT_EQ(test, lab_owner_peak(owner), 2L);
	pages[2] = lab_test_take(test, owner);
	KUNIT_EXPECT_EQ(test, lab_owner_peak(owner), 3L);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void line_of_pages_names_the_current_owner(struct kunit *test)
{
	struct labyrinth_owner *one = lab_test_owner(test, "one", 1);
	struct labyrinth_owner *two = lab_test_owner(test, "two", 1);
	struct page *page = lab_test_take(test, one);
	struct lab_page_facts facts;
	struct lab_table *table;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_find(one->table, page, &table);
	preempt_enable();
	mutex_lock(&lab_owners_lock);
	KUNIT_EXPECT_TRUE(test, lab_page_facts_of_tag(&facts, table, tag));
	KUNIT_EXPECT_EQ(test, facts.owner_id, one->id);
	KUNIT_EXPECT_STREQ(test, facts.owner, "one");
	KUNIT_EXPECT_EQ(test, lab_transfer_page(one, two, page), 0);
	KUNIT_EXPECT_TRUE(test, lab_page_facts_of_tag(&facts, table, tag));
	KUNIT_EXPECT_EQ(test, facts.owner_id, two->id);
	KUNIT_EXPECT_STREQ(test, facts.owner, "two");
	KUNIT_EXPECT_EQ(test, lab_release_page(two, page), 0);
	KUNIT_EXPECT_FALSE(test, lab_page_facts_of_tag(&facts, table, tag));
	mutex_unlock(&lab_owners_lock);
	__free_page(page);
}

static struct kunit_case lab_folder_cases[] = {
	KUNIT_CASE(raised_stock_is_filled),
	KUNIT_CASE(lowered_stock_is_shrunk_at_once),
	KUNIT_CASE(raised_stock_of_a_zero_owner_is_zeroed),
	KUNIT_CASE(lowered_stock_of_a_zero_owner_shrinks_recycled_pages),
	KUNIT_CASE(stock_above_the_budget_is_refused),
	KUNIT_CASE(stock_without_room_in_the_table_is_refused),
	KUNIT_CASE(full_stock_at_5_8_load_leaves_the_budget_usable),
	KUNIT_CASE(reset_sets_the_peak_to_the_owned_pages),
	KUNIT_CASE(line_of_pages_names_the_current_owner),
	{}
};

static struct kunit_suite lab_folder_suite = {
	.name = "labyrinth_folder",
	.init = lab_test_pin,
	.test_cases = lab_folder_cases,
};

kunit_test_suite(lab_folder_suite);
