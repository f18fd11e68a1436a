// SPDX-License-Identifier: GPL-2.0
/*
 * The arithmetic of watermarks, against values of the kernel's own check computed by
 * hand: an order-0 GFP_ATOMIC page needs free - cma > 3/8 min (rounded up step by
 * step) + lowmem_reserve.
 */
#include <linux/gfp.h>
#include <linux/mmzone.h>

#include "core/watermark.h"
#include "fixture.h"

static void atomic_min_is_three_eighths_rounded_up_step_by_step(struct kunit *test)
{
	static const struct {
		unsigned long min, atomic_min;
	} table[] = {
		{ 0, 0 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 5, 3 }, { 6, 3 }, { 7, 3 },
		{ 8, 3 }, { 9, 4 }, { 10, 4 }, { 11, 5 }, { 12, 5 }, { 13, 6 }, { 14, 6 },
		{ 15, 6 }, { 16, 6 }, { 17, 7 }, { 100, 38 }, { 1001, 376 }, { 1024, 384 },
		{ 11266, 4225 }, { 1UL << 40, 3UL << 37 },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_floor_atomic_min(table[i].min), table[i].atomic_min,
				    "min %lu", table[i].min);
}

static void mark_is_min_less_reserve_pct_of_the_atomic_reserve(struct kunit *test)
{
	static const int pct[] = { 0, 1, 40, 50, 99, 100 };
	static const struct {
		unsigned long min, mark[ARRAY_SIZE(pct)];
	} table[] = {
		{ 0,	{ 0, 0, 0, 0, 0, 0 } },
		{ 1,	{ 1, 1, 1, 1, 1, 1 } },		/* the reserve is 0 */
		{ 2,	{ 2, 2, 2, 2, 2, 1 } },		/* 1 */
		{ 3,	{ 3, 3, 3, 3, 3, 2 } },		/* 1 */
		{ 100,	{ 100, 100, 76, 69, 39, 38 } },		/* 62 */
		{ 1001,	{ 1001, 995, 751, 689, 383, 376 } },	/* 625 */
		{ 1024,	{ 1024, 1018, 768, 704, 391, 384 } },	/* 640 */
	};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		for (j = 0; j < ARRAY_SIZE(pct); j++)
			KUNIT_EXPECT_EQ_MSG(test, lab_floor_mark(table[i].min, pct[j]),
					    table[i].mark[j], "min %lu, %d %%", table[i].min,
					    pct[j]);
}

static void mark_stays_within_the_atomic_reserve(struct kunit *test)
{
	unsigned long min;
	int pct;

	for (min = 0; min < 300; min++) {
		KUNIT_EXPECT_EQ(test, lab_floor_mark(min, 0), min);
		KUNIT_EXPECT_EQ(test, lab_floor_mark(min, 100), lab_floor_atomic_min(min));
		for (pct = 1; pct <= 100; pct++)
			KUNIT_EXPECT_LE(test, lab_floor_mark(min, pct),
					lab_floor_mark(min, pct - 1));
	}
}

