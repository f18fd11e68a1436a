// SPDX-License-Identifier: GPL-2.0
/* Pages that somebody else still holds, and pages that somebody freed behind labyrinth's back. */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/mm.h>

#include "fixture.h"

static int quarantined(struct labyrinth_owner *owner)
{
	return atomic_read(&owner->quarantined);
}

static int wait_for_quarantine_to_clear(struct labyrinth_owner *owner)
{
	int nr;

	return read_poll_timeout(quarantined, nr, !nr, LAB_TEST_POLL, LAB_TEST_PATIENCE, false,
				 owner);
}

/* A page given back while somebody, whose reference it is, still has one. */
static struct page *quarantine(struct kunit *test, struct labyrinth_owner *owner)
{
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	return page;
}

static void shared_page_is_out_of_use(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = quarantine(test, owner);
	struct labyrinth_page_info info = { };

	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_EQ(test, info.state, LABYRINTH_QUARANTINED);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_owned(owner), 0L, "the caller has lost it");
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_frees(owner), 1L, "it was freed");
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "it counts in the budget");
	lab_expect_refusal(test, "owner", "budget");
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
	put_page(page);
}

static void reference_that_stays_is_reported_once(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	unsigned long begun = jiffies;
	struct page *page = quarantine(test, owner);
	struct lab_test_violation v;
	long nr;

	KUNIT_EXPECT_EQ(test, 0, read_poll_timeout(lab_owner_violations, nr, nr, LAB_TEST_POLL,
						   LAB_TEST_PATIENCE, false, owner));
	KUNIT_EXPECT_TRUE_MSG(test, time_after_eq(jiffies, begun + HZ), "not before a second");
	lab_expect_violation(test, "shared_page", "owner", "-");
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_EQ(test, v.pfn, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, v.refcount, 2);
	KUNIT_EXPECT_EQ(test, v.mapcount, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(v.alloc_caller, "lab_test_take"));
	/* More than one look. */
	ssleep(2);
	KUNIT_EXPECT_EQ(test, quarantined(owner), 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 2);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
	put_page(page);
}

static void reference_that_passes_is_not_reported(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = quarantine(test, owner);

	put_page(page);
	KUNIT_EXPECT_EQ(test, wait_for_quarantine_to_clear(owner), 0);
	KUNIT_EXPECT_EQ(test, lab_meta_state(lab_test_meta(page)), owner->ready_state);
	KUNIT_EXPECT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
}

static void alloc_at_the_end_of_the_budget_takes_back_what_is_not_shared_any_more(struct kunit *test)
{
	static const u32 flags[] = { 0, LABYRINTH_ZERO, LABYRINTH_POISON, LABYRINTH_STACK };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct labyrinth_owner *owner = lab_test_owner(test, "owner", 3,
							       .flags = flags[i]);
		struct page *pages[3], *page;

		pages[0] = quarantine(test, owner);
		pages[1] = quarantine(test, owner);
		pages[2] = quarantine(test, owner);
		put_page(pages[1]);
		page = lab_test_take(test, owner);
		KUNIT_EXPECT_PTR_EQ(test, page, pages[1]);
		KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
		KUNIT_EXPECT_EQ(test, quarantined(owner), 2);
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
		KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
		put_page(pages[0]);
		put_page(pages[2]);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	}
}

static void mapped_page_comes_back_when_unmapped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	atomic_inc(&page->_mapcount);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), -EBUSY);
	lab_expect_violation(test, "shared_page", "owner", "owner");
	KUNIT_EXPECT_EQ(test, quarantined(owner), 1);
	ssleep(2);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 1L, "reported once");
	atomic_dec(&page->_mapcount);
	KUNIT_EXPECT_EQ(test, wait_for_quarantine_to_clear(owner), 0);
	KUNIT_EXPECT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void reference_taken_of_a_ready_page_keeps_it_from_being_handed_out(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	get_page(page);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, quarantined(owner), 1);
	put_page(page);
	KUNIT_EXPECT_EQ(test, wait_for_quarantine_to_clear(owner), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
	KUNIT_EXPECT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void arrived_page_leaves_when_the_other_lets_go(struct kunit *test)
{
	struct labyrinth_owner *from = lab_test_owner(test, "from", 1);
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, from);

	KUNIT_ASSERT_EQ(test, lab_transfer_page(from, owner, page), 0);
	get_page(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	put_page(page);
	KUNIT_EXPECT_EQ(test, wait_for_quarantine_to_clear(owner), 0);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
}

/* The kernel would say "Bad page state" of a page that goes with these still set. */
static void use_fields(struct page *page)
{
	page->mapping = page_address(page);
	set_page_private(page, 1);
}

static void quarantined_page_goes_clean_when_its_owner_is_destroyed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	use_fields(page);
	get_page(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	put_page(page);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
}

static void recycled_page_goes_clean_when_its_owner_is_destroyed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	use_fields(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
}

static void freed_behind_is_seen_when_given_back(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	int err;

	preempt_disable();
	put_page(page);
	err = lab_free_page(owner, page);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, err, -EALREADY);
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, lab_test_take(test, owner)), 0);
}

