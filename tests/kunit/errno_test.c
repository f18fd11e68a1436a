// SPDX-License-Identifier: GPL-2.0
/*
 * Errnos that do not depend on the page's state: no owner, no page, a dead owner,
 * NMI, a full receiver. state_test.c covers the others, create_test.c those of
 * creating an owner, scope_test.c those of the caller's scope.
 */
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>

#include "fixture.h"

/* None of these may be dereferenced. */
static void *const nothing[] = {
	NULL, (void *)-ENOMEM, (void *)-EINVAL, (void *)-MAX_ERRNO
};

static void no_owner_is_einval(struct kunit *test)
{
	struct labyrinth_owner *to = lab_test_owner(test, "to", 1);
	struct page *page = lab_test_plain_page(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(nothing); i++) {
		KUNIT_EXPECT_EQ(test, lab_free_page(nothing[i], page), -EINVAL);
		KUNIT_EXPECT_EQ(test, lab_release_page(nothing[i], page), -EINVAL);
		KUNIT_EXPECT_EQ(test, lab_transfer_page(nothing[i], to, page), -EINVAL);
		lab_expect_violation(test, "bad_argument", "-", "-");
		KUNIT_EXPECT_EQ(test, lab_check_page(nothing[i], page), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
}

static void no_page_is_einval(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 1);
	struct labyrinth_page_info info;
	int i;

	for (i = 0; i < ARRAY_SIZE(nothing); i++) {
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, nothing[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, lab_release_page(owner, nothing[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, to, nothing[i]), -EINVAL);
		lab_expect_violation(test, "bad_argument", "-", "owner");
		KUNIT_EXPECT_EQ(test, lab_check_page(owner, nothing[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, labyrinth_query_page(nothing[i], &info), -EINVAL);
	}
}

static void transfer_to_no_owner_is_einval_and_changes_nothing(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	int i;

	for (i = 0; i < ARRAY_SIZE(nothing); i++)
		KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, nothing[i], page), -EINVAL);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void query_without_a_buffer_is_einval(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(lab_test_plain_page(test), NULL), -EINVAL);
}

static void alloc_of_no_owner_is_refused_as_dying(struct kunit *test)
{
	struct page *pages[2] = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(nothing); i++) {
		KUNIT_EXPECT_NULL(test, lab_alloc_page(nothing[i]));
		lab_expect_refusal(test, "-", "dying");
		KUNIT_EXPECT_EQ(test, lab_alloc_bulk(nothing[i], 2, pages), 0U);
		KUNIT_EXPECT_NULL(test, pages[0]);
	}
}

static void bulk_without_an_array_allocates_nothing(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4);

	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 4, NULL), 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
}

static void destroy_of_no_owner_returns_0(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(nothing); i++)
		KUNIT_EXPECT_EQ(test, labyrinth_owner_destroy(nothing[i]), 0U);
}

static void destroy_returns_the_pages_still_out(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 2);
	struct page *pages[3];

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 3, pages), 3U);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[0]), 0);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 2U);
	lab_expect_violation(test, "orphan", "owner", "-");
	KUNIT_EXPECT_EQ_MSG(test, page_ref_count(pages[1]), 1, "an orphan belongs to its holder");
	__free_page(pages[1]);
	__free_page(pages[2]);
}

static void second_destroy_returns_0_and_is_reported(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);

	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	KUNIT_EXPECT_EQ(test, labyrinth_owner_destroy(owner), 0U);
	lab_expect_violation(test, "dead_owner", "owner", "owner");
}

static void dead_owner_has_no_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, owner), 1U);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	lab_expect_refusal(test, "owner", "dying");
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), -ENOENT);
	KUNIT_EXPECT_EQ(test, lab_release_page(owner, page), -ENOENT);
	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, to, page), -ENOENT);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), -ENOENT);
	lab_expect_violation(test, "dead_owner", "owner", "owner");
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	__free_page(page);
}

