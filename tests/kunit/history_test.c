// SPDX-License-Identifier: GPL-2.0
/* Refusals per minute, and reserve pages by depth. */
#include <linux/mm.h>

#include "diag/history.h"
#include "fixture.h"

#define NOW	100000ULL	/* an arbitrary minute */

static struct lab_history *new_history(struct kunit *test)
{
	return lab_test_zalloc(test, sizeof(struct lab_history));
}

static void each_minute_has_its_count(struct kunit *test)
{
	struct lab_history *h = new_history(test);

	lab_history_note(h, NOW);
	lab_history_note(h, NOW);
	lab_history_note(h, NOW + 1);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW), 2ULL);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW + 1), 1ULL);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW - 1), 0ULL);
}

static void old_minutes_are_forgotten(struct kunit *test)
{
	struct lab_history *h = new_history(test);

	lab_history_note(h, NOW);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW + LAB_HISTORY_SLOTS), 0ULL);
	lab_history_note(h, NOW + LAB_HISTORY_SLOTS);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW), 0ULL);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW + LAB_HISTORY_SLOTS), 1ULL);
}

static void one_hour_is_kept(struct kunit *test)
{
	struct lab_history *h = new_history(test);
	unsigned int i, j;

	for (i = 0; i < LAB_HISTORY_MINUTES; i++)
		for (j = 0; j <= i; j++)
			lab_history_note(h, NOW + i);
	for (i = 0; i < LAB_HISTORY_MINUTES; i++)
		KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW + i), i + 1ULL);
}

static void late_note_keeps_the_newer_minute(struct kunit *test)
{
	struct lab_history *h = new_history(test);

	lab_history_note(h, NOW + LAB_HISTORY_SLOTS);
	lab_history_note(h, NOW);
	KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW + LAB_HISTORY_SLOTS), 2ULL);
}

#define NOTES	10000

static void note_at_once(struct lab_crew *crew, unsigned int member)
{
	unsigned int i;

	for (i = 0; i < NOTES; i++) {
		if (!(i % 100))
			lab_crew_meet(crew);
		lab_history_note(crew->data, NOW + i / 1000);
	}
}

static void concurrent_notes_in_a_new_minute_are_all_counted(struct kunit *test)
{
	struct lab_history *h = new_history(test);
	unsigned int i;

	lab_test_crew(test, 0, note_at_once, h);
	for (i = 0; i < NOTES / 1000; i++)
		KUNIT_EXPECT_EQ(test, lab_history_count(h, NOW + i), 1000ULL * num_online_cpus());
}

struct depth {
	unsigned int pct, row;
};

static const struct depth depths[] = {
	{ 0, 0 }, { 1, 0 }, { 10, 0 }, { 11, 1 }, { 20, 1 }, { 50, 4 }, { 51, 5 },
	{ 90, 8 }, { 91, 9 }, { 100, 9 }, { 101, 9 }, { UINT_MAX, 9 },
};

static void depth_is_counted_under_its_upper_bound(struct kunit *test)
{
	unsigned int i, row;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		struct lab_history *h = new_history(test);

		lab_history_note_depth(h, depths[i].pct);
		for (row = 0; row < LAB_DEPTHS; row++)
			KUNIT_EXPECT_EQ_MSG(test, atomic_read(&h->depths[row]),
					    row == depths[i].row, "%u percent, row %u",
					    depths[i].pct, row);
	}
}

static void reset_clears_the_history(struct kunit *test)
{
	struct lab_history *h = new_history(test);

	lab_history_note(h, NOW);
	lab_history_note_depth(h, 30);
	lab_history_reset(h);
	KUNIT_EXPECT_NULL(test, memchr_inv(h, 0, sizeof(*h)));
}

/* The call may have happened in the next minute. */
static u64 refusals_lately(const struct labyrinth_owner *owner, u64 minute)
{
	return lab_history_count(&owner->diag->history, minute) +
	       lab_history_count(&owner->diag->history, minute + 1);
}

static void refusal_is_counted_in_its_minute(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	u64 minute = lab_history_minute();
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_EQ(test, refusals_lately(owner, minute), 0ULL);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, refusals_lately(owner, minute), 1ULL);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void refusal_of_a_dead_owner_is_counted(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	u64 minute = lab_history_minute();

	lab_test_owner_end(test, owner);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, refusals_lately(owner, minute), 1ULL);
}

static void refusal_without_an_owner_names_no_owner(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, lab_alloc_page(NULL));
	lab_expect_refusal(test, "-", "dying");
}

static struct kunit_case lab_history_cases[] = {
	KUNIT_CASE(each_minute_has_its_count),
	KUNIT_CASE(old_minutes_are_forgotten),
	KUNIT_CASE(one_hour_is_kept),
	KUNIT_CASE(late_note_keeps_the_newer_minute),
	KUNIT_CASE(concurrent_notes_in_a_new_minute_are_all_counted),
	KUNIT_CASE(depth_is_counted_under_its_upper_bound),
	KUNIT_CASE(reset_clears_the_history),
	KUNIT_CASE(refusal_is_counted_in_its_minute),
	KUNIT_CASE(refusal_of_a_dead_owner_is_counted),
	KUNIT_CASE(refusal_without_an_owner_names_no_owner),
	{}
};

static struct kunit_suite lab_history_suite = {
	.name = "labyrinth_history",
	.test_cases = lab_history_cases,
};

kunit_test_suite(lab_history_suite);
