// SPDX-License-Identifier: GPL-2.0
/* The budget: exact on any number of CPUs, and a promise that can be used up to the last page. */
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "fixture.h"

#define BUDGET		32U
#define ROUNDS		300U

static void bulk_beyond_the_budget_gives_the_budget(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", BUDGET);
	struct page *pages[40] = { };
	unsigned int i;

	pages[BUDGET] = ERR_PTR(-EIO);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 40, pages), BUDGET);
	KUNIT_EXPECT_PTR_EQ_MSG(test, pages[BUDGET], ERR_PTR(-EIO), "entries from there on stay");
	lab_expect_refusal(test, "owner", "budget");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), (long)BUDGET);
	for (i = 0; i < BUDGET; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void bulk_of_none_gives_none_and_refuses_nothing(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = NULL;

	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, 0, &page), 0U);
	KUNIT_EXPECT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, lab_owner_refused(owner), 0L);
}

static void page_given_back_makes_room_for_one(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	page = lab_test_take(test, owner);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void page_released_makes_room_for_one(struct kunit *test)
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

/* Each CPU asks for more than its share, so that the budget is what stops them. */
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
			/* Before the page goes: its place may be taken at once. */
			atomic_dec(&f->out);
			if (lab_release_page(f->owner, pages[nr]))
				atomic_inc(&f->errors);
			else
				__free_page(pages[nr]);
		}
	}
}

/* Here every place in the budget is taken and given up again, and none is kept by a page. */
static void budget_is_kept_by_several_cpus_whose_pages_leave(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", BUDGET);
	struct budget_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = owner;
	f->rounds = ROUNDS;
	lab_test_crew(test, 0, take_and_release, f);
	KUNIT_EXPECT_LE(test, atomic_read(&f->most), (int)BUDGET);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->errors), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->charged), 0, "no place lost or won");
}

/* The same with pages that stay the owner's. */
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
			/* Before the page goes: it may be taken at once. */
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
			    "all of it can be taken afterwards, wherever it lies");
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), BUDGET);
	while (f->rounds--)
		if (f->rounds < BUDGET)
			__free_page(f->pages[f->rounds]);
}

static void budget_is_kept_by_several_cpus(struct kunit *test)
{
	expect_budget_is_kept(test, lab_test_owner(test, "owner", BUDGET));
}

static void budget_is_kept_while_the_stock_is_refilled(struct kunit *test)
{
	expect_budget_is_kept(test, lab_test_owner(test, "owner", BUDGET, .stock = BUDGET / 2));
}

/* As many out at any time as the budget has, none more, none less refused. */
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

static void nobody_is_refused_whom_the_budget_has_room_for(struct kunit *test)
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

static void page_freed_on_any_cpu_can_be_taken_on_this_one(struct kunit *test)
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

static void stock_can_be_taken_on_any_cpu_in_full(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", BUDGET, .stock = BUDGET);
	struct budget_fixture *f = lab_test_zalloc(test, sizeof(*f));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, atomic_read(&owner->nr_stocked), (int)BUDGET);
	KUNIT_EXPECT_EQ(test, lab_alloc_bulk(owner, BUDGET, f->pages), BUDGET);
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
	KUNIT_EXPECT_EQ_MSG(test, lab_test_meta(theirs), 0ULL, "the ready page has left");
	KUNIT_EXPECT_EQ(test, atomic_read(&to->charged), 1);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&owner->charged), 0, "the giver has room again");
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
}

static void transfer_finds_room_beside_a_full_stock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 2, .stock = 2);
	struct page *page = lab_test_take(test, owner), *pages[2];

	KUNIT_EXPECT_EQ(test, lab_transfer_page(owner, to, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&to->charged), 1);
	KUNIT_EXPECT_EQ_MSG(test, lab_alloc_bulk(to, 2, pages), 1U, "one place is left");
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(to, pages[0]), 0);
}

/* As when a refill, a quarantine or another call has it in hand. */
static void spare_in_hand_does_not_make_the_budget_seem_spent(struct kunit *test)
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
	KUNIT_EXPECT_NULL_MSG(test, lab_alloc_page(owner), "a spare is no place");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[0]), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[1]), 0);
}

static void zero_owner_keeps_no_place_for_a_recycled_page(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "zero", 2, .flags = LABYRINTH_ZERO);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 1L);
	KUNIT_EXPECT_PTR_EQ_MSG(test, lab_test_take(test, owner), page, "and takes it again");
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 1);
	KUNIT_EXPECT_EQ(test, lab_owner_stocked(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static struct kunit_case lab_budget_cases[] = {
	KUNIT_CASE(bulk_beyond_the_budget_gives_the_budget),
	KUNIT_CASE(bulk_of_none_gives_none_and_refuses_nothing),
	KUNIT_CASE(page_given_back_makes_room_for_one),
	KUNIT_CASE(page_released_makes_room_for_one),
	KUNIT_CASE(budget_is_kept_by_several_cpus_whose_pages_leave),
	KUNIT_CASE(budget_is_kept_by_several_cpus),
	KUNIT_CASE(budget_is_kept_while_the_stock_is_refilled),
	KUNIT_CASE(nobody_is_refused_whom_the_budget_has_room_for),
	KUNIT_CASE(page_freed_on_any_cpu_can_be_taken_on_this_one),
	KUNIT_CASE(stock_can_be_taken_on_any_cpu_in_full),
	KUNIT_CASE(transfer_to_a_full_receiver_is_enospc_and_changes_nothing),
	KUNIT_CASE(transfer_discards_a_ready_page_of_a_receiver_without_room),
	KUNIT_CASE(transfer_finds_room_beside_a_full_stock),
	KUNIT_CASE(spare_in_hand_does_not_make_the_budget_seem_spent),
	KUNIT_CASE(zero_owner_keeps_no_place_for_a_recycled_page),
	{}
};

static struct kunit_suite lab_budget_suite = {
	.name = "labyrinth_budget",
	.init = lab_test_pin,
	.test_cases = lab_budget_cases,
};

kunit_test_suite(lab_budget_suite);
