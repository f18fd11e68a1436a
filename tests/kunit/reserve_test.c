// SPDX-License-Identifier: GPL-2.0
/*
 * Owners at the edge of the reserve. The zones' watermarks are raised and restored
 * while no other CPU runs, so that memory is short for labyrinth alone.
 */
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/stop_machine.h>

#include "core/watermark.h"
#include "fixture.h"

/*
 * min in units of half the free pages f. At 2 f the kernel gives GFP_ATOMIC pages down
 * to 3/4 f, but the floor at 50 % is 1 3/8 f; at 4 f it gives none.
 */
enum { HALVES_AMPLE = 1, HALVES_DEEP = 4, HALVES_EMPTY = 8 };

struct short_memory {
	struct labyrinth_owner *owner;
	unsigned int halves;
	struct page *page;
	enum lab_floor verdict;
	bool below_min;
	int pct;
};

static unsigned long saved[MAX_NUMNODES][MAX_NR_ZONES][NR_WMARK];

static void lift_marks(unsigned int halves)
{
	int nid, i, mark;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];
			struct lab_level level;
			long usable;

			memcpy(saved[nid][i], zone->_watermark, sizeof(zone->_watermark));
			lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
			usable = level.free - level.cma - (long)level.reserve;
			for (mark = 0; usable > 0 && mark < NR_WMARK; mark++)
				zone->_watermark[mark] = usable * halves / 2;
		}
}

static void put_marks_back(void)
{
	int nid, i;

	for_each_online_node(nid)
		for (i = 0; i < MAX_NR_ZONES; i++)
			memcpy(NODE_DATA(nid)->node_zones[i]._watermark, saved[nid][i],
			       sizeof(saved[nid][i]));
}

static int alloc_while_short(void *data)
{
	struct short_memory *s = data;

	lift_marks(s->halves);
	s->page = lab_alloc_page(s->owner);
	put_marks_back();
	return 0;
}

static int choose_while_short(void *data)
{
	struct short_memory *s = data;
	struct lab_choice choice = { };

	lift_marks(s->halves);
	s->verdict = lab_floor_choose(NUMA_NO_NODE, s->pct, &choice);
	s->below_min = choice.below_min;
	put_marks_back();
	return 0;
}

/* With all other CPUs stopped, but for PREEMPT_RT, where this context forbids the allocator. */
static void while_short(int (*function)(void *), struct short_memory *s)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		function(s);
	else
		stop_machine(function, s, NULL);
}

static struct page *alloc_at(struct labyrinth_owner *owner, unsigned int halves)
{
	struct short_memory s = { .owner = owner, .halves = halves };

	while_short(alloc_while_short, &s);
	return s.page;
}

static void floor_depends_on_reserve_pct(struct kunit *test)
{
	static const struct {
		unsigned int halves;
		int pct;
		enum lab_floor verdict;
		bool below_min;
	} table[] = {
		{ HALVES_AMPLE, 0, LAB_FLOOR_PERMITS, false },
		{ HALVES_AMPLE, 100, LAB_FLOOR_PERMITS, false },
		{ HALVES_DEEP, 0, LAB_FLOOR_REFUSES },
		{ HALVES_DEEP, 50, LAB_FLOOR_REFUSES },
		{ HALVES_DEEP, 100, LAB_FLOOR_PERMITS, true },
		{ HALVES_EMPTY, 0, LAB_FLOOR_EMPTY },
		{ HALVES_EMPTY, 100, LAB_FLOOR_EMPTY },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct short_memory s = { .halves = table[i].halves, .pct = table[i].pct };

		while_short(choose_while_short, &s);
		KUNIT_EXPECT_EQ_MSG(test, s.verdict, table[i].verdict, "%u/2 at %d %%",
				    s.halves, s.pct);
		if (s.verdict == LAB_FLOOR_PERMITS)
			KUNIT_EXPECT_EQ(test, s.below_min, table[i].below_min);
	}
}

static void page_above_min_is_not_from_the_reserve(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .reserve_pct = 100);
	struct labyrinth_page_info info = { .from_reserve = true };
	struct page *page = alloc_at(owner, HALVES_AMPLE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_FALSE(test, info.from_reserve);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->from_reserve), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void page_below_min_is_from_the_reserve_and_not_recycled(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .reserve_pct = 100);
	struct labyrinth_page_info info = { };
	struct page *page = alloc_at(owner, HALVES_DEEP);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_TRUE(test, info.from_reserve);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->from_reserve), 1);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->diag->history.depths[7]), 1,
			    "80 percent of the reserve used");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->from_reserve), 0);
	KUNIT_EXPECT_EQ_MSG(test, lab_test_meta(page), 0ULL, "the page went back to the kernel");
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
}

static void transfer_moves_the_count_of_reserve_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .reserve_pct = 100);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 1);
	struct page *page = alloc_at(owner, HALVES_DEEP);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, to, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->from_reserve), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&to->from_reserve), 1);
	KUNIT_EXPECT_EQ(test, lab_release_page(to, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&to->from_reserve), 0);
	__free_page(page);
}

static void refusal_at_the_floor_names_the_figures(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .reserve_pct = 50);
	struct lab_test_refusal r;

	KUNIT_EXPECT_NULL(test, alloc_at(owner, HALVES_DEEP));
	lab_expect_refusal(test, "owner", "floor");
	lab_test_last_refusal(test, &r);
	KUNIT_EXPECT_EQ(test, r.floor, lab_floor_mark(r.min, 50));
	KUNIT_EXPECT_LE(test, r.free, r.floor);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->charged), 0, "the refused page is uncharged");
}

static void owner_with_reserve_none_never_goes_below_min(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1,
						       .reserve_pct = LABYRINTH_RESERVE_NONE);

	KUNIT_EXPECT_NULL(test, alloc_at(owner, HALVES_DEEP));
	lab_expect_refusal(test, "owner", "floor");
}

static void failed_allocation_is_refused_as_buddy(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .reserve_pct = 100);

	KUNIT_EXPECT_NULL(test, alloc_at(owner, HALVES_EMPTY));
	lab_expect_refusal(test, "owner", "buddy");
}

static void stock_is_available_when_the_kernel_has_no_page(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2, .stock = 1);
	struct page *page = alloc_at(owner, HALVES_EMPTY);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static struct kunit_case lab_reserve_cases[] = {
	KUNIT_CASE(floor_depends_on_reserve_pct),
	KUNIT_CASE(page_above_min_is_not_from_the_reserve),
	KUNIT_CASE(page_below_min_is_from_the_reserve_and_not_recycled),
	KUNIT_CASE(transfer_moves_the_count_of_reserve_pages),
	KUNIT_CASE(refusal_at_the_floor_names_the_figures),
	KUNIT_CASE(owner_with_reserve_none_never_goes_below_min),
	KUNIT_CASE(failed_allocation_is_refused_as_buddy),
	KUNIT_CASE(stock_is_available_when_the_kernel_has_no_page),
	{}
};

static struct kunit_suite lab_reserve_suite = {
	.name = "labyrinth_reserve",
	.init = lab_test_pin,
	.test_cases = lab_reserve_cases,
};

kunit_test_suite(lab_reserve_suite);
