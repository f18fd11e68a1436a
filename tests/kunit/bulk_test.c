// SPDX-License-Identifier: GPL-2.0
/* Bulk calls: the same result as one by one, and a bad page does not stop the others. */
#include <linux/mm.h>

#include "fixture.h"

#define MANY	100U	/* more than one batch */

static unsigned int free_bulk(struct labyrinth_owner *owner, unsigned int nr, struct page **pages)
{
	return labyrinth_free_pages_bulk(owner, nr, pages);
}

static struct page **get_pages(struct kunit *test, struct labyrinth_owner *owner, unsigned int nr)
{
	struct page **pages = lab_test_zalloc(test, nr * sizeof(*pages));

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, nr, pages), nr);
	return pages;
}

static void expect_owned(struct kunit *test, struct labyrinth_owner *owner, unsigned int nr,
			 struct page **pages)
{
	unsigned int i, j, twice = 0;

	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ_MSG(test, lab_check_page(owner, pages[i]), 0, "page %u", i);
		for (j = 0; j < i; j++)
			twice += pages[i] == pages[j];
	}
	KUNIT_EXPECT_EQ(test, twice, 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), (long)nr);
}

static void bulk_calls_handle_any_number_of_pages(struct kunit *test)
{
	static const unsigned int numbers[] = { 1, 2, 31, 32, 33, 64, MANY };
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", MANY);
	struct page **pages = lab_test_zalloc(test, MANY * sizeof(*pages));
	unsigned long taken = 0;
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		for (round = 0; round < 2; round++) {
			unsigned int nr = numbers[i];

			KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, nr, pages), nr);
			expect_owned(test, owner, nr, pages);
			KUNIT_EXPECT_EQ(test, free_bulk(owner, nr, pages), nr);
			KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
			taken += nr;
			KUNIT_EXPECT_EQ(test, lab_owner_allocs(owner), taken);
			KUNIT_EXPECT_EQ(test, lab_owner_frees(owner), (long)taken);
		}
	KUNIT_EXPECT_EQ(test, lab_owner_peak(owner), (long)MANY);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), (long)MANY);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
}

static void recycled_pages_are_topped_up_by_the_kernel(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", MANY);
	struct page **pages = get_pages(test, owner, 10);

	KUNIT_ASSERT_EQ(test, free_bulk(owner, 10, pages), 10U);
	pages = get_pages(test, owner, MANY);
	expect_owned(test, owner, MANY, pages);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
	KUNIT_EXPECT_EQ(test, free_bulk(owner, MANY, pages), MANY);
}

static void bulk_alloc_leaves_the_stock_while_the_kernel_has_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", MANY, .stock = MANY);
	struct page **pages = get_pages(test, owner, MANY);

	expect_owned(test, owner, MANY, pages);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->nr_stocked), (int)MANY);
	KUNIT_EXPECT_EQ_MSG(test, lab_alloc_bulk(owner, 1, pages), 0U, "the budget is spent");
	lab_expect_refusal(test, "owner", "budget");
	KUNIT_EXPECT_EQ(test, free_bulk(owner, MANY, pages), MANY);
}

/* A poisoning owner's bulk call takes page by page. */
static void bulk_alloc_of_an_owner_with_flags_takes_the_stock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 40, .stock = 40,
						       .flags = LABYRINTH_POISON);
	struct page **pages = get_pages(test, owner, 40);

	expect_owned(test, owner, 40, pages);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->nr_stocked), 0);
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 40, pages), 40U);
}

/* At half load many pages have no room near their homes, but nearly all have some within reach. */
static void a_batch_uses_all_of_the_table(struct kunit *test)
{
	unsigned int i, nr = 4096, more = 0;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", nr, .stock = 1);
	struct page **pages = get_pages(test, owner, nr);

	for (i = 0; i < nr; i++)
		more += !lab_tag_is_near(lab_home(&owner->slots, pages[i]),
					 lab_table_find(owner->table, pages[i]));
	kunit_info(test, "%u of %u tags are not near their homes", more, nr);
	KUNIT_EXPECT_GT(test, more, 0U);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->nr_stocked), 1, "no page came one by one");
	KUNIT_EXPECT_EQ(test, free_bulk(owner, nr, pages), nr);
}

