// SPDX-License-Identifier: GPL-2.0
/* Two CPUs give one page back: exactly one call succeeds, and the report names both parties. */
#include <linux/mm.h>

#include "fixture.h"

#define ROUNDS		3000U

enum verb { FREE, RELEASE, TRANSFER };

struct race_fixture {
	struct labyrinth_owner *owner, *to;
	struct page *page;
	enum verb verb[2];
	int err[2];
	/* How the rounds ended. */
	unsigned int first_won, second_won, both, neither, other_errors, no_page;
};

static noinline int race_free(struct race_fixture *f)
{
	int err = lab_free_page(f->owner, f->page);

	barrier();	/* no tail call: the report must name this function */
	return err;
}

static int do_verb(struct race_fixture *f, enum verb verb)
{
	switch (verb) {
	case RELEASE:
		return lab_release_page(f->owner, f->page);
	case TRANSFER:
		return lab_transfer_page(f->owner, f->to, f->page);
	default:
		return race_free(f);
	}
}

/* Member 0 checks the result and cleans up, while the other waits. */
static void judge(struct race_fixture *f)
{
	unsigned int loser = f->err[0] ? 0 : 1;
	int err = f->err[loser];

	if (f->err[0] && f->err[1])
		f->neither++;
	else if (!err)
		f->both++;
	else if (loser)
		f->first_won++;
	else
		f->second_won++;
	/* The loser may also find the page released, or owned by the receiver. */
	if (err && err != -EALREADY &&
	    !(f->verb[!loser] == RELEASE && err == -ENOENT) &&
	    !(f->verb[!loser] == TRANSFER && err == -EPERM))
		f->other_errors++;
	if (!err)
		return;
	if (f->verb[!loser] == RELEASE)
		__free_page(f->page);
	else if (f->verb[!loser] == TRANSFER)
		lab_free_page(f->to, f->page);
}

static noinline void race(struct lab_crew *crew, unsigned int member)
{
	struct race_fixture *f = crew->data;
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		if (!member) {
			f->page = lab_alloc_page(f->owner);
			f->no_page += !f->page;
		}
		lab_crew_meet(crew);
		/* The last member at the barrier leaves it first: delay it to vary the order. */
		for (i = 0; !member && i < round % 24; i++)
			cpu_relax();
		if (f->page)
			f->err[member] = do_verb(f, f->verb[member]);
		lab_crew_meet(crew);
		if (!member && f->page)
			judge(f);
	}
}

static void expect_one_winner(struct kunit *test, enum verb first, enum verb second,
			      unsigned int flags)
{
	struct race_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = lab_test_owner(test, "racer", 4, .flags = flags);
	f->to = lab_test_owner(test, "receiver", 4);
	f->verb[0] = first;
	f->verb[1] = second;
	lab_test_crew(test, 2, race, f);

	KUNIT_EXPECT_EQ(test, f->no_page, 0U);
	KUNIT_EXPECT_EQ(test, f->first_won + f->second_won, ROUNDS);
	KUNIT_EXPECT_EQ_MSG(test, f->both, 0U, "both calls succeeded");
	KUNIT_EXPECT_EQ_MSG(test, f->neither, 0U, "both calls failed");
	KUNIT_EXPECT_EQ(test, f->other_errors, 0U);
	KUNIT_EXPECT_EQ_MSG(test, lab_owner_owned(f->owner), 0L, "each page left the owner once");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(f->to), 0L);
	kunit_info(test, "%u to %u", f->first_won, f->second_won);
}

static void one_of_two_frees_succeeds(struct kunit *test)
{
	struct lab_test_violation v;

	expect_one_winner(test, FREE, FREE, 0);
	lab_expect_violation(test, "double_free", "racer", "racer");
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(v.alloc_caller, "race+"), "%s", v.alloc_caller);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(v.caller, "race_free"), "%s", v.caller);
}

static void one_of_two_frees_of_a_poison_owner_succeeds(struct kunit *test)
{
	expect_one_winner(test, FREE, FREE, LABYRINTH_POISON);
}

static void one_of_free_and_release_succeeds(struct kunit *test)
{
	expect_one_winner(test, FREE, RELEASE, 0);
}

static void one_of_free_and_transfer_succeeds(struct kunit *test)
{
	expect_one_winner(test, FREE, TRANSFER, 0);
}

static void one_of_two_transfers_succeeds(struct kunit *test)
{
	expect_one_winner(test, TRANSFER, TRANSFER, 0);
}

static void every_lost_race_is_counted(struct kunit *test)
{
	struct race_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->owner = lab_test_owner(test, "racer", 4);
	lab_test_crew(test, 2, race, f);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(f->owner), (long)ROUNDS);
}

static struct kunit_case lab_race_cases[] = {
	KUNIT_CASE(one_of_two_frees_succeeds),
	KUNIT_CASE_SLOW(one_of_two_frees_of_a_poison_owner_succeeds),
	KUNIT_CASE_SLOW(one_of_free_and_release_succeeds),
	KUNIT_CASE_SLOW(one_of_free_and_transfer_succeeds),
	KUNIT_CASE_SLOW(one_of_two_transfers_succeeds),
	KUNIT_CASE_SLOW(every_lost_race_is_counted),
	{}
};

static struct kunit_suite lab_race_suite = {
	.name = "labyrinth_race",
	.init = lab_test_pin,
	.test_cases = lab_race_cases,
};

kunit_test_suite(lab_race_suite);
