// SPDX-License-Identifier: GPL-2.0
/* What watch.c stands on: callers by name, the map of pages, the table of takers; and its modes. */
#include <linux/gfp.h>
#include <linux/string.h>

#include "core/freed_behind.h"
#include "diag/backtrace.h"
#include "diag/pfn_map.h"
#include "diag/taker.h"
#include "diag/watch.h"
#include "fixture.h"

/* ---- callers */

static void functions_are_told_by_name(struct kunit *test)
{
	static const struct {
		const char *name;
		enum lab_frame kind;
	} cases[] = {
		{ "__alloc_pages_noprof+0x1a/0x300", LAB_FRAME_INNER },
		{ "kmem_cache_alloc_node_noprof+0x10/0x20", LAB_FRAME_INNER },
		{ "__netdev_alloc_skb+0x10/0x20", LAB_FRAME_INNER },
		{ "page_pool_alloc_pages+0x10/0x20", LAB_FRAME_INNER },
		{ "put_page+0x1/0x2", LAB_FRAME_INNER },
		{ "lab_watch_dip+0x1/0x2 [labyrinth]", LAB_FRAME_INNER },
		{ "lab_watch_dip+0x1/0x2", LAB_FRAME_INNER },
		{ "lab_take_fresh+0x1/0x2 [labyrinth]", LAB_FRAME_OURS },
		{ "lab_take_fresh+0x1/0x2", LAB_FRAME_OURS },
		{ "labyrinth_alloc_pages_bulk+0x1/0x2 [labyrinth]", LAB_FRAME_OURS },
		{ "e1000_alloc_rx_buffers+0x1/0x2 [e1000]", LAB_FRAME_CALLER },
		{ "tcp_send_ack+0x1/0x2", LAB_FRAME_CALLER },
		/* A driver's functions are its own, whatever their names. */
		{ "alloc_page_of_mine+0x1/0x2 [mine]", LAB_FRAME_CALLER },
		{ "lab_stub+0x1/0x2 [lab_stub]", LAB_FRAME_CALLER },
		{ "labyrinth_like+0x1/0x2 [labyrinth_like]", LAB_FRAME_CALLER },
		{ "0xffffffff81000000", LAB_FRAME_CALLER },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_frame_kind(cases[i].name), cases[i].kind, "%s",
				    cases[i].name);
}

static void module_is_told_by_its_whole_name(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, lab_frame_in("f+0x1/0x2 [e1000]", "e1000"));
	KUNIT_EXPECT_TRUE(test, lab_frame_in("f+0x1/0x2 [e1000 0123abcd]", "e1000"));
	KUNIT_EXPECT_FALSE(test, lab_frame_in("f+0x1/0x2 [e1000e]", "e1000"));
	KUNIT_EXPECT_FALSE(test, lab_frame_in("f+0x1/0x2 [e1000]", "e1000e"));
	KUNIT_EXPECT_FALSE(test, lab_frame_in("f+0x1/0x2", "e1000"));
	KUNIT_EXPECT_FALSE(test, lab_frame_in("f+0x1/0x2 [e1000]", ""));
}

/* ---- the map of pages */

static void exit_map(void *map)
{
	lab_pfn_map_exit(map);
}

static struct lab_pfn_map *new_map(struct kunit *test)
{
	struct lab_pfn_map *map = lab_test_zalloc(test, sizeof(*map));

	KUNIT_ASSERT_EQ(test, lab_pfn_map_init(map), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, exit_map, map), 0);
	return map;
}

static void page_is_found_once_with_its_value(struct kunit *test)
{
	struct lab_pfn_map *map = new_map(test);
	struct lab_pfn_value value;
	unsigned long pfns[] = { 0, 1, 4711, BIT(40) - 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfns); i++)
		KUNIT_EXPECT_TRUE(test, lab_pfn_map_add(map, pfns[i], (struct lab_pfn_value){
			.taker = LAB_PFN_TAKERS - 1 - i, .order = 15 - i }));
	KUNIT_EXPECT_TRUE(test, lab_pfn_map_any(map));
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		KUNIT_ASSERT_TRUE(test, lab_pfn_map_take(map, pfns[i], &value));
		KUNIT_EXPECT_EQ(test, value.taker, LAB_PFN_TAKERS - 1 - i);
		KUNIT_EXPECT_EQ(test, value.order, 15 - i);
		KUNIT_EXPECT_FALSE(test, lab_pfn_map_take(map, pfns[i], &value));
	}
	KUNIT_EXPECT_FALSE(test, lab_pfn_map_any(map));
}

static void full_map_refuses_and_loses_nothing(struct kunit *test)
{
	struct lab_pfn_map *map = new_map(test);
	unsigned long pfn, most = 1024UL * 1024, in = 0, out = 0;
	struct lab_pfn_value value;

	for (pfn = 0; pfn < most; pfn++)
		in += lab_pfn_map_add(map, pfn, (struct lab_pfn_value){ .taker = pfn % 257 });
	KUNIT_EXPECT_LT(test, in, most);
	for (pfn = 0; pfn < most; pfn++) {
		if (!lab_pfn_map_take(map, pfn, &value))
			continue;
		out++;
		if (value.taker != pfn % 257)
			KUNIT_FAIL(test, "page %lu has the value of another", pfn);
	}
	KUNIT_EXPECT_EQ(test, in, out);
	KUNIT_EXPECT_FALSE(test, lab_pfn_map_any(map));
}

