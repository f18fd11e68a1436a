// SPDX-License-Identifier: GPL-2.0
/* The lock-free stack of tags. */
#include "fixture.h"
#include "stack.h"

#define NR_TAGS		64U

struct stack_fixture {
	struct lab_stack stack;
	struct lab_tag tags[1 + NR_TAGS];	/* slot 0 ends a stack */
	unsigned int rounds;
	atomic_t holders[1 + NR_TAGS];
	atomic_t held_twice;
};

static struct stack_fixture *get_stack(struct kunit *test, unsigned int nr)
{
	struct stack_fixture *f = lab_test_zalloc(test, sizeof(*f));
	unsigned int i;

	for (i = 1; i <= nr; i++)
		lab_stack_push(&f->stack, f->tags, &f->tags[i]);
	return f;
}

static u32 pops(const struct stack_fixture *f)
{
	return lab_stack_pops(f->stack.head);
}

static bool is_empty(const struct stack_fixture *f)
{
	return !lab_stack_slot(f->stack.head);
}

static void new_stack_is_empty(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 0);

	KUNIT_EXPECT_TRUE(test, is_empty(f));
	KUNIT_EXPECT_NULL(test, lab_stack_pop(&f->stack, f->tags));
	KUNIT_EXPECT_EQ_MSG(test, pops(f), 0U, "a pop of nothing is not counted");
}

static void last_pushed_is_first_popped(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, NR_TAGS);
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, is_empty(f));
	for (i = NR_TAGS; i; i--)
		KUNIT_EXPECT_PTR_EQ(test, lab_stack_pop(&f->stack, f->tags), &f->tags[i]);
	KUNIT_EXPECT_TRUE(test, is_empty(f));
	KUNIT_EXPECT_NULL(test, lab_stack_pop(&f->stack, f->tags));
}

static void every_pop_changes_the_head_for_good(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 2);
	u64 before = f->stack.head;
	struct lab_tag *tag;
	u32 i;

	for (i = 1; i <= 100; i++) {
		tag = lab_stack_pop(&f->stack, f->tags);
		KUNIT_EXPECT_EQ(test, pops(f), i);
		lab_stack_push(&f->stack, f->tags, tag);
		KUNIT_EXPECT_EQ_MSG(test, pops(f), i, "a push keeps the count");
		KUNIT_EXPECT_EQ(test, lab_stack_slot(f->stack.head), lab_stack_slot(before));
		KUNIT_EXPECT_NE_MSG(test, f->stack.head, before, "the same tag on top, ABA");
	}
}

static void count_of_pops_wraps_without_harm(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 2);

	f->stack.head |= LAB_STACK_POPS;
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_pop(&f->stack, f->tags), &f->tags[2]);
	KUNIT_EXPECT_EQ(test, pops(f), 0U);
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_pop(&f->stack, f->tags), &f->tags[1]);
	KUNIT_EXPECT_TRUE(test, is_empty(f));
}

/* Take up to four, check that they are nobody else's, put them back in another order. */
static void pop_and_push(struct lab_crew *crew, unsigned int member)
{
	struct stack_fixture *f = crew->data;
	struct lab_tag *held[4];
	unsigned int round, i, nr;

	for (round = 0; round < f->rounds; round++) {
		for (nr = 0; nr < 1 + (round + member) % 4; nr++) {
			held[nr] = lab_stack_pop(&f->stack, f->tags);
			if (!held[nr])
				break;
			if (atomic_inc_return(&f->holders[held[nr] - f->tags]) != 1)
				atomic_inc(&f->held_twice);
		}
		for (i = 0; i < nr; i++) {
			atomic_dec(&f->holders[held[i] - f->tags]);
			lab_stack_push(&f->stack, f->tags, held[i]);
		}
	}
}

static void expect_nothing_lost(struct kunit *test, unsigned int nr_tags, unsigned int rounds)
{
	struct stack_fixture *f = get_stack(test, nr_tags);
	DECLARE_BITMAP(seen, 1 + NR_TAGS) = { };
	unsigned int i;
	struct lab_tag *tag;

	f->rounds = rounds;
	lab_test_crew(test, 0, pop_and_push, f);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&f->held_twice), 0, "popped by two at once");
	for (i = 0; i < nr_tags; i++) {
		tag = lab_stack_pop(&f->stack, f->tags);
		KUNIT_ASSERT_NOT_NULL_MSG(test, tag, "lost after %u", i);
		KUNIT_EXPECT_FALSE_MSG(test, __test_and_set_bit(tag - f->tags, seen), "duplicated");
	}
	KUNIT_EXPECT_NULL(test, lab_stack_pop(&f->stack, f->tags));
}

static void cpus_at_once_lose_and_duplicate_nothing(struct kunit *test)
{
	expect_nothing_lost(test, NR_TAGS, 50000);
}

/* So few that each is popped and pushed again all the time: ABA, and runs dry. */
static void cpus_at_once_on_three_tags_lose_and_duplicate_nothing(struct kunit *test)
{
	expect_nothing_lost(test, 3, 50000);
}

static struct kunit_case lab_stack_cases[] = {
	KUNIT_CASE(new_stack_is_empty),
	KUNIT_CASE(last_pushed_is_first_popped),
	KUNIT_CASE(every_pop_changes_the_head_for_good),
	KUNIT_CASE(count_of_pops_wraps_without_harm),
	KUNIT_CASE(cpus_at_once_lose_and_duplicate_nothing),
	KUNIT_CASE(cpus_at_once_on_three_tags_lose_and_duplicate_nothing),
	{}
};

static struct kunit_suite lab_stack_suite = {
	.name = "labyrinth_stack",
	.test_cases = lab_stack_cases,
};

kunit_test_suite(lab_stack_suite);