static void transfer_to_a_dead_owner_is_einval_and_changes_nothing(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *dead = lab_test_owner(test, "dead", 1);
	struct page *page = lab_test_take(test, owner);

	lab_test_owner_end(test, dead);
	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, dead, page), -EINVAL);
	lab_expect_violation(test, "dead_owner", "owner", "dead");
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

/* Make in_nmi() true. The code up to end_pretended_nmi() may take no lock. */
static unsigned long pretend_nmi(void)
{
	unsigned long flags;

	local_irq_save(flags);
	lockdep_off();
	__preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET);
	return flags;
}

static void end_pretended_nmi(unsigned long flags)
{
	__preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET);
	lockdep_on();
	local_irq_restore(flags);
}

static void nmi_may_not_release_transfer_or_query(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 1);
	struct page *page = lab_test_take(test, owner);
	struct labyrinth_page_info info;
	int release, transfer, query;
	unsigned long flags;

	flags = pretend_nmi();
	release = lab_release_page(owner, page);
	transfer = lab_transfer_page(owner, to, page);
	query = labyrinth_query_page(page, &info);
	end_pretended_nmi(flags);

	KUNIT_EXPECT_EQ(test, release, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, transfer, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, query, -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void nmi_allocates_checks_and_frees_ready_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4, .stock = 1);
	struct labyrinth_page_info info = { };
	struct page *first, *second;
	int check, freed, again;
	unsigned long flags;

	flags = pretend_nmi();
	first = lab_alloc_page(owner);
	second = lab_alloc_page(owner);
	check = first ? lab_check_page(owner, first) : -ENOENT;
	end_pretended_nmi(flags);

	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_EXPECT_EQ(test, check, 0);
	if (LAB_COMPAT_HAS_NOLOCK && !IS_ENABLED(CONFIG_PREEMPT_RT)) {
		KUNIT_ASSERT_NOT_NULL_MSG(test, second, "the page allocator may be tried");
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, second), 0);
	} else {
		KUNIT_EXPECT_NULL_MSG(test, second, "the page allocator may not be called");
		lab_expect_refusal(test, "owner", "context");
	}
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(first, &info), 0);
	KUNIT_EXPECT_EQ(test, info.context, LABYRINTH_NMI);

	flags = pretend_nmi();
	freed = lab_free_page(owner, first);
	again = lab_free_page(owner, first);
	end_pretended_nmi(flags);
	KUNIT_EXPECT_EQ(test, freed, 0);
	KUNIT_EXPECT_EQ(test, again, -EALREADY);
	lab_expect_violation(test, "double_free", "owner", "owner");
}

static struct kunit_case lab_errno_cases[] = {
	KUNIT_CASE(no_owner_is_einval),
	KUNIT_CASE(no_page_is_einval),
	KUNIT_CASE(transfer_to_no_owner_is_einval_and_changes_nothing),
	KUNIT_CASE(query_without_a_buffer_is_einval),
	KUNIT_CASE(alloc_of_no_owner_is_refused_as_dying),
	KUNIT_CASE(bulk_without_an_array_allocates_nothing),
	KUNIT_CASE(destroy_of_no_owner_returns_0),
	KUNIT_CASE(destroy_returns_the_pages_still_out),
	KUNIT_CASE(second_destroy_returns_0_and_is_reported),
	KUNIT_CASE(dead_owner_has_no_pages),
	KUNIT_CASE(transfer_to_a_dead_owner_is_einval_and_changes_nothing),
	KUNIT_CASE(nmi_may_not_release_transfer_or_query),
	KUNIT_CASE(nmi_allocates_checks_and_frees_ready_pages),
	{}
};

static struct kunit_suite lab_errno_suite = {
	.name = "labyrinth_errno",
	.init = lab_test_pin,
	.test_cases = lab_errno_cases,
};

kunit_test_suite(lab_errno_suite);
