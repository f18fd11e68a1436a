// SPDX-License-Identifier: GPL-2.0
/* Quarantined pages with an extra reference, and pages freed behind labyrinth's back. */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/mm.h>

#include "core/quarantine.h"
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

/* Free a page that has an extra reference, which the test puts later. */
static struct page *quarantine(struct kunit *test, struct labyrinth_owner *owner)
{
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	return page;
}

static void shared_page_is_quarantined_and_not_handed_out(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = quarantine(test, owner);
	struct labyrinth_page_info info = { };

	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_EQ(test, info.state, LABYRINTH_QUARANTINED);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_owned(owner), 0L, "the page is no longer owned");
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_frees(owner), 1L, "the free is counted");
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "the page stays charged");
	lab_expect_refusal(test, "owner", "budget");
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
	put_page(page);
}

static void lasting_reference_is_reported_once(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	unsigned long begun = jiffies;
	struct page *page = quarantine(test, owner);
	struct lab_test_violation v;
	long nr;

	KUNIT_EXPECT_EQ(test, 0, read_poll_timeout(lab_owner_violations, nr, nr, LAB_TEST_POLL,
						   LAB_TEST_PATIENCE, false, owner));
	KUNIT_EXPECT_TRUE_MSG(test, time_after_eq(jiffies, begun + HZ), "a second has passed");
	lab_expect_violation(test, "shared_page", "owner", "-");
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_EQ(test, v.pfn, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, v.refcount, 2);
	KUNIT_EXPECT_EQ(test, v.mapcount, 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(v.alloc_caller, "lab_test_take"));
	/* The worker checks the page several times. */
	ssleep(2);
	KUNIT_EXPECT_EQ(test, quarantined(owner), 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 2);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
	put_page(page);
}

static void transient_reference_is_not_reported(struct kunit *test)
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

static void alloc_with_the_budget_spent_reuses_an_unshared_page(struct kunit *test)
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

static void mapped_page_returns_once_unmapped(struct kunit *test)
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

static void ready_page_with_a_reference_is_not_handed_out(struct kunit *test)
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

static void transferred_page_leaves_once_unshared(struct kunit *test)
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

/* The kernel reports "Bad page state" if these are still set when it gets the page back. */
static void use_fields(struct page *page)
{
	page->mapping = page_address(page);
	set_page_private(page, 1);
}

static void destroy_clears_the_fields_of_quarantined_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	use_fields(page);
	get_page(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	put_page(page);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
}

static void destroy_clears_the_fields_of_recycled_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	use_fields(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
}

static void freed_behind_is_detected_by_free(struct kunit *test)
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

static void freed_behind_is_detected_by_alloc(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	preempt_disable();
	put_page(page);
	page = lab_alloc_page(owner);
	preempt_enable();
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_ASSERT_NOT_NULL_MSG(test, page, "the lost page is uncharged");
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 1L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
}

/* Allocate pages until the kernel gives out @page again; free all others. */
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

static void freed_behind_is_detected_when_another_owner_gets_the_page(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 300);
	struct page *page = lab_test_take(test, owner);

	put_page(page);
	if (!take_again(other, page))
		kunit_skip(test, "the kernel gave the page to another user");
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), -EPERM);
	KUNIT_EXPECT_EQ(test, lab_free_page(other, page), 0);
}

static void ready_page_freed_behind_loses_its_tag_when_popped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 300);
	struct page *page = lab_test_take(test, owner), *next;

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	put_page(page);
	KUNIT_EXPECT_FALSE_MSG(test, take_again(other, page), "its tag is on its owner's stack");
	if (!lab_owner_violations(owner))
		kunit_skip(test, "the kernel gave the page to another user");
	lab_expect_violation(test, "freed_behind", "owner", "-");
	next = lab_test_take(test, owner);
	KUNIT_EXPECT_PTR_NE(test, next, page);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 1L, "reported once");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, next), 0);
}

/* Allocate pages from the kernel until it gives out @page; free all others. */
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

static void page_of_a_stranger_is_not_touched(struct kunit *test)
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
			kunit_skip(test, "the kernel gave the page to another user");
		memset(page_address(page), 0x5a, PAGE_SIZE);
		next = lab_test_take(test, owner);
		KUNIT_EXPECT_PTR_NE(test, next, page);
		lab_expect_violation(test, "freed_behind", "owner", "-");
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, next), 0);
		KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
		KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(page_address(page), 0x5a, PAGE_SIZE),
				      "the stranger's page was written");
		__free_page(page);
	}
}

static void shared_page_popped_as_tracing_starts_is_quarantined(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	get_page(page);
	/* Tracing is enabled between the pop and the read of @slow. */
	WRITE_ONCE(owner->slow, owner->slow | LAB_SLOW_TRACE);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	WRITE_ONCE(owner->slow, owner->slow & ~LAB_SLOW_TRACE);
	KUNIT_EXPECT_EQ_MSG(test, quarantined(owner), 1, "the popped page is quarantined");
	put_page(page);
}

struct examination {
	struct labyrinth_owner *owner;
	unsigned int miscounted;
};

/* Member 0 examines the page again and again, while the other reads the counter. */
static void examine_or_count(struct lab_crew *crew, unsigned int member)
{
	struct examination *e = crew->data;
	unsigned int i;

	for (i = 0; i < 50000; i++)
		if (!member) {
			preempt_disable();
			lab_quarantine_reclaim(e->owner);
			preempt_enable();
		} else if (quarantined(e->owner) != 1) {
			e->miscounted++;
		}
}

static void examined_page_counts_as_quarantined(struct kunit *test)
{
	struct examination e = { .owner = lab_test_owner(test, "owner", 1) };
	struct page *page = quarantine(test, e.owner);

	lab_test_crew(test, 2, examine_or_count, &e);
	KUNIT_EXPECT_EQ(test, e.miscounted, 0U);
	KUNIT_EXPECT_EQ(test, atomic_read(&e.owner->examined), 0);
	put_page(page);
}

static struct kunit_case lab_quarantine_cases[] = {
	KUNIT_CASE(shared_page_is_quarantined_and_not_handed_out),
	KUNIT_CASE_SLOW(lasting_reference_is_reported_once),
	KUNIT_CASE_SLOW(transient_reference_is_not_reported),
	KUNIT_CASE(alloc_with_the_budget_spent_reuses_an_unshared_page),
	KUNIT_CASE_SLOW(mapped_page_returns_once_unmapped),
	KUNIT_CASE_SLOW(ready_page_with_a_reference_is_not_handed_out),
	KUNIT_CASE(examined_page_counts_as_quarantined),
	KUNIT_CASE(shared_page_popped_as_tracing_starts_is_quarantined),
	KUNIT_CASE_SLOW(transferred_page_leaves_once_unshared),
	KUNIT_CASE(destroy_clears_the_fields_of_quarantined_pages),
	KUNIT_CASE(destroy_clears_the_fields_of_recycled_pages),
	KUNIT_CASE(freed_behind_is_detected_by_free),
	KUNIT_CASE(freed_behind_is_detected_by_alloc),
	KUNIT_CASE(freed_behind_is_detected_when_another_owner_gets_the_page),
	KUNIT_CASE(ready_page_freed_behind_loses_its_tag_when_popped),
	KUNIT_CASE(page_of_a_stranger_is_not_touched),
	{}
};

static struct kunit_suite lab_quarantine_suite = {
	.name = "labyrinth_quarantine",
	.init = lab_test_pin,
	.test_cases = lab_quarantine_cases,
};

kunit_test_suite(lab_quarantine_suite);
