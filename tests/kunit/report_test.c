// SPDX-License-Identifier: GPL-2.0
/* The records of refusals and violations, and how they are printed. */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fixture.h"

#define RING	1024		/* records kept of each kind */

static void caller_name_is_one_cell(struct kunit *test)
{
	const unsigned long callers[] = {
		(unsigned long)caller_name_is_one_cell,	/* in a module with "[labyrinth]" */
		(unsigned long)lab_tables,
		(unsigned long)kfree, 1, ULONG_MAX,
	};
	char name[KSYM_SYMBOL_LEN];
	int i;

	for (i = 0; i < ARRAY_SIZE(callers); i++) {
		lab_caller_name(callers[i], name, sizeof(name));
		KUNIT_EXPECT_NULL_MSG(test, strpbrk(name, " \t\n"), "%s", name);
		KUNIT_EXPECT_NE(test, name[0], '\0');
	}
}

static void caller_name_has_function_and_module(struct kunit *test)
{
	char name[KSYM_SYMBOL_LEN];

	lab_caller_name((unsigned long)caller_name_is_one_cell, name, sizeof(name));
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(name, "caller_name_is_one_cell+0x0/0x"), "%s", name);
#ifdef MODULE
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(name, "[labyrinth]"), "%s", name);
#else
	KUNIT_EXPECT_NULL_MSG(test, strchr(name, '['), "%s", name);
#endif
}

static void caller_name_of_0_is_a_dash(struct kunit *test)
{
	char name[KSYM_SYMBOL_LEN];

	lab_caller_name(0, name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, "-");
}

static void caller_name_stays_within_its_buffer(struct kunit *test)
{
	char name[8] = "1234567";

	lab_caller_name((unsigned long)caller_name_is_one_cell, name, 4);
	KUNIT_EXPECT_STREQ(test, name, "cal");
	KUNIT_EXPECT_EQ(test, name[4], '5');
}

static const char refusal_columns[] =
	"seq age_ms owner reason context cpu node zone free min floor caller\n";
static const char violation_columns[] =
	"seq age_ms kind owner offender pfn refcount mapcount alloc_caller caught caller\n";

static void reports_name_their_columns(struct kunit *test)
{
	char *refusals = lab_test_report(test, lab_event_refusals_show);
	char *violations = lab_test_report(test, lab_event_violations_show);

	KUNIT_EXPECT_TRUE(test, strstarts(refusals, refusal_columns));
	KUNIT_EXPECT_TRUE(test, strstarts(violations, violation_columns));
}

/* Count the lines after the first. Each must have @columns cells and the next number. */
static unsigned int expect_table(struct kunit *test, char *text, unsigned int columns, u64 *last)
{
	unsigned int lines = 0;
	char *line, *cell;
	u64 seq;

	for (strsep(&text, "\n"); (line = strsep(&text, "\n")) && *line; lines++) {
		unsigned int cells = 0;

		cell = strchr(line, ' ');
		KUNIT_ASSERT_NOT_NULL(test, cell);
		*cell = '\0';
		KUNIT_ASSERT_EQ(test, kstrtou64(line, 10, &seq), 0);
		*cell = ' ';
		if (lines)
			KUNIT_EXPECT_EQ(test, seq, *last + 1);
		*last = seq;
		while ((cell = strsep(&line, " "))) {
			cells++;
			KUNIT_EXPECT_NE_MSG(test, *cell, '\0', "two blanks in a row");
		}
		KUNIT_EXPECT_EQ(test, cells, columns);
	}
	return lines;
}

static void last_1024_violations_are_kept(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct lab_test_violation before, after;
	unsigned int i;
	u64 last;

	lab_free_page(owner, NULL);
	lab_test_last_violation(test, &before);
	for (i = 0; i < RING + 100; i++)
		lab_free_page(owner, NULL);
	lab_test_last_violation(test, &after);
	KUNIT_EXPECT_EQ(test, after.seq, before.seq + RING + 100);
	KUNIT_EXPECT_EQ(test, expect_table(test, lab_test_report(test, lab_event_violations_show),
					   11, &last), RING);
	KUNIT_EXPECT_EQ(test, last, after.seq);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), RING + 101L,
			    "every violation is counted");
}

