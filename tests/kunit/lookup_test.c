// SPDX-License-Identifier: GPL-2.0
/* What may be written to debugfs lookup; any number is safe. */
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "diag/debugfs_lookup.h"
#include "diag/debugfs_write.h"
#include "fixture.h"

static int find(unsigned long *pfn, const char *format, u64 n)
{
	char text[LAB_INPUT_MAX + 1];

	snprintf(text, sizeof(text), format, n);
	return lab_lookup_find(text, pfn);
}

static void expect_found(struct kunit *test, struct page *page, const char *format, u64 n)
{
	unsigned long pfn = 0;

	KUNIT_EXPECT_EQ_MSG(test, find(&pfn, format, n), 0, format, n);
	KUNIT_EXPECT_EQ_MSG(test, pfn, page_to_pfn(page), format, n);
}

static void expect_refused(struct kunit *test, const char *format, u64 n)
{
	unsigned long pfn = 4711;

	KUNIT_EXPECT_EQ_MSG(test, find(&pfn, format, n), -EINVAL, format, n);
}

static void page_is_found_by_pfn_phys_and_addr(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);
	u64 pfn = page_to_pfn(page), phys = pfn << PAGE_SHIFT;

	expect_found(test, page, "pfn %llu", pfn);
	expect_found(test, page, "pfn \t 0x%llx", pfn);
	expect_found(test, page, "phys %llu", phys);
	expect_found(test, page, "phys 0X%llx", phys + PAGE_SIZE - 1);
	expect_found(test, page, "addr 0x%llx", (u64)page_address(page) + 123);
	expect_found(test, page, "addr 0x%llx", (u64)page);
	expect_found(test, page, "%llu", pfn);
	expect_found(test, page, "0x%llx", (u64)page_address(page));
	expect_found(test, page, "%llu", (u64)page);
	if (phys > 1ULL << 24)		/* above any PFN, if memory is small */
		expect_found(test, page, "0x%llx", phys);
}

static void address_of_no_struct_page_is_refused(struct kunit *test)
{
	u64 page = (u64)lab_test_plain_page(test);

	expect_refused(test, "addr 0x%llx", page + 1);
	expect_refused(test, "addr 0x%llx", page + sizeof(struct page) / 2);
	expect_refused(test, "addr 0x%llx", (u64)pfn_to_page(-1UL >> PAGE_SHIFT));
}

static const char * const garbage[] = {
	"", "pfn", "pfn ", "pfn x", "pfn -1", "pfn +1", "pfn 1 2", "pfn 1x", "pfn 0x", "PFN 1",
	"page 1", "pfn1", "-1", "+1", "0x", "x1", "1.5", "1e3", "1 pfn", "0xg", "pfn pfn 1",
	"18446744073709551616", "pfn 0x10000000000000000", "99999999999999999999999999",
};

static void garbage_is_refused(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++)
		expect_refused(test, garbage[i], 0);
}

static void numbers_beyond_memory_are_refused(struct kunit *test)
{
	expect_refused(test, "pfn %llu", U64_MAX);
	expect_refused(test, "pfn %llu", U64_MAX >> PAGE_SHIFT);
	expect_refused(test, "phys %llu", U64_MAX);
	expect_refused(test, "addr %llu", U64_MAX);
	expect_refused(test, "%llu", U64_MAX);
	expect_refused(test, "addr %llu", 0);
	expect_refused(test, "addr %llu", PAGE_SIZE);
}

/* A number of random length, added to or subtracted from 0, U64_MAX or an address. */
static u64 random_number(struct rnd_state *rnd)
{
	const u64 near[] = { 0, PAGE_OFFSET, VMALLOC_START, (u64)pfn_to_page(0), U64_MAX };
	u64 high = prandom_u32_state(rnd);
	u64 n = (high << 32 | prandom_u32_state(rnd)) >> prandom_u32_state(rnd) % 64;

	return near[prandom_u32_state(rnd) % ARRAY_SIZE(near)] + (n & 1 ? n : -n);
}

static void any_number_is_found_or_refused(struct kunit *test)
{
	static const char * const formats[] = {
		"%llu", "0x%llx", "pfn %llu", "phys 0x%llx", "addr 0x%llx",
	};
	struct rnd_state rnd;
	unsigned int i, found = 0;

	prandom_seed_state(&rnd, 20261121);
	for (i = 0; i < 200000; i++) {
		unsigned long pfn;
		int err = find(&pfn, formats[i % ARRAY_SIZE(formats)], random_number(&rnd));

		if (!err && pfn_valid(pfn))
			found++;
		else
			KUNIT_ASSERT_EQ(test, err, -EINVAL);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, found, 0U);
}

struct number {
	const char *text;
	u64 n;
};

static const struct number numbers[] = {
	{ "0", 0 }, { "7", 7 }, { "010", 10 }, { "0x10", 16 }, { "0XfF", 255 },
	{ "18446744073709551615", U64_MAX }, { "0xffffffffffffffff", U64_MAX },
};

static void numbers_are_decimal_or_hexadecimal(struct kunit *test)
{
	unsigned int i;
	u64 n;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		KUNIT_EXPECT_EQ_MSG(test, lab_input_number(numbers[i].text, &n), 0, "%s",
				    numbers[i].text);
		KUNIT_EXPECT_EQ_MSG(test, n, numbers[i].n, "%s", numbers[i].text);
	}
}

static struct kunit_case lab_lookup_cases[] = {
	KUNIT_CASE(page_is_found_by_pfn_phys_and_addr),
	KUNIT_CASE(address_of_no_struct_page_is_refused),
	KUNIT_CASE(garbage_is_refused),
	KUNIT_CASE(numbers_beyond_memory_are_refused),
	KUNIT_CASE(any_number_is_found_or_refused),
	KUNIT_CASE(numbers_are_decimal_or_hexadecimal),
	{}
};

static struct kunit_suite lab_lookup_suite = {
	.name = "labyrinth_lookup",
	.test_cases = lab_lookup_cases,
};

kunit_test_suite(lab_lookup_suite);