static void purge_removes_only_its_takers(struct kunit *test)
{
	struct lab_pfn_map *map = new_map(test);
	struct lab_pfn_value value;
	unsigned long pfn;

	for (pfn = 0; pfn < 100; pfn++)
		KUNIT_ASSERT_TRUE(test, lab_pfn_map_add(map, pfn, (struct lab_pfn_value){
			.taker = pfn }));
	lab_pfn_map_purge(map, 10, 19);
	for (pfn = 0; pfn < 100; pfn++)
		KUNIT_EXPECT_EQ(test, lab_pfn_map_take(map, pfn, &value), pfn < 10 || pfn > 19);
}

static void add_and_take(struct lab_crew *crew, unsigned int member)
{
	struct lab_pfn_map *map = crew->data;
	struct lab_pfn_value value;
	unsigned int i;

	lab_crew_meet(crew);
	for (i = 0; i < 100000; i++) {
		/* Pages of each CPU, in buckets of all. */
		unsigned long pfn = (i % 512) * crew->nr + member;

		if (lab_pfn_map_add(map, pfn, (struct lab_pfn_value){ .taker = member }) &&
		    (!lab_pfn_map_take(map, pfn, &value) || value.taker != member))
			WARN_ONCE(1, "page %lu was lost", pfn);
	}
}

static void cpus_do_not_lose_each_others_pages(struct kunit *test)
{
	struct lab_pfn_map *map = new_map(test);

	lab_test_crew(test, 0, add_and_take, map);
	KUNIT_EXPECT_FALSE(test, lab_pfn_map_any(map));
}

/* ---- the table of takers */

static struct lab_take take_by(unsigned int nr)
{
	return (struct lab_take){
		.caller = (unsigned long)take_by + nr, .gfp = GFP_ATOMIC, .depth_pct = nr,
		.below_min = true,
	};
}

static void requests_are_counted_by_caller_order_and_gfp(struct kunit *test)
{
	struct lab_takers *takers = lab_test_zalloc(test, sizeof(*takers));
	struct lab_take one = take_by(1), order = one, gfp = one, other = take_by(2);
	unsigned int row = lab_takers_note(takers, &one);

	order.order = 3;
	gfp.gfp |= __GFP_NOWARN;
	KUNIT_EXPECT_EQ(test, lab_takers_note(takers, &one), row);
	KUNIT_EXPECT_NE(test, lab_takers_note(takers, &order), row);
	KUNIT_EXPECT_NE(test, lab_takers_note(takers, &gfp), row);
	KUNIT_EXPECT_NE(test, lab_takers_note(takers, &other), row);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[row].times), 2L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[row].pages), 2L);
	row = lab_takers_note(takers, &order);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[row].times), 2L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[row].pages), 16L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[row].below_min), 16L);
}

static void callers_without_a_row_are_others(struct kunit *test)
{
	struct lab_takers *takers = lab_test_zalloc(test, sizeof(*takers));
	long sum = 0;
	unsigned int i;

	for (i = 0; i < 2 * LAB_TAKERS; i++) {
		struct lab_take take = take_by(i);

		lab_takers_note(takers, &take);
	}
	for (i = 0; i <= LAB_TAKERS; i++)
		sum += atomic_long_read(&takers->rows[i].pages);
	KUNIT_EXPECT_EQ(test, sum, 2L * LAB_TAKERS);
	KUNIT_EXPECT_GE(test, atomic_long_read(&takers->rows[LAB_TAKERS].pages), (long)LAB_TAKERS);
}

static void held_pages_have_a_peak_and_the_deepest_level_stays(struct kunit *test)
{
	struct lab_takers *takers = lab_test_zalloc(test, sizeof(*takers));
	struct lab_take take = take_by(0);
	unsigned int row;

	take.depth_pct = 70;
	row = lab_takers_note(takers, &take);
	take.depth_pct = 30;
	lab_takers_note(takers, &take);
	lab_takers_held(takers, row, 0);
	lab_takers_held(takers, row, 0);
	lab_takers_freed(takers, row, 0);
	/* An owner could not serve the larger ones. */
	lab_takers_held(takers, row, 3);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[row].held), 9L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->held), 1L);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->peak), 2L);
	KUNIT_EXPECT_EQ(test, atomic_read(&takers->rows[row].depth_pct), 70);
}