static void freed_behind_is_seen_when_recycled(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	preempt_disable();
	put_page(page);
	page = lab_alloc_page(owner);
	preempt_enable();
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_ASSERT_NOT_NULL_MSG(test, page, "the budget has room again");
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 1L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
}

/* Take pages until the kernel gives @page again; all but that one go back. */
static bool take_again(struct labyrinth_owner *owner, struct page *page)
{
	static struct page *others[256];
	unsigned int i, nr = 0;
	struct page *got;

	do {
		got = lab_alloc_page(owner);
		if (got && got != page)
			others[nr++] = got;
	} while (got && got != page && nr < ARRAY_SIZE(others));
	for (i = 0; i < nr; i++)
		lab_free_page(owner, others[i]);
	return got == page;
}

static void freed_behind_is_seen_when_the_kernel_gives_it_to_another(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 300);
	struct page *page = lab_test_take(test, owner);

	put_page(page);
	if (!take_again(other, page))
		kunit_skip(test, "the kernel gave the page to somebody else");
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), -EPERM);
	KUNIT_EXPECT_EQ(test, lab_free_page(other, page), 0);
}

static void freed_behind_while_ready_has_no_tag_after_it_is_popped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 300);
	struct page *page = lab_test_take(test, owner), *next;

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	put_page(page);
	KUNIT_EXPECT_FALSE_MSG(test, take_again(other, page), "its tag is on its owner's stack");
	if (!lab_owner_violations(owner))
		kunit_skip(test, "the kernel gave the page to somebody else");
	lab_expect_violation(test, "freed_behind", "owner", "-");
	next = lab_test_take(test, owner);
	KUNIT_EXPECT_PTR_NE(test, next, page);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 1L, "reported once");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, next), 0);
}

/* A page of the kernel's that is @page; others go back. */
static bool stranger_takes(struct page *page)
{
	static struct page *others[256];
	unsigned int i, nr = 0;
	struct page *got;

	do {
		got = alloc_page(GFP_KERNEL);
		if (got && got != page)
			others[nr++] = got;
	} while (got && got != page && nr < ARRAY_SIZE(others));
	for (i = 0; i < nr; i++)
		__free_page(others[i]);
	return got == page;
}

static void strangers_page_is_left_alone(struct kunit *test)
{
	static const u32 flags[] = {
		0, LABYRINTH_ZERO, LABYRINTH_POISON, LABYRINTH_STACK,
		LABYRINTH_ZERO | LABYRINTH_POISON | LABYRINTH_STACK,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2,
							       .flags = flags[i]);
		struct page *page = lab_test_take(test, owner), *next;

		KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
		put_page(page);
		if (!stranger_takes(page))
			kunit_skip(test, "the kernel gave the page to somebody else");
		memset(page_address(page), 0x5a, PAGE_SIZE);
		next = lab_test_take(test, owner);
		KUNIT_EXPECT_PTR_NE(test, next, page);
		lab_expect_violation(test, "freed_behind", "owner", "-");
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, next), 0);
		KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
		KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(page_address(page), 0x5a, PAGE_SIZE),
				      "written to");
		__free_page(page);
	}
}

static void shared_page_popped_as_tracing_begins_is_not_lost(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	get_page(page);
	/* Nothing more of it, as where the pop was before and the look at this is after. */
	WRITE_ONCE(owner->slow, owner->slow | LAB_SLOW_TRACE);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	WRITE_ONCE(owner->slow, owner->slow & ~LAB_SLOW_TRACE);
	KUNIT_EXPECT_EQ_MSG(test, quarantined(owner), 1, "it was taken, and found shared");
	put_page(page);
}

static struct kunit_case lab_quarantine_cases[] = {
	KUNIT_CASE(shared_page_is_out_of_use),
	KUNIT_CASE_SLOW(reference_that_stays_is_reported_once),
	KUNIT_CASE_SLOW(reference_that_passes_is_not_reported),
	KUNIT_CASE(alloc_at_the_end_of_the_budget_takes_back_what_is_not_shared_any_more),
	KUNIT_CASE_SLOW(mapped_page_comes_back_when_unmapped),
	KUNIT_CASE_SLOW(reference_taken_of_a_ready_page_keeps_it_from_being_handed_out),
	KUNIT_CASE(shared_page_popped_as_tracing_begins_is_not_lost),
	KUNIT_CASE_SLOW(arrived_page_leaves_when_the_other_lets_go),
	KUNIT_CASE(quarantined_page_goes_clean_when_its_owner_is_destroyed),
	KUNIT_CASE(recycled_page_goes_clean_when_its_owner_is_destroyed),
	KUNIT_CASE(freed_behind_is_seen_when_given_back),
	KUNIT_CASE(freed_behind_is_seen_when_recycled),
	KUNIT_CASE(freed_behind_is_seen_when_the_kernel_gives_it_to_another),
	KUNIT_CASE(freed_behind_while_ready_has_no_tag_after_it_is_popped),
	KUNIT_CASE(strangers_page_is_left_alone),
	{}
};

static struct kunit_suite lab_quarantine_suite = {
	.name = "labyrinth_quarantine",
	.init = lab_test_pin,
	.test_cases = lab_quarantine_cases,
};

kunit_test_suite(lab_quarantine_suite);
