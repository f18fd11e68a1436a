// SPDX-License-Identifier: GPL-2.0
/* The cache of a CPU: hints, claims by others, and calls that interrupt its writer. */
#include <linux/mm.h>

#include "core/cache.h"
#include "fixture.h"

#define MANY	(LAB_CACHE_SLOTS + 20)

static struct lab_cpu *cpu_of(struct labyrinth_owner *owner)
{
	return per_cpu_ptr(owner->cpu, raw_smp_processor_id());
}

static u32 hints(struct labyrinth_owner *owner)
{
	return cpu_of(owner)->hints;
}

static void freed_page_is_cached_and_taken_again(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *page = lab_test_take(test, owner);

	migrate_disable();
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, hints(owner), 1U);
	KUNIT_EXPECT_EQ(test, lab_meta_state(lab_test_meta(page)), owner->cached_state);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_PTR_EQ(test, lab_alloc_page(owner), page);
	KUNIT_EXPECT_EQ(test, hints(owner), 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 1L);
	KUNIT_EXPECT_EQ(test, lab_owner_allocs(owner), 2UL);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_frees(owner), 2L);
	migrate_enable();
}

static void cached_pages_taken_in_bulk_leave_no_hint(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 5);
	struct page *pages[5];
	unsigned int i;

	migrate_disable();
	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 5, pages), 5U);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	KUNIT_EXPECT_EQ(test, hints(owner), 5U);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 5, pages), 5U);
	KUNIT_EXPECT_EQ(test, hints(owner), 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 5L);
	KUNIT_EXPECT_EQ(test, lab_owner_allocs(owner), 10UL);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	migrate_enable();
}

static void cached_page_that_is_shared_is_counted_as_no_alloc(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	migrate_disable();
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	get_page(page);
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "it waits in quarantine");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_owner_allocs(owner), 1UL);
	KUNIT_EXPECT_EQ(test, lab_owner_frees(owner), 1L);
	put_page(page);
	KUNIT_EXPECT_PTR_EQ(test, lab_alloc_page(owner), page);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 1L);
	KUNIT_EXPECT_EQ(test, lab_owner_allocs(owner), 2UL);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	migrate_enable();
}

static void full_cache_leaves_pages_to_the_stack(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", MANY);
	struct page **pages = lab_test_zalloc(test, MANY * sizeof(*pages));
	unsigned int i;

	migrate_disable();
	for (i = 0; i < MANY; i++)
		pages[i] = lab_test_take(test, owner);
	for (i = 0; i < MANY; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	KUNIT_EXPECT_EQ(test, hints(owner), (u32)LAB_CACHE_SLOTS);
	KUNIT_EXPECT_EQ(test, lab_stack_pushes(cpu_of(owner)->recycled.head),
			(u32)(MANY - LAB_CACHE_SLOTS));
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	for (i = 0; i < MANY; i++)
		pages[i] = lab_test_take(test, owner);
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "all pages are out");
	migrate_enable();
	for (i = 0; i < MANY; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void call_that_interrupts_the_writer_uses_the_stack(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *page = lab_test_take(test, owner), *other = lab_test_take(test, owner);
	u32 pushes;

	migrate_disable();
	pushes = lab_stack_pushes(cpu_of(owner)->recycled.head);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_ASSERT_TRUE(test, lab_cache_begin(cpu_of(owner)));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, other), 0);
	KUNIT_EXPECT_EQ(test, lab_stack_pushes(cpu_of(owner)->recycled.head), pushes + 1);
	KUNIT_EXPECT_PTR_EQ(test, lab_alloc_page(owner), other);
	KUNIT_EXPECT_PTR_EQ_MSG(test, lab_alloc_page(owner), page, "it claims what is cached");
	lab_cache_end(cpu_of(owner));
	KUNIT_EXPECT_EQ_MSG(test, hints(owner), 1U, "a stale hint");
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ_MSG(test, hints(owner), 0U, "it is dropped");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 2L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, other), 0);
	migrate_enable();
}

/* Both CPUs want the one page all the time: most hints are stale. */
struct contest {
	struct labyrinth_owner *owner;
	atomic_t out, twice, taken;
};

static void take_the_only_page(struct lab_crew *crew, unsigned int member)
{
	struct contest *c = crew->data;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		struct page *page = lab_alloc_page(c->owner);

		if (!page)
			continue;
		if (atomic_inc_return(&c->out) != 1)
			atomic_inc(&c->twice);
		atomic_inc(&c->taken);
		atomic_dec(&c->out);
		if (lab_free_page(c->owner, page))
			atomic_inc(&c->twice);
	}
}