static void refusals_of_the_worst_second_are_kept(struct kunit *test)
{
	struct lab_takers *takers = lab_test_zalloc(test, sizeof(*takers));
	struct lab_take take = take_by(0);
	unsigned int i;

	for (i = 0; i < 5; i++)
		lab_takers_refused(takers, &take);
	/* As if these were of another second. */
	atomic_long_dec(&takers->second);
	for (i = 0; i < 3; i++)
		lab_takers_refused(takers, &take);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&takers->rows[lab_takers_note(takers, &take)].refused),
			8L);
	/* A second may end in a loop. */
	KUNIT_EXPECT_GE(test, atomic_long_read(&takers->worst), 3L);
	KUNIT_EXPECT_LE(test, atomic_long_read(&takers->worst), 5L);
}

/* ---- modes */

static int watch_frees(struct kunit *test)
{
	return lab_watch_set(LAB_WATCH_FREE);
}

static void watch_off(struct kunit *test)
{
	lab_watch_set(0);
}

static void modes_have_names(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lab_watch_parse("off"), 0);
	KUNIT_EXPECT_EQ(test, lab_watch_parse("free\n"), LAB_WATCH_FREE);
	KUNIT_EXPECT_EQ(test, lab_watch_parse("reserve"), LAB_WATCH_RESERVE);
	KUNIT_EXPECT_EQ(test, lab_watch_parse("all"), LAB_WATCH_FREE | LAB_WATCH_RESERVE);
	KUNIT_EXPECT_LT(test, lab_watch_parse(""), 0);
	KUNIT_EXPECT_LT(test, lab_watch_parse("fre"), 0);
	KUNIT_EXPECT_STREQ(test, lab_watch_name(), "free");
}

static noinline void free_behind(struct page *page)
{
	put_page(page);
}

static void owned_page_leaves_its_owner_as_it_is_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4);
	struct page *page = lab_test_take(test, owner);
	struct lab_test_violation v;

	free_behind(page);
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_STREQ(test, v.kind, "freed_behind");
	KUNIT_EXPECT_STREQ(test, v.owner, "owner");
	KUNIT_EXPECT_EQ(test, v.caught, 1);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
}

static void poisoned_ready_page_is_reported_and_not_handed_out(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4, .flags = LABYRINTH_POISON);
	struct page *page = lab_test_take(test, owner), *next;

	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	free_behind(page);
	lab_expect_violation(test, "freed_behind", "owner", "-");
	next = lab_test_take(test, owner);
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, next), 0);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 1L, "it is reported once");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, next), 0);
}

/* As if the free had interrupted a change of the tag. */
static void page_whose_tag_moves_is_reported_and_left(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4);
	struct page *page = lab_test_take(test, owner);
	struct lab_table *table;
	struct lab_tag *tag = lab_tag_find(NULL, page, &table);
	static const unsigned long stack[LAB_STACK_DEPTH];
	u32 state = tag->state;

	lab_test_free_behind(page, false);
	WRITE_ONCE(tag->state, owner->moving_state);
	lab_freed_in_the_act(page, _THIS_IP_, stack);
	lab_expect_violation(test, "freed_behind", "owner", "-");
	KUNIT_EXPECT_EQ(test, tag->state, owner->moving_state);
	WRITE_ONCE(tag->state, state);
	lab_freed_in_the_act(page, _THIS_IP_, stack);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	lab_test_end_behind(page);
}

static void page_without_a_tag_is_not_reported(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	/* As the kernel's own page that is being taken apart. */
	lab_page_mark(page);
	KUNIT_EXPECT_TRUE(test, lab_page_has_mark(page));
	put_page(page);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
}

static struct kunit_case lab_watch_parts_cases[] = {
	KUNIT_CASE(functions_are_told_by_name),
	KUNIT_CASE(module_is_told_by_its_whole_name),
	KUNIT_CASE(page_is_found_once_with_its_value),
	KUNIT_CASE(full_map_refuses_and_loses_nothing),
	KUNIT_CASE(purge_removes_only_its_takers),
	KUNIT_CASE(cpus_do_not_lose_each_others_pages),
	KUNIT_CASE(requests_are_counted_by_caller_order_and_gfp),
	KUNIT_CASE(callers_without_a_row_are_others),
	KUNIT_CASE(held_pages_have_a_peak_and_the_deepest_level_stays),
	KUNIT_CASE(refusals_of_the_worst_second_are_kept),
	{}
};

static struct kunit_suite lab_watch_parts_suite = {
	.name = "labyrinth_watch_parts",
	.test_cases = lab_watch_parts_cases,
};

static struct kunit_case lab_watch_cases[] = {
	KUNIT_CASE(modes_have_names),
	KUNIT_CASE(owned_page_leaves_its_owner_as_it_is_freed),
	KUNIT_CASE(poisoned_ready_page_is_reported_and_not_handed_out),
	KUNIT_CASE(page_whose_tag_moves_is_reported_and_left),
	KUNIT_CASE(page_without_a_tag_is_not_reported),
	{}
};

static struct kunit_suite lab_watch_suite = {
	.name = "labyrinth_watch",
	.init = watch_frees,
	.exit = watch_off,
	.test_cases = lab_watch_cases,
};
kunit_test_suites(&lab_watch_parts_suite, &lab_watch_suite);