static void permits_iff_usable_pages_exceed_the_mark(struct kunit *test)
{
	static const struct {
		struct lab_level level;
		unsigned long mark;
		bool permits;
		const char *what;
	} table[] = {
		{ { .free = 101 }, 100, true, "one above" },
		{ { .free = 100 }, 100, false, "at the mark" },
		{ { .free = 99 }, 100, false, "one below" },
		{ { .free = 1 }, 0, true, "one page at mark 0" },
		{ { .free = 0 }, 0, false, "no page at mark 0" },
		{ { .free = -1 }, 0, false, "counters in flight: negative at mark 0" },
		{ { .free = -50 }, 100, false, "negative" },
		{ { .free = 201, .reserve = 100 }, 100, true, "one above mark and lowmem_reserve" },
		{ { .free = 200, .reserve = 100 }, 100, false, "at mark and lowmem_reserve" },
		{ { .free = 101, .reserve = 1 }, 100, false, "lowmem_reserve counts" },
		{ { .free = 150, .cma = 49 }, 100, true, "one above without CMA pages" },
		{ { .free = 150, .cma = 50 }, 100, false, "at the mark without CMA pages" },
		{ { .free = 500, .cma = 500 }, 0, false, "all free pages are CMA's" },
		{ { .free = 311, .cma = 10, .reserve = 200 }, 100, true, "all three, one above" },
		{ { .free = 310, .cma = 10, .reserve = 200 }, 100, false, "all three, at it" },
		{ { .free = 39, .min = 100 }, 38, true, "the level's min plays no part" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_floor_permits(&table[i].level, table[i].mark),
				    table[i].permits, "%s", table[i].what);
}

static void depth_is_the_used_percentage_of_the_atomic_reserve(struct kunit *test)
{
	static const struct {
		struct lab_level level;
		unsigned int depth;
		const char *what;
	} table[] = {
		{ { .free = 101, .min = 100 }, 0, "above min" },
		{ { .free = 100, .min = 100 }, 0, "at min" },
		{ { .free = 99, .min = 100 }, 1, "1 of 62" },
		{ { .free = 69, .min = 100 }, 50, "31 of 62" },
		{ { .free = 38, .min = 100 }, 100, "all of it" },
		{ { .free = 0, .min = 100 }, 161, "below what GFP_ATOMIC may take" },
		{ { .free = -10, .min = 100 }, 177, "counters in flight: negative" },
		{ { .free = 138, .min = 100, .cma = 50, .reserve = 50 }, 100, "all figures" },
		{ { .free = 0, .min = 0 }, 0, "min 0 has no reserve" },
		{ { .free = -5, .min = 0 }, 0, "min 0 has no reserve, negative" },
		{ { .free = 0, .min = 1 }, 0, "min 1 has no reserve" },
		{ { .free = 1, .min = 2 }, 100, "min 2 has a reserve of one page" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, lab_floor_depth_pct(&table[i].level), table[i].depth,
				    "%s", table[i].what);
}

/* The zones of a fake node. */
static struct zone *fake_zones(struct kunit *test)
{
	pg_data_t *node = lab_test_zalloc(test, sizeof(*node));
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		node->node_zones[i].zone_pgdat = node;
	return node->node_zones;
}

static void level_ignores_the_watermark_boost(struct kunit *test)
{
	struct zone *zone = &fake_zones(test)[ZONE_NORMAL];
	struct lab_level level;

	atomic_long_set(&zone->vm_stat[NR_FREE_PAGES], 5000);
	zone->_watermark[WMARK_MIN] = 100;
	zone->lowmem_reserve[ZONE_NORMAL] = 7;
	zone->lowmem_reserve[ZONE_MOVABLE] = 9;
	zone->watermark_boost = 1000;
	lab_level_read(zone, ZONE_NORMAL, &level);
	KUNIT_EXPECT_EQ(test, level.free, 5000);
	KUNIT_EXPECT_EQ(test, level.min, 100);
	KUNIT_EXPECT_EQ(test, level.reserve, 7);
	KUNIT_EXPECT_EQ(test, level.cma, 0);
	lab_level_read(zone, ZONE_MOVABLE, &level);
	KUNIT_EXPECT_EQ(test, level.reserve, 9);
}

static void zone_gfp_selects_the_zone(struct kunit *test)
{
	struct zone *zones = fake_zones(test);
	int i;

	for (i = 0; i <= LAB_HIGHEST_ZONE; i++) {
		gfp_t gfp = lab_floor_zone_gfp(&zones[i]);

		KUNIT_EXPECT_EQ(test, gfp_zone(GFP_ATOMIC | gfp), i);
	}
}

static void ample_memory_permits_a_page_above_min(struct kunit *test)
{
	struct lab_choice choice = { .below_min = true };

	KUNIT_EXPECT_EQ(test, lab_floor_choose(NUMA_NO_NODE, 0, &choice), LAB_FLOOR_PERMITS);
	KUNIT_EXPECT_FALSE(test, choice.below_min);
	KUNIT_EXPECT_EQ(test, choice.steer, __GFP_THISNODE);
}

static struct kunit_case lab_floor_cases[] = {
	KUNIT_CASE(atomic_min_is_three_eighths_rounded_up_step_by_step),
	KUNIT_CASE(mark_is_min_less_reserve_pct_of_the_atomic_reserve),
	KUNIT_CASE(mark_stays_within_the_atomic_reserve),
	KUNIT_CASE(permits_iff_usable_pages_exceed_the_mark),
	KUNIT_CASE(depth_is_the_used_percentage_of_the_atomic_reserve),
	KUNIT_CASE(level_ignores_the_watermark_boost),
	KUNIT_CASE(zone_gfp_selects_the_zone),
	KUNIT_CASE(ample_memory_permits_a_page_above_min),
	{}
};

static struct kunit_suite lab_floor_suite = {
	.name = "labyrinth_floor",
	.test_cases = lab_floor_cases,
};

kunit_test_suite(lab_floor_suite);
