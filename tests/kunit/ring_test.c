// SPDX-License-Identifier: GPL-2.0
/* A record that any context may write, and who reads it. */
#include <linux/string.h>

#include "diag/ring.h"
#include "fixture.h"

struct entry {
	u64 seq;
	int what;
};

static void write_entry(struct kunit *test, struct entry *entry, u64 seq, int what)
{
	KUNIT_ASSERT_TRUE(test, lab_ring_open(&entry->seq));
	entry->what = what;
	lab_ring_close(&entry->seq, seq);
}

static void news_are_reported_once(struct kunit *test)
{
	struct entry entry = {}, copy = {};
	u64 told = 0;

	KUNIT_EXPECT_FALSE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	write_entry(test, &entry, 5, 50);
	KUNIT_EXPECT_TRUE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	KUNIT_EXPECT_EQ(test, copy.what, 50);
	KUNIT_EXPECT_EQ(test, told, 5ULL);
	KUNIT_EXPECT_FALSE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	write_entry(test, &entry, 69, 60);
	KUNIT_EXPECT_TRUE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	KUNIT_EXPECT_EQ(test, copy.what, 60);
}

static void what_is_being_written_is_passed_over(struct kunit *test)
{
	struct entry entry = {}, copy = {};
	u64 told = 0;

	KUNIT_ASSERT_TRUE(test, lab_ring_open(&entry.seq));
	KUNIT_EXPECT_FALSE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	KUNIT_EXPECT_FALSE_MSG(test, lab_ring_open(&entry.seq), "two write at once");
	lab_ring_close(&entry.seq, 5);
	KUNIT_EXPECT_TRUE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
}

/* A writer that all others have lapped leaves an old number where a newer one was told. */
static void what_comes_late_is_not_news_and_hides_none(struct kunit *test)
{
	struct entry entry = {}, copy = {};
	u64 told = 0;

	write_entry(test, &entry, 69, 60);
	KUNIT_EXPECT_TRUE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	write_entry(test, &entry, 5, 50);
	KUNIT_EXPECT_FALSE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	write_entry(test, &entry, 133, 70);
	KUNIT_EXPECT_TRUE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	KUNIT_EXPECT_EQ(test, copy.what, 70);
}

static void a_reader_by_number_wants_that_one(struct kunit *test)
{
	struct entry entry = {}, copy = {};

	write_entry(test, &entry, 5, 50);
	KUNIT_EXPECT_TRUE(test, lab_ring_read(&copy, &entry, sizeof(entry), 5));
	KUNIT_EXPECT_FALSE(test, lab_ring_read(&copy, &entry, sizeof(entry), 69));
}

static void the_oldest_that_a_ring_has(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lab_ring_first(0, 64), 1ULL);
	KUNIT_EXPECT_EQ(test, lab_ring_first(64, 64), 1ULL);
	KUNIT_EXPECT_EQ(test, lab_ring_first(65, 64), 2ULL);
}

static struct kunit_case lab_ring_cases[] = {
	KUNIT_CASE(news_are_reported_once),
	KUNIT_CASE(what_is_being_written_is_passed_over),
	KUNIT_CASE(what_comes_late_is_not_news_and_hides_none),
	KUNIT_CASE(a_reader_by_number_wants_that_one),
	KUNIT_CASE(the_oldest_that_a_ring_has),
	{}
};

static struct kunit_suite lab_ring_suite = {
	.name = "labyrinth_ring",
	.test_cases = lab_ring_cases,
};

kunit_test_suite(lab_ring_suite);