static void last_1024_refusals_are_kept(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	struct lab_test_refusal before, after;
	unsigned int i;
	u64 last;

	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	lab_test_last_refusal(test, &before);
	for (i = 0; i < RING + 100; i++)
		KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	lab_test_last_refusal(test, &after);
	KUNIT_EXPECT_EQ(test, after.seq, before.seq + RING + 100);
	KUNIT_EXPECT_EQ(test, expect_table(test, lab_test_report(test, lab_event_refusals_show),
					   12, &last), RING);
	KUNIT_EXPECT_EQ(test, last, after.seq);
	KUNIT_EXPECT_EQ(test, lab_owner_refused(owner), RING + 101L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void violation_names_both_parties_and_the_page(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *thief = lab_test_owner(test, "thief", 1);
	struct page *page = lab_alloc_page(owner);
	struct lab_test_violation v;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, lab_free_page(thief, page), -EPERM);
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_STREQ(test, v.kind, "foreign_free");
	KUNIT_EXPECT_STREQ(test, v.owner, "owner");
	KUNIT_EXPECT_STREQ(test, v.offender, "thief");
	KUNIT_EXPECT_EQ(test, v.pfn, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, v.refcount, 1);
	KUNIT_EXPECT_EQ(test, v.mapcount, 0);
	KUNIT_EXPECT_TRUE(test, strstarts(v.alloc_caller, __func__));
	KUNIT_EXPECT_TRUE(test, strstarts(v.caller, __func__));
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(thief), 1L, "the offender's counter");
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(owner), 0L, "not the owner's counter");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void plain_page_is_reported_without_an_owner(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_plain_page(test);
	struct lab_test_violation v;

	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), -ENOENT);
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_STREQ(test, v.kind, "plain_page");
	KUNIT_EXPECT_STREQ(test, v.owner, "-");
	KUNIT_EXPECT_STREQ(test, v.offender, "owner");
	KUNIT_EXPECT_EQ(test, v.pfn, page_to_pfn(page));
	KUNIT_EXPECT_STREQ(test, v.alloc_caller, "-");
}

static void refusal_names_owner_context_zone_and_caller(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .reserve_pct = 40);
	struct page *page = lab_test_take(test, owner);
	struct lab_test_refusal r;

	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	lab_test_last_refusal(test, &r);
	KUNIT_EXPECT_STREQ(test, r.owner, "owner");
	KUNIT_EXPECT_STREQ(test, r.reason, "budget");
	KUNIT_EXPECT_STREQ(test, r.context, "task");
	KUNIT_EXPECT_GT(test, r.free, 0UL);
	KUNIT_EXPECT_GT(test, r.min, 0UL);
	KUNIT_EXPECT_LT(test, r.floor, r.min);
	KUNIT_EXPECT_TRUE(test, strstarts(r.caller, __func__));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

/* Two owners free each other's page: a torn record mixes their names and pages. */
struct tear_fixture {
	struct labyrinth_owner *owner[2];
	struct page *page[2];
	char *text;
	atomic_t writing;
	unsigned int lines, torn, backwards;
};

static void read_while_written(struct tear_fixture *f, unsigned long pfn[2])
{
	struct seq_file m = { .buf = f->text, .size = RING * 512 };
	char owner[LABYRINTH_NAME_LEN], offender[LABYRINTH_NAME_LEN], *line, *rest = f->text;
	u64 seq, last = 0;
	unsigned long at;

	lab_event_violations_show(&m, NULL);
	m.buf[min(m.count, m.size - 1)] = '\0';
	for (strsep(&rest, "\n"); (line = strsep(&rest, "\n")) && *line; last = seq) {
		bool second;

		if (sscanf(line, "%llu %*s foreign_free %31s %31s %lu ", &seq, owner, offender,
			   &at) != 4)
			continue;
		second = owner[0] == 'b';
		f->lines++;
		f->backwards += seq <= last;
		f->torn += strcmp(owner, f->owner[second]->name) ||
			   strcmp(offender, f->owner[!second]->name) || at != pfn[second];
	}
}

