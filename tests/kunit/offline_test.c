// SPDX-License-Identifier: GPL-2.0
/* The notifier of memory that goes offline; the memory itself stays online here. */
#include <linux/mm.h>

#include "core/offline.h"
#include "diag/orphan.h"
#include "fixture.h"

static int prepare(struct page *page)
{
	return lab_offline_prepare(page_to_pfn(page), page_to_pfn(page) + 1);
}

static void forget(struct page *page)
{
	lab_offline_forget(page_to_pfn(page), page_to_pfn(page) + 1);
}

static const u32 all_flags[] = {
	0, LABYRINTH_ZERO, LABYRINTH_POISON, LABYRINTH_STACK,
};

/* The page is below others on its stack: they go as well. */
static void recycled_page_leaves_with_its_stack(struct kunit *test)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(all_flags); i++) {
		struct labyrinth_owner *owner = lab_test_owner(test, "owner", 5,
							       .flags = all_flags[i]);
		struct page *pages[5];
		unsigned long allocs;

		for (j = 0; j < 5; j++)
			pages[j] = lab_test_take(test, owner);
		for (j = 0; j < 5; j++)
			KUNIT_ASSERT_EQ(test, lab_free_page(owner, pages[j]), 0);
		allocs = lab_owner_allocs(owner);
		get_page(pages[2]);
		KUNIT_EXPECT_EQ(test, prepare(pages[2]), 0);
		KUNIT_EXPECT_EQ(test, lab_test_meta(pages[2]), 0ULL);
		KUNIT_EXPECT_FALSE(test, lab_page_marked(pages[2]));
		KUNIT_EXPECT_EQ_MSG(test, page_ref_count(pages[2]), 1, "our reference is dropped");
		KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
		KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
		KUNIT_EXPECT_EQ(test, lab_owner_frees(owner), 5L);
		KUNIT_EXPECT_EQ(test, lab_owner_allocs(owner), allocs);
		KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
		KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
		put_page(pages[2]);
		for (j = 0; j < 5; j++)
			pages[j] = lab_test_take(test, owner);
		KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 5L);
		for (j = 0; j < 5; j++)
			KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[j]), 0);
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	}
}

static void stocked_page_is_replaced(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 4);
	struct page *page;

	preempt_disable();
	page = lab_stack_tag(&owner->slots, owner->stocked.head)->page;
	preempt_enable();
	get_page(page);
	KUNIT_EXPECT_EQ(test, prepare(page), 0);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	irq_work_sync(&owner->kick);
	flush_delayed_work(&owner->refill);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->nr_stocked), 4);
	put_page(page);
}

static void quarantined_page_leaves_once_it_is_exclusive(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ_MSG(test, prepare(page), -EBUSY, "the page is shared");
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->quarantined), 1);
	put_page(page);
	KUNIT_EXPECT_EQ(test, prepare(page), 0);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->quarantined), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
}

static void owned_page_is_busy(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_EQ(test, prepare(page), -EBUSY);
	KUNIT_EXPECT_EQ(test, owner->offline.owned, 1U);
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), 0);
	KUNIT_EXPECT_EQ_MSG(test, prepare(page + 1), 0, "the next page is not the owner's");
	KUNIT_EXPECT_EQ_MSG(test, prepare(page - 1), 0, "the page before is not the owner's");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void tag_of_an_owned_page_freed_behind_is_dropped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	lab_test_free_behind(page, false);
	KUNIT_EXPECT_EQ(test, prepare(page), 0);
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	lab_test_end_behind(page);
}

static void tag_of_a_ready_page_freed_behind_is_dropped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	lab_test_free_behind(page, false);
	KUNIT_EXPECT_EQ(test, prepare(page), 0);
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	lab_test_end_behind(page);
}

static bool is_orphan(const struct page *page)
{
	const struct lab_orphan *orphan;
	bool found = false;

	mutex_lock(&lab_owners_lock);
	list_for_each_entry(orphan, &lab_orphans, list)
		found |= orphan->pfn == page_to_pfn(page);
	mutex_unlock(&lab_owners_lock);
	return found;
}

static void orphan_in_offlined_memory_is_forgotten(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *gone = lab_test_take(test, owner), *stays = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, owner), 2U);
	KUNIT_EXPECT_EQ_MSG(test, prepare(gone), 0, "an orphan belongs to its holder");
	KUNIT_EXPECT_TRUE(test, is_orphan(gone));
	forget(gone);
	KUNIT_EXPECT_FALSE(test, is_orphan(gone));
	KUNIT_EXPECT_TRUE(test, is_orphan(stays));
	__free_page(gone);
	__free_page(stays);
}

/* More owners than the report has lines. */
static void each_owner_is_counted_separately(struct kunit *test)
{
	struct labyrinth_owner *owners[12];
	struct page *pages[12], *low, *high;
	char name[LABYRINTH_NAME_LEN];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		snprintf(name, sizeof(name), "owner%u", i);
		owners[i] = lab_test_owner(test, name, 1);
		pages[i] = lab_test_take(test, owners[i]);
		low = i ? min(low, pages[i]) : pages[i];
		high = i ? max(high, pages[i]) : pages[i];
	}
	KUNIT_EXPECT_EQ(test, lab_offline_prepare(page_to_pfn(low), page_to_pfn(high) + 1), -EBUSY);
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		KUNIT_EXPECT_EQ(test, owners[i]->offline.owned, 1U);
		KUNIT_EXPECT_EQ(test, lab_free_page(owners[i], pages[i]), 0);
	}
	KUNIT_EXPECT_EQ(test, lab_offline_prepare(page_to_pfn(low), page_to_pfn(high) + 1), 0);
	for (i = 0; i < ARRAY_SIZE(owners); i++)
		KUNIT_EXPECT_EQ(test, lab_owner_stocked(owners[i]), 0L);
}

static struct kunit_case lab_offline_cases[] = {
	KUNIT_CASE(recycled_page_leaves_with_its_stack),
	KUNIT_CASE(stocked_page_is_replaced),
	KUNIT_CASE(quarantined_page_leaves_once_it_is_exclusive),
	KUNIT_CASE(owned_page_is_busy),
	KUNIT_CASE(tag_of_an_owned_page_freed_behind_is_dropped),
	KUNIT_CASE(tag_of_a_ready_page_freed_behind_is_dropped),
	KUNIT_CASE(orphan_in_offlined_memory_is_forgotten),
	KUNIT_CASE(each_owner_is_counted_separately),
	{}
};

static struct kunit_suite lab_offline_suite = {
	.name = "labyrinth_offline",
	.init = lab_test_pin,
	.test_cases = lab_offline_cases,
};

kunit_test_suite(lab_offline_suite);
