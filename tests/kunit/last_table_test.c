// SPDX-License-Identifier: GPL-2.0
/* The table that last had a page's tag is recorded: no other is searched, and none is missed. */
#include <linux/bitops.h>
#include <linux/mm.h>

#include "core/bind.h"
#include "core/last_table.h"
#include "fixture.h"

/* Two owners, each with a table. */
static void two_owners(struct kunit *test, struct labyrinth_owner **a, struct labyrinth_owner **b)
{
	*a = lab_test_owner(test, "a", LAB_TABLE_MIN);
	*b = lab_test_owner(test, "b", LAB_TABLE_MIN);
	KUNIT_ASSERT_PTR_NE(test, (*a)->table, (*b)->table);
}

static bool nowhere_but(struct labyrinth_owner *owner, struct page *page)
{
	bool nowhere;

	preempt_disable();
	nowhere = lab_tag_nowhere_but(owner->table, page);
	preempt_enable();
	return nowhere;
}

/* As a page fresh from the kernel that is about to enter the owner's table. */
static void record(struct kunit *test, struct labyrinth_owner *owner, struct page *page)
{
	KUNIT_ASSERT_TRUE(test, nowhere_but(owner, page));
}

/* A tag that this test binds: no call may meet its page meanwhile. */
static struct lab_tag *bind(struct kunit *test, struct labyrinth_owner *owner, struct page *page,
			    struct lab_table *expected)
{
	struct lab_table *where;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_bind(owner->table, page,
			   lab_meta(lab_state(LAB_OWNER_MAX, 0, LAB_MOVING), 0), 0, &where);
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, tag);
	KUNIT_ASSERT_PTR_EQ(test, where, expected);
	return tag;
}

static void old_tag_is_found_in_the_recorded_table(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);
	struct labyrinth_owner *a, *b;
	struct lab_tag *tag;

	two_owners(test, &a, &b);
	record(test, a, page);
	tag = bind(test, a, page, a->table);
	KUNIT_EXPECT_FALSE(test, nowhere_but(b, page));
	KUNIT_EXPECT_TRUE_MSG(test, nowhere_but(a, page), "a's table is not asked for");
	lab_tag_unbind(a->table, tag, page);
	record(test, b, page);
	tag = bind(test, b, page, b->table);
	KUNIT_EXPECT_FALSE(test, nowhere_but(a, page));
	lab_tag_unbind(b->table, tag, page);
}

static void no_other_table_is_searched(struct kunit *test)
{
	struct labyrinth_owner *a, *b, *c = lab_test_owner(test, "c", LAB_TABLE_MIN);
	struct page *page = lab_test_plain_page(test);
	struct lab_tag *tag;

	two_owners(test, &a, &b);
	record(test, a, page);
	/* Without a record of it, which no call does. */
	tag = bind(test, c, page, c->table);
	KUNIT_EXPECT_TRUE_MSG(test, nowhere_but(a, page), "only a's is searched");
	KUNIT_EXPECT_TRUE_MSG(test, nowhere_but(b, page), "only a's is searched");
	preempt_disable();
	lab_last_erase(page);
	preempt_enable();
	KUNIT_EXPECT_FALSE_MSG(test, nowhere_but(b, page), "without a record all are searched");
	lab_tag_unbind(c->table, tag, page);
}

static void transferred_page_is_found_in_its_new_table(struct kunit *test)
{
	struct labyrinth_owner *a, *b;
	struct page *page;

	two_owners(test, &a, &b);
	page = lab_test_take(test, a);
	KUNIT_ASSERT_EQ(test, lab_transfer_page(a, b, page), 0);
	KUNIT_EXPECT_FALSE(test, nowhere_but(a, page));
	KUNIT_EXPECT_EQ(test, lab_free_page(b, page), 0);
}

static void page_bound_in_another_table_is_found_there(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);
	struct labyrinth_owner *a, *b;
	struct lab_tag *tag, *home;
	unsigned long filled = 0;
	unsigned int i;

	two_owners(test, &a, &b);
	record(test, a, page);
	home = lab_table_home(a->table, page);
	for (i = 0; i < LAB_HOP_RANGE; i++)
		if (!cmpxchg(&home[i].page, NULL, &lab_no_page))
			filled |= BIT(i);
	tag = bind(test, a, page, b->table);
	for_each_set_bit(i, &filled, LAB_HOP_RANGE)
		WRITE_ONCE(home[i].page, NULL);
	KUNIT_EXPECT_FALSE(test, nowhere_but(a, page));
	lab_tag_unbind(b->table, tag, page);
}

static void page_whose_old_tag_was_dropped_is_found_in_its_new_table(struct kunit *test)
{
	struct labyrinth_owner *a, *b;
	struct lab_table *table;
	struct lab_tag *tag;
	struct page *page;

	two_owners(test, &a, &b);
	page = lab_test_take(test, a);
	lab_test_free_behind(page, true);
	preempt_disable();
	tag = lab_enter(b, page, b->moving_state, 0, &table);
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, tag);
	KUNIT_EXPECT_PTR_EQ(test, table, b->table);
	lab_expect_violation(test, "freed_behind", "a", "-");
	KUNIT_EXPECT_FALSE(test, nowhere_but(a, page));
	lab_page_unmark(page);
	lab_tag_unbind(table, tag, page);
	lab_test_end_behind(page);
}

/* With one table there are no records, so those of before must be gone. */
static void records_end_with_the_second_table(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);
	struct labyrinth_owner *a, *b;
	struct lab_tag *tag;

	two_owners(test, &a, &b);
	record(test, b, page);
	KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, b), 0U);
	KUNIT_ASSERT_EQ(test, lab_nr_tables, 1U);
	tag = bind(test, a, page, a->table);
	b = lab_test_owner(test, "b", LAB_TABLE_MIN);
	KUNIT_ASSERT_EQ(test, b->table->nr, 1U);
	KUNIT_EXPECT_FALSE(test, nowhere_but(b, page));
	lab_tag_unbind(a->table, tag, page);
}

static void old_tag_is_found_after_records_were_lost(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);
	struct labyrinth_owner *a, *b;
	struct lab_tag *tag;

	two_owners(test, &a, &b);
	record(test, a, page);
	tag = bind(test, a, page, a->table);
	lab_test_owner(test, "large", 16 * LAB_TABLE_MIN);	/* and more slots for records */
	KUNIT_EXPECT_FALSE(test, nowhere_but(b, page));
	lab_tag_unbind(a->table, tag, page);
}

static struct kunit_case lab_last_table_cases[] = {
	KUNIT_CASE(old_tag_is_found_in_the_recorded_table),
	KUNIT_CASE(no_other_table_is_searched),
	KUNIT_CASE(transferred_page_is_found_in_its_new_table),
	KUNIT_CASE(page_bound_in_another_table_is_found_there),
	KUNIT_CASE(page_whose_old_tag_was_dropped_is_found_in_its_new_table),
	KUNIT_CASE(records_end_with_the_second_table),
	KUNIT_CASE(old_tag_is_found_after_records_were_lost),
	{}
};

static struct kunit_suite lab_last_table_suite = {
	.name = "labyrinth_last_table",
	.init = lab_test_pin,
	.test_cases = lab_last_table_cases,
};

kunit_test_suite(lab_last_table_suite);
