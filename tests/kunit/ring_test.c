// SPDX-License-Identifier: GPL-2.0
/* The ring of records, which any context may write. */
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

static void new_record_is_reported_once(struct kunit *test)
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

static void open_record_is_skipped(struct kunit *test)
{
	struct entry entry = {}, copy = {};
	u64 told = 0;

	KUNIT_ASSERT_TRUE(test, lab_ring_open(&entry.seq));
	KUNIT_EXPECT_FALSE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
	KUNIT_EXPECT_FALSE_MSG(test, lab_ring_open(&entry.seq), "an open record has one writer");
	lab_ring_close(&entry.seq, 5);
	KUNIT_EXPECT_TRUE(test, lab_ring_news(&copy, &entry, sizeof(entry), &told));
}

/* A writer that others overtook leaves an old number after a newer one was reported. */
static void late_record_is_ignored_and_hides_no_newer_one(struct kunit *test)
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

static void read_returns_only_the_record_of_that_number(struct kunit *test)
{
	struct entry entry = {}, copy = {};

	write_entry(test, &entry, 5, 50);
	KUNIT_EXPECT_TRUE(test, lab_ring_read(&copy, &entry, sizeof(entry), 5));
	KUNIT_EXPECT_FALSE(test, lab_ring_read(&copy, &entry, sizeof(entry), 69));
}

static void first_is_the_oldest_record_kept(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lab_ring_first(0, 64), 1ULL);
	KUNIT_EXPECT_EQ(test, lab_ring_first(64, 64), 1ULL);
	KUNIT_EXPECT_EQ(test, lab_ring_first(65, 64), 2ULL);
}

static struct kunit_case lab_ring_cases[] = {
	KUNIT_CASE(new_record_is_reported_once),
	KUNIT_CASE(open_record_is_skipped),
	KUNIT_CASE(late_record_is_ignored_and_hides_no_newer_one),
	KUNIT_CASE(read_returns_only_the_record_of_that_number),
	KUNIT_CASE(first_is_the_oldest_record_kept),
	{}
};

static struct kunit_suite lab_ring_suite = {
	.name = "labyrinth_ring",
	.test_cases = lab_ring_cases,
};

kunit_test_suite(lab_ring_suite);