static void page_wanted_by_all_cpus_is_owned_once(struct kunit *test)
{
	struct contest c = { .owner = lab_test_owner(test, "owner", 1) };
	struct page *page;

	lab_test_crew(test, 0, take_the_only_page, &c);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.twice), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_allocs(c.owner), (unsigned long)atomic_read(&c.taken));
	KUNIT_EXPECT_EQ(test, lab_owner_owned(c.owner), 0L);
	page = lab_test_take(test, c.owner);
	KUNIT_EXPECT_EQ(test, lab_free_page(c.owner, page), 0);
}

static void cache_full_of_stale_hints_is_emptied_by_a_free(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", LAB_CACHE_SLOTS);
	struct page **pages = lab_test_zalloc(test, LAB_CACHE_SLOTS * sizeof(*pages));
	unsigned int i;

	migrate_disable();
	for (i = 0; i < LAB_CACHE_SLOTS; i++)
		pages[i] = lab_test_take(test, owner);
	for (i = 0; i < LAB_CACHE_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	KUNIT_ASSERT_TRUE(test, lab_cache_begin(cpu_of(owner)));
	for (i = 0; i < LAB_CACHE_SLOTS; i++)
		pages[i] = lab_test_take(test, owner);
	lab_cache_end(cpu_of(owner));
	KUNIT_EXPECT_EQ_MSG(test, hints(owner), (u32)LAB_CACHE_SLOTS, "all stale");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[0]), 0);
	KUNIT_EXPECT_EQ(test, hints(owner), 1U);
	KUNIT_EXPECT_EQ(test, lab_stack_pushes(cpu_of(owner)->recycled.head), 0U);
	for (i = 1; i < LAB_CACHE_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	migrate_enable();
}

/* Another CPU's cache is written to here: it makes no call. */
static void copied_hints_count_no_free_and_lose_no_page(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2 * LAB_CACHE_COPIES);
	struct page *pages[2 * LAB_CACHE_COPIES];
	struct lab_cpu *other;
	unsigned int i;

	if (num_possible_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	migrate_disable();
	other = per_cpu_ptr(owner->cpu, !raw_smp_processor_id());
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = lab_test_take(test, owner);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	lab_cache_copy(other, cpu_of(owner), owner->cached_state);
	KUNIT_EXPECT_EQ(test, other->hints, (u32)LAB_CACHE_COPIES);
	KUNIT_EXPECT_EQ(test, lab_owner_frees(owner), (long)ARRAY_SIZE(pages));
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = lab_test_take(test, owner);
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "no page has been found twice");
	lab_cache_drop(other, owner->cached_state);
	KUNIT_EXPECT_EQ_MSG(test, other->hints, 0U, "all stale");
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	migrate_enable();
}

/* The stale hint leads to a tag that another page may have by now. */
static void hint_of_a_released_page_is_dropped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner), *other;

	migrate_disable();
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_ASSERT_TRUE(test, lab_cache_begin(cpu_of(owner)));
	KUNIT_EXPECT_PTR_EQ(test, lab_alloc_page(owner), page);
	lab_cache_end(cpu_of(owner));
	KUNIT_EXPECT_EQ(test, lab_release_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, hints(owner), 1U);
	other = lab_test_take(test, owner);
	KUNIT_EXPECT_PTR_NE(test, other, page);
	KUNIT_EXPECT_EQ(test, hints(owner), 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 1L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, other), 0);
	migrate_enable();
	__free_page(page);
}

static struct kunit_case lab_cache_cases[] = {
	KUNIT_CASE(freed_page_is_cached_and_taken_again),
	KUNIT_CASE(cached_pages_taken_in_bulk_leave_no_hint),
	KUNIT_CASE(cached_page_that_is_shared_is_counted_as_no_alloc),
	KUNIT_CASE(full_cache_leaves_pages_to_the_stack),
	KUNIT_CASE(call_that_interrupts_the_writer_uses_the_stack),
	KUNIT_CASE(page_wanted_by_all_cpus_is_owned_once),
	KUNIT_CASE(cache_full_of_stale_hints_is_emptied_by_a_free),
	KUNIT_CASE(copied_hints_count_no_free_and_lose_no_page),
	KUNIT_CASE(hint_of_a_released_page_is_dropped),
	{}
};

static struct kunit_suite lab_cache_suite = {
	.name = "labyrinth_cache",
	.test_cases = lab_cache_cases,
};

kunit_test_suite(lab_cache_suite);
