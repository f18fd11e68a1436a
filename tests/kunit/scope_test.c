// SPDX-License-Identifier: GPL-2.0
/* The scope of an owner's handle. A kthread is a thread group of its own. */
#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/workqueue.h>

#include "fixture.h"

/* The results of calls by another task or by an interrupt. */
struct scope_fixture {
	struct labyrinth_owner *owner, *to;
	struct page *page;
	struct work_struct work;
	struct irq_work interrupt;
	struct page *alloc, *pages[2];
	unsigned int bulk;
	int free, release, transfer, check, query;
};

static void call_everything(struct scope_fixture *f)
{
	struct labyrinth_page_info info;

	f->alloc = lab_alloc_page(f->owner);
	f->bulk = lab_alloc_bulk(f->owner, 2, f->pages);
	f->check = lab_check_page(f->owner, f->page);
	f->release = lab_release_page(f->owner, f->page);
	f->transfer = lab_transfer_page(f->owner, f->to, f->page);
	f->free = lab_free_page(f->owner, f->page);
	f->query = labyrinth_query_page(f->page, &info);
}

static void call_from_task(struct work_struct *work)
{
	call_everything(container_of(work, struct scope_fixture, work));
}

static void call_from_interrupt(struct irq_work *interrupt)
{
	call_everything(container_of(interrupt, struct scope_fixture, interrupt));
}

static struct scope_fixture *set_up(struct kunit *test, enum labyrinth_scope scope)
{
	struct scope_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = lab_test_owner(test, "scoped", 8, .stock = 4, .scope = scope);
	f->to = lab_test_owner(test, "to", 8);
	f->page = lab_test_take(test, f->owner);
	return f;
}

static void another_task(struct scope_fixture *f)
{
	INIT_WORK(&f->work, call_from_task);
	schedule_work(&f->work);
	flush_work(&f->work);
}

static void an_interrupt(struct scope_fixture *f)
{
	f->interrupt = IRQ_WORK_INIT_HARD(call_from_interrupt);
	irq_work_queue(&f->interrupt);
	irq_work_sync(&f->interrupt);
}

static void expect_refused(struct kunit *test, struct scope_fixture *f)
{
	KUNIT_EXPECT_NULL(test, f->alloc);
	KUNIT_EXPECT_EQ(test, f->bulk, 0U);
	lab_expect_refusal(test, "scoped", "scope");
	KUNIT_EXPECT_EQ(test, f->check, -EPERM);
	KUNIT_EXPECT_EQ(test, f->release, -EPERM);
	KUNIT_EXPECT_EQ(test, f->transfer, -EPERM);
	KUNIT_EXPECT_EQ(test, f->free, -EPERM);
	lab_expect_violation(test, "wrong_scope", "scoped", "scoped");
	KUNIT_EXPECT_EQ_MSG(test, f->query, 0, "query needs no scope");
	KUNIT_EXPECT_EQ_MSG(test, lab_check_page(f->owner, f->page), 0, "the page is unchanged");
	KUNIT_EXPECT_EQ(test, lab_free_page(f->owner, f->page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(f->owner), 0L);
}

static void expect_served(struct kunit *test, struct scope_fixture *f)
{
	KUNIT_EXPECT_NOT_NULL(test, f->alloc);
	KUNIT_EXPECT_EQ(test, f->bulk, 2U);
	KUNIT_EXPECT_EQ(test, f->check, 0);
	KUNIT_EXPECT_EQ(test, f->release, 0);
	KUNIT_EXPECT_EQ_MSG(test, f->free, -ENOENT, "the page is already released");
	__free_page(f->page);
	KUNIT_EXPECT_EQ(test, lab_free_page(f->owner, f->alloc), 0);
	while (f->bulk--)
		KUNIT_EXPECT_EQ(test, lab_free_page(f->owner, f->pages[f->bulk]), 0);
}

static void scope_owner_serves_another_task(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_OWNER);

	another_task(f);
	expect_served(test, f);
}

static void scope_owner_serves_an_interrupt(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_OWNER);

	an_interrupt(f);
	expect_served(test, f);
}

static void scope_process_refuses_another_process(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_PROCESS);

	another_task(f);
	expect_refused(test, f);
}

static void scope_process_refuses_an_interrupt_of_its_own_task(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_PROCESS);

	an_interrupt(f);
	expect_refused(test, f);
}

static void scope_thread_refuses_another_thread(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_THREAD);

	another_task(f);
	expect_refused(test, f);
}

static void scope_thread_refuses_an_interrupt_of_its_own_task(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_THREAD);

	an_interrupt(f);
	expect_refused(test, f);
}

static void refused_calls_are_counted(struct kunit *test)
{
	struct scope_fixture *f = set_up(test, LABYRINTH_SCOPE_THREAD);

	another_task(f);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_refused(f->owner), 2L, "alloc and bulk");
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_violations(f->owner), 3L,
			    "free, release and transfer");
	KUNIT_EXPECT_EQ(test, lab_free_page(f->owner, f->page), 0);
}

static void transfer_ignores_the_scope_of_the_receiver(struct kunit *test)
{
	struct scope_fixture *f = lab_test_zalloc(test, sizeof(*f));

	/* The scope of the giver counts, which makes the call. */
	f->owner = lab_test_owner(test, "giver", 1);
	f->to = lab_test_owner(test, "scoped", 1, .scope = LABYRINTH_SCOPE_THREAD);
	f->page = lab_test_take(test, f->owner);
	KUNIT_EXPECT_EQ(test, lab_transfer_page(f->owner, f->to, f->page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(f->to, f->page), 0);
}

static struct kunit_case lab_scope_cases[] = {
	KUNIT_CASE(scope_owner_serves_another_task),
	KUNIT_CASE(scope_owner_serves_an_interrupt),
	KUNIT_CASE(scope_process_refuses_another_process),
	KUNIT_CASE(scope_process_refuses_an_interrupt_of_its_own_task),
	KUNIT_CASE(scope_thread_refuses_another_thread),
	KUNIT_CASE(scope_thread_refuses_an_interrupt_of_its_own_task),
	KUNIT_CASE(refused_calls_are_counted),
	KUNIT_CASE(transfer_ignores_the_scope_of_the_receiver),
	{}
};

static struct kunit_suite lab_scope_suite = {
	.name = "labyrinth_scope",
	.init = lab_test_pin,
	.test_cases = lab_scope_cases,
};

kunit_test_suite(lab_scope_suite);
