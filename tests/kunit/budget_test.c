// SPDX-License-Identifier: GPL-2.0
/* The budget: exact on any number of CPUs, and usable up to the last page. */
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "fixture.h"

#define BUDGET		32U
#define ROUNDS		300U

static void bulk_beyond_the_budget_returns_the_budget(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", BUDGET);
	struct page *pages[40] = { };
	unsigned int i;

	pages[BUDGET] = ERR_PTR(-EIO);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 40, pages), BUDGET);
	KUNIT_EXPECT_PTR_EQ_MSG(test, pages[BUDGET], ERR_PTR(-EIO), "later entries are unchanged");
	lab_expect_refusal(test, "owner", "budget");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), (long)BUDGET);
	for (i = 0; i < BUDGET; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void bulk_of_zero_pages_is_no_refusal(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = NULL;

	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 0, &page), 0U);
	KUNIT_EXPECT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, lab_owner_refused(owner), 0L);
}

static void freed_page_makes_room_for_one(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	page = lab_test_take(test, owner);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void released_page_makes_room_for_one(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_release_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, lab_test_take(test, owner)), 0);
	__free_page(page);
}

struct budget_fixture {
	struct labyrinth_owner *owner;
	unsigned int rounds;
	atomic_t out, most, refused, errors;
	struct page *pages[BUDGET];
};

static void raise_most(struct budget_fixture *f, int out)
{
	int most = atomic_read(&f->most);

	while (out > most && !atomic_try_cmpxchg(&f->most, &most, out))
		;
}

/* Each CPU asks for more than its share, so that the budget limits them. */
static void take_and_release(struct lab_crew *crew, unsigned int member)
{
	struct budget_fixture *f = crew->data;
	struct page *pages[BUDGET];
	unsigned int round, nr;

	for (round = 0; round < f->rounds; round++) {
		for (nr = 0; nr < BUDGET; nr++) {
			pages[nr] = lab_alloc_page(f->owner);
			if (!pages[nr])
				break;
			raise_most(f, atomic_inc_return(&f->out));
		}
		while (nr--) {
			/* Before the release: the charge may be reused at once. */
			atomic_dec(&f->out);
			if (lab_release_page(f->owner, pages[nr]))
				atomic_inc(&f->errors);
			else
				__free_page(pages[nr]);
		}
	}
}

/* Each page is charged and uncharged again; no recycled page keeps its charge. */
static void budget_holds_on_all_cpus_for_released_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", BUDGET);
	struct budget_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = owner;
	f->rounds = ROUNDS;
	lab_test_crew(test, 0, take_and_release, f);
	KUNIT_EXPECT_LE(test, atomic_read(&f->most), (int)BUDGET);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->errors), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->charged), 0, "no charge is lost or gained");
}

/* The same with pages that are recycled. */
static void take_and_give(struct lab_crew *crew, unsigned int member)
{
	struct budget_fixture *f = crew->data;
	struct page *pages[BUDGET];
	unsigned int round, i, nr;

	for (round = 0; round < f->rounds; round++) {
		for (nr = 0; nr < BUDGET; nr++) {
			pages[nr] = lab_alloc_page(f->owner);
			if (!pages[nr])
				break;
			raise_most(f, atomic_inc_return(&f->out));
		}
		if (nr < BUDGET)
			atomic_inc(&f->refused);
		for (i = 0; i < nr; i++) {
			/* Before the free: the page may be allocated at once. */
			atomic_dec(&f->out);
			if (lab_free_page(f->owner, pages[i]))
				atomic_inc(&f->errors);
		}
	}
}

static void expect_budget_is_kept(struct kunit *test, struct labyrinth_owner *owner)
{
	struct budget_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = owner;
	f->rounds = ROUNDS;
	lab_test_crew(test, 0, take_and_give, f);
	KUNIT_EXPECT_LE(test, atomic_read(&f->most), (int)BUDGET);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->errors), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_LE(test, atomic_read(&owner->charged), (int)BUDGET);
	KUNIT_EXPECT_EQ_MSG(test, lab_alloc_bulk(owner, BUDGET, f->pages), BUDGET,
			    "the whole budget is available afterwards, from all CPUs");
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), BUDGET);
	while (f->rounds--)
		if (f->rounds < BUDGET)
			__free_page(f->pages[f->rounds]);
}

static void budget_holds_on_all_cpus(struct kunit *test)
{
	expect_budget_is_kept(test, lab_test_owner(test, "owner", BUDGET));
}

static void budget_holds_while_the_stock_is_refilled(struct kunit *test)
{
	expect_budget_is_kept(test, lab_test_owner(test, "owner", BUDGET, .stock = BUDGET / 2));
}

/* At most one page per CPU is out, and the budget covers them: no call is refused. */
static void take_one_each(struct lab_crew *crew, unsigned int member)
{
	struct budget_fixture *f = crew->data;
	unsigned int round;

	for (round = 0; round < f->rounds; round++) {
		struct page *page = lab_alloc_page(f->owner);

		if (!page)
			atomic_inc(&f->refused);
		else if (lab_free_page(f->owner, page))
			atomic_inc(&f->errors);
	}
}

