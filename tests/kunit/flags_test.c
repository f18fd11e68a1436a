// SPDX-License-Identifier: GPL-2.0
/* An owner's flags: ZERO, POISON and STACK. */
#include <linux/iopoll.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "fixture.h"

static bool all_bytes_are(struct page *page, u8 byte)
{
	return !memchr_inv(page_address(page), byte, PAGE_SIZE);
}

static void soil(struct page *page)
{
	memset(page_address(page), 0xa5, PAGE_SIZE);
}

static int wait_for_stock(struct labyrinth_owner *owner, int nr)
{
	int val;

	return read_poll_timeout(atomic_read, val, val == nr, LAB_TEST_POLL, LAB_TEST_PATIENCE,
				 false, &owner->nr_stocked);
}

static void zero_page_from_the_kernel_is_zero(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "zero", 64, .flags = LABYRINTH_ZERO);
	struct labyrinth_owner *dirty = lab_test_owner(test, "dirty", 64);
	struct page *pages[64];
	unsigned int i;

	/* Soil the pages that the kernel hands out next. */
	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(dirty, 64, pages), 64U);
	for (i = 0; i < 64; i++) {
		soil(pages[i]);
		KUNIT_ASSERT_EQ(test, lab_release_page(dirty, pages[i]), 0);
		__free_page(pages[i]);
	}
	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 64, pages), 64U);
	for (i = 0; i < 64; i++) {
		KUNIT_EXPECT_TRUE(test, all_bytes_are(pages[i], 0));
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	}
}

static void zero_recycled_page_is_zero(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "zero", 1, .flags = LABYRINTH_ZERO);
	struct page *page = lab_test_take(test, owner);

	soil(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_ASSERT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(page, 0));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

/* The tag's flags of the page on top of the stock. */
static u32 stocked_flags(const struct labyrinth_owner *owner)
{
	return lab_meta_flags(lab_stack_tag(&owner->slots, owner->stocked.head)->meta);
}

static void zero_stock_is_zeroed_ahead(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "zero", 4, .stock = 4,
						       .flags = LABYRINTH_ZERO);
	struct page *pages[4];
	unsigned int round, i;

	/* In the second round the stock consists of the pages soiled in the first. */
	for (round = 0; round < 2; round++) {
		KUNIT_ASSERT_EQ(test, wait_for_stock(owner, 4), 0);
		KUNIT_EXPECT_TRUE(test, stocked_flags(owner) & LAB_ZEROED);
		KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 4, pages), 4U);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_TRUE(test, all_bytes_are(pages[i], 0));
		for (i = 0; i < 4; i++) {
			soil(pages[i]);
			KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
		}
		preempt_disable();
		lab_refill_kick(owner);
		preempt_enable();
	}
}

static void poison_fills_a_freed_page(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "poison", 1,
						       .flags = LABYRINTH_POISON);
	struct page *page = lab_test_take(test, owner);

	soil(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(page, LAB_POISON_BYTE));
}

static void intact_poisoned_page_is_handed_out_again(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "poison", 1,
						       .flags = LABYRINTH_POISON);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
}

static void poison_and_zero_together_give_zero(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "both", 1, .flags = LABYRINTH_POISON |
						       LABYRINTH_ZERO);
	struct page *page = lab_test_take(test, owner);

	soil(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(page, LAB_POISON_BYTE));
	KUNIT_ASSERT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(page, 0));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

/* Allocate before the worker, which waits for a grace period, can empty the quarantine. */
static struct page *alloc_without_worker(struct labyrinth_owner *owner, struct page *page,
					 enum lab_phase *phase)
{
	struct page *got;

	preempt_disable();
	got = lab_alloc_page(owner);
	*phase = lab_meta_phase(lab_test_meta(page));
	preempt_enable();
	return got;
}

/* Write one byte at @offset after the free. */
static void expect_written_page_stays_out(struct kunit *test, unsigned int offset)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "poison", 1,
						       .flags = LABYRINTH_POISON);
	struct page *page = lab_test_take(test, owner);
	enum lab_phase phase;

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	((u8 *)page_address(page))[offset] ^= 1;
	KUNIT_EXPECT_NULL_MSG(test, alloc_without_worker(owner, page, &phase),
			      "the budget has no other page");
	KUNIT_EXPECT_EQ(test, (u32)phase, (u32)LAB_QUARANTINED);
	lab_expect_violation(test, "use_after_free", "poison", "-");
	lab_test_owner_end(test, owner);
}

