// SPDX-License-Identifier: GPL-2.0
/* Fixtures of the suites: owners and pages that end with the test, reports, threads on all CPUs. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "fixture.h"

/* A report has up to 1024 lines, each shorter than 512 bytes. */
#define LAB_TEST_REPORT_SIZE	(1024 * 512)

static void lab_test_destroy(void *owner)
{
	labyrinth_owner_destroy(owner);
}

struct labyrinth_owner *lab_test_owner_create(struct kunit *test,
					      const struct labyrinth_owner_params *params)
{
	struct labyrinth_owner *owner = labyrinth_owner_create(params);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, owner);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, lab_test_destroy, owner), 0);
	return owner;
}

unsigned int lab_test_owner_end(struct kunit *test, struct labyrinth_owner *owner)
{
	kunit_remove_action(test, lab_test_destroy, owner);
	return labyrinth_owner_destroy(owner);
}

int lab_test_pin(struct kunit *test)
{
	return set_cpus_allowed_ptr(current, cpumask_of(cpumask_first(cpu_online_mask)));
}

struct page *lab_test_take(struct kunit *test, struct labyrinth_owner *owner)
{
	struct page *page = lab_alloc_page(owner);

	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

static void lab_test_put_page(void *page)
{
	__free_page(page);
}

struct page *lab_test_plain_page(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, lab_test_put_page, page), 0);
	return page;
}

void lab_test_free_behind(struct page *page, bool stranger)
{
	lab_page_unmark(page);
	if (!stranger)
		page_ref_dec(page);
}

void lab_test_end_behind(struct page *page)
{
	set_page_count(page, 1);
	__free_page(page);
}

static void lab_test_kvfree(void *memory)
{
	kvfree(memory);
}

void *lab_test_zalloc(struct kunit *test, size_t size)
{
	void *memory = kvzalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, lab_test_kvfree, memory), 0);
	return memory;
}

u64 lab_test_meta(struct page *page)
{
	struct lab_table *table;
	struct lab_tag *tag;
	u64 meta;

	preempt_disable();
	tag = lab_tag_find(NULL, page, &table);
	meta = tag ? READ_ONCE(tag->meta) : 0;
	preempt_enable();
	return meta;
}

char *lab_test_report(struct kunit *test, int (*show)(struct seq_file *m, void *v))
{
	struct seq_file m = { .size = LAB_TEST_REPORT_SIZE };

	m.buf = lab_test_zalloc(test, m.size);
	KUNIT_ASSERT_EQ(test, show(&m, NULL), 0);
	KUNIT_ASSERT_FALSE_MSG(test, seq_has_overflowed(&m), "a report is longer than expected");
	return m.buf;
}

/* The last line of @text, which holds at least the line with the columns' names. */
static char *lab_test_last_line(char *text)
{
	char *last = strim(text), *newline = strrchr(last, '\n');

	return newline ? newline + 1 : last;
}

void lab_test_last_violation(struct kunit *test, struct lab_test_violation *v)
{
	char *text = lab_test_report(test, lab_event_violations_show);
	char pfn[24], refcount[16], mapcount[16];

	memset(v, 0, sizeof(*v));
	KUNIT_ASSERT_EQ(test, 10,
			sscanf(lab_test_last_line(text),
			       "%llu %*s %31s %31s %31s %23s %15s %15s %127s %d %127s",
			       &v->seq, v->kind, v->owner, v->offender, pfn, refcount, mapcount,
			       v->alloc_caller, &v->caught, v->caller));
	kunit_release_action(test, lab_test_kvfree, text);
	if (!strcmp(pfn, "-"))
		return;
	KUNIT_ASSERT_EQ(test, kstrtoul(pfn, 10, &v->pfn), 0);
	KUNIT_ASSERT_EQ(test, kstrtoint(refcount, 10, &v->refcount), 0);
	KUNIT_ASSERT_EQ(test, kstrtoint(mapcount, 10, &v->mapcount), 0);
}

void lab_test_last_refusal(struct kunit *test, struct lab_test_refusal *r)
{
	char *text = lab_test_report(test, lab_event_refusals_show);

	memset(r, 0, sizeof(*r));
	KUNIT_ASSERT_EQ(test, 8,
			sscanf(lab_test_last_line(text),
			       "%llu %*s %31s %15s %15s %*s %*s %*s %lu %lu %lu %127s",
			       &r->seq, r->owner, r->reason, r->context, &r->free, &r->min,
			       &r->floor, r->caller));
	kunit_release_action(test, lab_test_kvfree, text);
}

void lab_expect_violation(struct kunit *test, const char *kind, const char *owner,
			  const char *offender)
{
	struct lab_test_violation v;

	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_STREQ(test, v.kind, kind);
	KUNIT_EXPECT_STREQ(test, v.owner, owner);
	KUNIT_EXPECT_STREQ(test, v.offender, offender);
}

void lab_expect_refusal(struct kunit *test, const char *owner, const char *reason)
{
	struct lab_test_refusal r;

	lab_test_last_refusal(test, &r);
	KUNIT_EXPECT_STREQ(test, r.owner, owner);
	KUNIT_EXPECT_STREQ(test, r.reason, reason);
}

void lab_crew_meet(struct lab_crew *crew)
{
	int all = roundup(atomic_inc_return(&crew->arrived), crew->nr);

	while (atomic_read(&crew->arrived) < all)
		cond_resched();
}

struct lab_crew_member {
	struct lab_crew *crew;
	void (*work)(struct lab_crew *crew, unsigned int member);
	unsigned int nr;
	struct completion done;
};

static int lab_crew_thread(void *data)
{
	struct lab_crew_member *member = data;

	lab_crew_meet(member->crew);
	member->work(member->crew, member->nr);
	complete(&member->done);
	return 0;
}

void lab_test_crew(struct kunit *test, unsigned int nr,
		   void (*work)(struct lab_crew *crew, unsigned int member), void *data)
{
	struct lab_crew crew = { .nr = nr ?: num_online_cpus(), .data = data };
	struct lab_crew_member *members;
	struct task_struct **tasks;
	unsigned int i, cpu = cpumask_first(cpu_online_mask);

	if (crew.nr > num_online_cpus())
		kunit_skip(test, "needs %u CPUs", crew.nr);
	members = lab_test_zalloc(test, crew.nr * sizeof(*members));
	tasks = lab_test_zalloc(test, crew.nr * sizeof(*tasks));
	for (i = 0; i < crew.nr; i++) {
		members[i].crew = &crew;
		members[i].work = work;
		members[i].nr = i;
		init_completion(&members[i].done);
		tasks[i] = kthread_create(lab_crew_thread, &members[i], "lab_crew/%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tasks[i]);
		kthread_bind(tasks[i], cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
	}
	for (i = 0; i < crew.nr; i++)
		wake_up_process(tasks[i]);
	for (i = 0; i < crew.nr; i++)
		wait_for_completion(&members[i].done);
}