static void no_call_within_the_budget_is_refused(struct kunit *test)
{
	struct budget_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = lab_test_owner(test, "owner", num_online_cpus());
	f->rounds = 20000;
	lab_test_crew(test, 0, take_one_each, f);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->refused), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->errors), 0);
}

struct free_call {
	struct labyrinth_owner *owner;
	struct page *page;
};

static long free_here(void *data)
{
	struct free_call *call = data;

	return lab_free_page(call->owner, call->page);
}

static void page_freed_on_any_cpu_is_available_here(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	int cpu;

	for_each_online_cpu(cpu) {
		struct free_call call = { owner, page };

		KUNIT_EXPECT_EQ(test, work_on_cpu(cpu, free_here, &call), 0L);
		KUNIT_EXPECT_PTR_EQ(test, lab_test_take(test, owner), page);
	}
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
}

static void whole_stock_is_available_on_one_cpu(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", BUDGET, .stock = BUDGET);
	struct budget_fixture *f = lab_test_zalloc(test, sizeof(*f));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, atomic_read(&owner->nr_stocked), (int)BUDGET);
	for (i = 0; i < BUDGET; i++)
		f->pages[i] = lab_test_take(test, owner);
	for (i = 0; i < BUDGET; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, f->pages[i]), 0);
}

static void transfer_to_a_full_receiver_is_enospc_and_changes_nothing(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *full = lab_test_owner(test, "full", 1);
	struct page *page = lab_test_take(test, owner), *theirs = lab_test_take(test, full);
	u64 meta = lab_test_meta(page);

	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, full, page), -ENOSPC);
	lab_expect_violation(test, "receiver_full", "owner", "full");
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), meta);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(full), 1L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(full, theirs), 0);
}

static void transfer_discards_a_ready_page_of_a_receiver_without_room(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 1);
	struct page *page = lab_test_take(test, owner), *theirs = lab_test_take(test, to);

	KUNIT_ASSERT_EQ(test, lab_free_page(to, theirs), 0);
	KUNIT_ASSERT_EQ(test, atomic_read(&to->charged), 1);
	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, to, page), 0);
	KUNIT_EXPECT_EQ(test, lab_check_page(to, page), 0);
	KUNIT_EXPECT_EQ_MSG(test, lab_test_meta(theirs), 0ULL, "the ready page is discarded");
	KUNIT_EXPECT_EQ(test, atomic_read(&to->charged), 1);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->charged), 0, "the giver is uncharged");
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
}

static void full_stock_leaves_room_for_a_transfer(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 2, .stock = 2);
	struct page *page = lab_test_take(test, owner), *pages[2];

	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, to, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&to->charged), 1);
	KUNIT_EXPECT_EQ_MSG(test, lab_alloc_bulk(to, 2, pages), 1U, "one page is left");
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(to, pages[0]), 0);
}

/* A refill, the quarantine or another call may hold a popped page in the same way. */
static void popped_uncharged_page_does_not_use_up_the_budget(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2, .stock = 2);
	struct lab_tag *in_hand;
	struct page *pages[2];

	preempt_disable();
	in_hand = lab_pop_stocked(owner);
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, in_hand);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 2, pages), 2U);
	lab_stack_push(&owner->stocked, &owner->slots, in_hand);
	atomic_inc(&owner->nr_stocked);
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "the budget is spent");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[0]), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[1]), 0);
}

static void zero_owner_uncharges_recycled_pages(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "zero", 2, .flags = LABYRINTH_ZERO);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 1L);
	KUNIT_EXPECT_PTR_EQ_MSG(test, lab_test_take(test, owner), page, "the page is reused");
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 1);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static struct kunit_case lab_budget_cases[] = {
	KUNIT_CASE(bulk_beyond_the_budget_returns_the_budget),
	KUNIT_CASE(bulk_of_zero_pages_is_no_refusal),
	KUNIT_CASE(freed_page_makes_room_for_one),
	KUNIT_CASE(released_page_makes_room_for_one),
	KUNIT_CASE(budget_holds_on_all_cpus_for_released_pages),
	KUNIT_CASE(budget_holds_on_all_cpus),
	KUNIT_CASE(budget_holds_while_the_stock_is_refilled),
	KUNIT_CASE(no_call_within_the_budget_is_refused),
	KUNIT_CASE(page_freed_on_any_cpu_is_available_here),
	KUNIT_CASE(whole_stock_is_available_on_one_cpu),
	KUNIT_CASE(transfer_to_a_full_receiver_is_enospc_and_changes_nothing),
	KUNIT_CASE(transfer_discards_a_ready_page_of_a_receiver_without_room),
	KUNIT_CASE(full_stock_leaves_room_for_a_transfer),
	KUNIT_CASE(popped_uncharged_page_does_not_use_up_the_budget),
	KUNIT_CASE(zero_owner_uncharges_recycled_pages),
	{}
};

static struct kunit_suite lab_budget_suite = {
	.name = "labyrinth_budget",
	.init = lab_test_pin,
	.test_cases = lab_budget_cases,
};

kunit_test_suite(lab_budget_suite);