static void entries_beyond_the_budget_are_unchanged(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 40);
	struct page *guard = (struct page *)0x1234;
	struct page *pages[50];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = guard;
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 50, pages), 40U);
	for (i = 40; i < ARRAY_SIZE(pages); i++)
		KUNIT_EXPECT_PTR_EQ(test, pages[i], guard);
	lab_expect_refusal(test, "owner", "budget");
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_refused(owner), 1L, "one call, one refusal");
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 40, pages), 40U);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 40);
}

static void shared_recycled_page_is_skipped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page **pages = get_pages(test, owner, 8);
	struct page *taken[8], *bad = pages[4];

	KUNIT_ASSERT_EQ(test, free_bulk(owner, 8, pages), 8U);
	get_page(bad);
	KUNIT_EXPECT_EQ_MSG(test, lab_alloc_bulk(owner, 8, taken), 7U, "the bad page stays charged");
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 0L, "it may be transient");
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, bad), -EALREADY);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->quarantined), 1);
	expect_owned(test, owner, 7, taken);
	put_page(bad);
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 7, taken), 7U);
}

static void bad_pages_are_reported_and_the_others_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 16);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 1);
	struct page **pages = get_pages(test, owner, 12);
	struct page *foreign = lab_test_take(test, other), *shared = pages[6], *last = pages[11];

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[0]), 0);	/* double free */
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[1]), 0);
	pages[1] = NULL;
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[3]), 0);
	pages[3] = foreign;
	get_page(shared);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[9]), 0);
	pages[9] = lab_test_plain_page(test);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[10]), 0);
	pages[10] = last;						/* two entries */

	KUNIT_EXPECT_EQ(test, free_bulk(owner, 12, pages), 7U);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 5L,
			    "one per bad entry: double free, NULL, foreign, plain, second entry");
	lab_expect_violation(test, "double_free", "owner", "owner");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_check_page(other, foreign), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->quarantined), 1);
	put_page(shared);
	KUNIT_EXPECT_EQ(test, lab_free_page(other, foreign), 0);
}

static void bulk_alloc_zeroes_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 40, .flags = LABYRINTH_ZERO);
	struct page **pages = get_pages(test, owner, 40);
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 40; i++) {
			KUNIT_EXPECT_NULL(test, memchr_inv(page_address(pages[i]), 0, PAGE_SIZE));
			memset(page_address(pages[i]), 0xff, PAGE_SIZE);
		}
		KUNIT_EXPECT_EQ(test, free_bulk(owner, 40, pages), 40U);
		KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 40, pages), 40U);
	}
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 40, pages), 40U);
}

static void bad_arguments_free_nothing(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page **pages = get_pages(test, owner, 2);

	KUNIT_EXPECT_EQ(test, free_bulk(NULL, 2, pages), 0U);
	KUNIT_EXPECT_EQ(test, free_bulk(ERR_PTR(-ENOMEM), 2, pages), 0U);
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 2, NULL), 0U);
	lab_expect_violation(test, "bad_argument", "-", "owner");
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 0, pages), 0U);
	expect_owned(test, owner, 2, pages);
	KUNIT_EXPECT_EQ(test, free_bulk(owner, 2, pages), 2U);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	KUNIT_EXPECT_EQ_MSG(test, free_bulk(owner, 2, pages), 0U, "a dead owner has no pages");
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 2, pages), 0U);
	lab_expect_refusal(test, "owner", "dying");
}

static struct kunit_case lab_bulk_cases[] = {
	KUNIT_CASE(bulk_calls_handle_any_number_of_pages),
	KUNIT_CASE(recycled_pages_are_topped_up_by_the_kernel),
	KUNIT_CASE(bulk_alloc_leaves_the_stock_while_the_kernel_has_pages),
	KUNIT_CASE(bulk_alloc_of_an_owner_with_flags_takes_the_stock),
	KUNIT_CASE(a_batch_uses_all_of_the_table),
	KUNIT_CASE(entries_beyond_the_budget_are_unchanged),
	KUNIT_CASE(shared_recycled_page_is_skipped),
	KUNIT_CASE(bad_pages_are_reported_and_the_others_freed),
	KUNIT_CASE(bulk_alloc_zeroes_pages),
	KUNIT_CASE(bad_arguments_free_nothing),
	{}
};

static struct kunit_suite lab_bulk_suite = {
	.name = "labyrinth_bulk",
	.init = lab_test_pin,
	.test_cases = lab_bulk_cases,
};

kunit_test_suite(lab_bulk_suite);