static void poison_written_at_the_first_byte_is_not_handed_out(struct kunit *test)
{
	expect_written_page_stays_out(test, 0);
}

static void poison_written_in_the_middle_is_not_handed_out(struct kunit *test)
{
	expect_written_page_stays_out(test, PAGE_SIZE / 2 + 3);
}

static void poison_written_at_the_last_byte_is_not_handed_out(struct kunit *test)
{
	expect_written_page_stays_out(test, PAGE_SIZE - 1);
}

static void written_poisoned_page_returns_once_it_stays_intact(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "poison", 1,
						       .flags = LABYRINTH_POISON);
	struct page *page = lab_test_take(test, owner), *again;
	enum lab_phase phase;

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	soil(page);
	KUNIT_ASSERT_NULL(test, alloc_without_worker(owner, page, &phase));
	KUNIT_EXPECT_EQ(test, 0,
			read_poll_timeout(lab_alloc_page, again, again, LAB_TEST_POLL,
					  LAB_TEST_PATIENCE, false, owner));
	KUNIT_EXPECT_PTR_EQ(test, again, page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

/* True if the stack trace in the tag names @function. */
static bool trace_names(struct page *page, const char *function)
{
	char symbol[KSYM_SYMBOL_LEN];
	struct lab_table *table;
	struct lab_tag *tag;
	int i;

	preempt_disable();
	tag = lab_tag_find(NULL, page, &table);
	preempt_enable();
	if (!tag || !table->stacks)
		return false;
	for (i = 0; i < LAB_STACK_DEPTH && table->stacks[tag - table->slots.tags][i]; i++) {
		sprint_symbol(symbol, table->stacks[tag - table->slots.tags][i]);
		if (strstarts(symbol, function))
			return true;
	}
	return false;
}

static noinline struct page *take_first(struct labyrinth_owner *owner)
{
	struct page *page = lab_alloc_page(owner);

	barrier();	/* no tail call */
	return page;
}

static noinline struct page *take_second(struct labyrinth_owner *owner)
{
	struct page *page = NULL;

	lab_alloc_bulk(owner, 1, &page);
	return page;
}

static void stack_trace_names_the_allocating_function(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "stack", 1, .flags = LABYRINTH_STACK);
	struct page *page = take_first(owner);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, trace_names(page, "take_first+"));
	KUNIT_EXPECT_TRUE(test, trace_names(page, __func__));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_PTR_EQ(test, take_second(owner), page);
	KUNIT_EXPECT_TRUE_MSG(test, trace_names(page, "take_second+"), "recycled");
	KUNIT_EXPECT_FALSE_MSG(test, trace_names(page, "take_first+"), "recycled");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void stack_trace_is_not_kept_without_the_flag(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "plain", 1);
	struct page *page = take_first(owner);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FALSE(test, trace_names(page, "take_first+"));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static struct kunit_case lab_flags_cases[] = {
	KUNIT_CASE(zero_page_from_the_kernel_is_zero),
	KUNIT_CASE(zero_recycled_page_is_zero),
	KUNIT_CASE(zero_stock_is_zeroed_ahead),
	KUNIT_CASE(poison_fills_a_freed_page),
	KUNIT_CASE(intact_poisoned_page_is_handed_out_again),
	KUNIT_CASE(poison_and_zero_together_give_zero),
	KUNIT_CASE(poison_written_at_the_first_byte_is_not_handed_out),
	KUNIT_CASE(poison_written_in_the_middle_is_not_handed_out),
	KUNIT_CASE(poison_written_at_the_last_byte_is_not_handed_out),
	KUNIT_CASE_SLOW(written_poisoned_page_returns_once_it_stays_intact),
	KUNIT_CASE(stack_trace_names_the_allocating_function),
	KUNIT_CASE(stack_trace_is_not_kept_without_the_flag),
	{}
};

static struct kunit_suite lab_flags_suite = {
	.name = "labyrinth_flags",
	.init = lab_test_pin,
	.test_cases = lab_flags_cases,
};

kunit_test_suite(lab_flags_suite);