static void write_or_read(struct lab_crew *crew, unsigned int member)
{
	struct tear_fixture *f = crew->data;
	unsigned long pfn[2] = { page_to_pfn(f->page[0]), page_to_pfn(f->page[1]) };
	unsigned int round;

	if (member) {
		atomic_inc(&f->writing);
		lab_crew_meet(crew);
		for (round = 0; round < 30000; round++)
			lab_free_page(f->owner[round & 1], f->page[~round & 1]);
		atomic_dec(&f->writing);
		return;
	}
	lab_crew_meet(crew);
	while (atomic_read(&f->writing))
		read_while_written(f, pfn);
}

static void overwritten_record_is_not_printed_torn(struct kunit *test)
{
	struct tear_fixture *f = lab_test_zalloc(test, sizeof(*f));
	int i;

	f->owner[0] = lab_test_owner(test, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1);
	f->owner[1] = lab_test_owner(test, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 1);
	f->page[0] = lab_test_take(test, f->owner[0]);
	f->page[1] = lab_test_take(test, f->owner[1]);
	f->text = lab_test_zalloc(test, RING * 512);
	/* Overwrite records of other tests, which the reader would take for torn ones. */
	for (i = 0; i < RING; i++)
		lab_free_page(f->owner[i & 1], f->page[~i & 1]);
	lab_test_crew(test, min(4U, num_online_cpus()), write_or_read, f);
	KUNIT_EXPECT_GT(test, f->lines, 0U);
	KUNIT_EXPECT_EQ(test, f->torn, 0U);
	KUNIT_EXPECT_EQ(test, f->backwards, 0U);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(f->owner[i], f->page[i]), 0);
}

static void expect_refused(struct kunit *test, struct labyrinth_owner *owner, unsigned int times)
{
	while (times--)
		KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
}

static void each_kind_is_printed_once_per_owner_in_five_seconds(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 1);
	struct page *page[2] = { lab_test_take(test, owner), lab_test_take(test, other) };
	struct lab_event_counter *counter = &owner->diag->refused[LAB_REFUSE_BUDGET];
	unsigned long first;

	KUNIT_EXPECT_EQ(test, counter->reported, 0UL);
	expect_refused(test, owner, 1);
	first = counter->reported;
	KUNIT_EXPECT_NE(test, first, 0UL);
	counter->reported -= HZ;
	expect_refused(test, owner, 100);
	KUNIT_EXPECT_EQ_MSG(test, counter->reported, first - HZ, "reported again after a second");
	KUNIT_EXPECT_EQ(test, atomic_long_read(&counter->nr), 101L);

	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page[1]), -EPERM);
	KUNIT_EXPECT_NE(test, owner->diag->violated[LAB_FOREIGN_FREE].reported, 0UL);
	expect_refused(test, other, 1);
	KUNIT_EXPECT_NE(test, other->diag->refused[LAB_REFUSE_BUDGET].reported, 0UL);

	counter->reported = first - 5 * HZ - 2;
	expect_refused(test, owner, 1);
	KUNIT_EXPECT_TRUE(test, time_after_eq(counter->reported, first));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page[0]), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(other, page[1]), 0);
}

static struct kunit_case lab_report_cases[] = {
	KUNIT_CASE(caller_name_is_one_cell),
	KUNIT_CASE(caller_name_has_function_and_module),
	KUNIT_CASE(caller_name_of_0_is_a_dash),
	KUNIT_CASE(caller_name_stays_within_its_buffer),
	KUNIT_CASE(reports_name_their_columns),
	KUNIT_CASE(last_1024_violations_are_kept),
	KUNIT_CASE(last_1024_refusals_are_kept),
	KUNIT_CASE(violation_names_both_parties_and_the_page),
	KUNIT_CASE(plain_page_is_reported_without_an_owner),
	KUNIT_CASE(refusal_names_owner_context_zone_and_caller),
	KUNIT_CASE(each_kind_is_printed_once_per_owner_in_five_seconds),
	KUNIT_CASE_SLOW(overwritten_record_is_not_printed_torn),
	{}
};

static struct kunit_suite lab_report_suite = {
	.name = "labyrinth_report",
	.init = lab_test_pin,
	.test_cases = lab_report_cases,
};

kunit_test_suite(lab_report_suite);
