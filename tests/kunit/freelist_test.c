// SPDX-License-Identifier: GPL-2.0
/* The lock-free stack of tags. */
#include "core/freelist.h"
#include "fixture.h"

#define NR_TAGS		64U

struct stack_fixture {
	struct lab_stack stack;
	struct lab_slots slots;
	struct lab_tag tags[1 + NR_TAGS];	/* slot 0 is the sentinel */
	unsigned int rounds;
	atomic_t holders[1 + NR_TAGS];
	atomic_t held_twice;
};

static struct stack_fixture *get_stack(struct kunit *test, unsigned int nr)
{
	struct stack_fixture *f = lab_test_zalloc(test, sizeof(*f));
	unsigned int i;

	f->tags[0] = lab_nowhere[0];
	f->slots.tags = f->tags;
	f->slots.pushed = (void *)f->tags - LAB_STACK_PUSH;
	for (i = 1; i <= nr; i++)
		lab_stack_push(&f->stack, &f->slots, &f->tags[i]);
	return f;
}

static u32 pushes(const struct stack_fixture *f)
{
	return lab_stack_pushes(f->stack.head);
}

static bool is_empty(const struct stack_fixture *f)
{
	return !lab_stack_top(f->stack.head);
}

static struct lab_tag *pop(struct stack_fixture *f)
{
	return lab_stack_pop(&f->stack, &f->slots);
}

static void new_stack_is_empty(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 0);

	KUNIT_EXPECT_TRUE(test, is_empty(f));
	KUNIT_EXPECT_NULL(test, pop(f));
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_pop_many(&f->stack, &f->slots, 3), &f->tags[0]);
	KUNIT_EXPECT_EQ_MSG(test, f->stack.head, 0ULL, "a pop of an empty stack changes nothing");
}

static void stack_is_last_in_first_out(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, NR_TAGS);
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, is_empty(f));
	for (i = NR_TAGS; i; i--)
		KUNIT_EXPECT_PTR_EQ(test, pop(f), &f->tags[i]);
	KUNIT_EXPECT_TRUE(test, is_empty(f));
	KUNIT_EXPECT_NULL(test, pop(f));
}

static void every_push_changes_the_head(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 2);
	u64 before = f->stack.head;
	struct lab_tag *tag;
	u32 i;

	for (i = 1; i <= 100; i++) {
		tag = pop(f);
		KUNIT_EXPECT_EQ_MSG(test, pushes(f), 1 + i, "a pop keeps the count of pushes");
		lab_stack_push(&f->stack, &f->slots, tag);
		KUNIT_EXPECT_EQ(test, pushes(f), 2 + i);
		KUNIT_EXPECT_EQ(test, lab_stack_top(f->stack.head), lab_stack_top(before));
		KUNIT_EXPECT_NE_MSG(test, f->stack.head, before, "same tag, other count: no ABA");
	}
}

static void count_of_pushes_may_wrap(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 2);
	struct lab_tag *tag;

	f->stack.head |= ~0ULL << 32;
	tag = pop(f);
	KUNIT_EXPECT_PTR_EQ(test, tag, &f->tags[2]);
	KUNIT_EXPECT_EQ(test, pushes(f), U32_MAX);
	lab_stack_push(&f->stack, &f->slots, tag);
	KUNIT_EXPECT_EQ(test, pushes(f), 0U);
	KUNIT_EXPECT_PTR_EQ(test, pop(f), &f->tags[2]);
	KUNIT_EXPECT_PTR_EQ(test, pop(f), &f->tags[1]);
	KUNIT_EXPECT_TRUE(test, is_empty(f));
}

/* Link the first slots of the largest table to the last: offsets of both signs. */
static void links_span_the_largest_table(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 2);
	u64 last = (LAB_TABLE_MAX * LAB_SLOTS_PER_PAGE + LAB_HOP_RANGE - 2) *
		   sizeof(struct lab_tag);

	KUNIT_EXPECT_LE(test, last, (u64)S32_MAX);
	/* Pretend that slot 0 is this far before the tag. */
	f->slots.tags = (void *)&f->tags[2] - last;
	f->slots.pushed = (void *)f->slots.tags - LAB_STACK_PUSH;
	f->stack.head = 0;
	lab_stack_push(&f->stack, &f->slots, &f->tags[2]);
	KUNIT_EXPECT_EQ(test, (u64)lab_stack_top(f->stack.head), last);
	KUNIT_EXPECT_EQ(test, (s64)f->tags[2].below, -(s64)last);
	KUNIT_EXPECT_PTR_EQ(test, pop(f), &f->tags[2]);
	KUNIT_EXPECT_EQ(test, lab_stack_top(f->stack.head), 0U);
	KUNIT_EXPECT_EQ(test, pushes(f), 1U);
}

static void pop_many_keeps_the_order_and_stops_at_the_end(struct kunit *test)
{
	struct stack_fixture *f = get_stack(test, 5);
	struct lab_tag *tag = lab_stack_pop_many(&f->stack, &f->slots, 3);

	KUNIT_EXPECT_PTR_EQ(test, tag, &f->tags[5]);
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_next(tag), &f->tags[4]);
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_next(&f->tags[4]), &f->tags[3]);
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_pop_many(&f->stack, &f->slots, 3), &f->tags[2]);
	KUNIT_EXPECT_PTR_EQ(test, lab_stack_next(&f->tags[1]), &f->tags[0]);
	KUNIT_EXPECT_TRUE(test, is_empty(f));
	KUNIT_EXPECT_EQ(test, pushes(f), 5U);
}

static void push_all_pushes_a_chain_in_one_step(struct kunit *test)
{
	static const u32 order[] = { 2, 4, 3, 1 };
	struct stack_fixture *f = get_stack(test, 1);
	u32 i;

	/* 2 on top of 4 on top of 3 */
	lab_stack_link(&f->tags[2], &f->tags[4]);
	lab_stack_link(&f->tags[4], &f->tags[3]);
	lab_stack_push_all(&f->stack, &f->slots, &f->tags[2], &f->tags[3], 3);
	KUNIT_EXPECT_EQ_MSG(test, pushes(f), 4U, "each tag counts as a push");
	for (i = 0; i < ARRAY_SIZE(order); i++)
		KUNIT_EXPECT_PTR_EQ(test, pop(f), &f->tags[order[i]]);
	KUNIT_EXPECT_TRUE(test, is_empty(f));
}

static void hold(struct stack_fixture *f, const struct lab_tag *tag)
{
	if (atomic_inc_return(&f->holders[tag - f->tags]) != 1)
		atomic_inc(&f->held_twice);
}

/* As pop_and_push(), with up to four tags popped and pushed in one step. */
static void pop_and_push_many(struct lab_crew *crew, unsigned int member)
{
	struct stack_fixture *f = crew->data;
	struct lab_tag *top, *bottom, *tag;
	unsigned int round, nr, most;

	for (round = 0; round < f->rounds; round++) {
		most = 1 + (round + member) % 4;
		top = lab_stack_pop_many(&f->stack, &f->slots, most);
		bottom = NULL;
		for (tag = top, nr = 0; tag != f->tags && nr < most; tag = lab_stack_next(tag)) {
			hold(f, tag);
			bottom = tag;
			nr++;
		}
		if (!nr)
			continue;
		for (tag = top; ; tag = lab_stack_next(tag)) {
			atomic_dec(&f->holders[tag - f->tags]);
			if (tag == bottom)
				break;
		}
		lab_stack_push_all(&f->stack, &f->slots, top, bottom, nr);
	}
}

/* Pop up to four tags, check that no other CPU holds them, push them in another order. */
static void pop_and_push(struct lab_crew *crew, unsigned int member)
{
	struct stack_fixture *f = crew->data;
	struct lab_tag *held[4];
	unsigned int round, i, nr;

	for (round = 0; round < f->rounds; round++) {
		for (nr = 0; nr < 1 + (round + member) % 4; nr++) {
			held[nr] = pop(f);
			if (!held[nr])
				break;
			hold(f, held[nr]);
		}
		for (i = 0; i < nr; i++) {
			atomic_dec(&f->holders[held[i] - f->tags]);
			lab_stack_push(&f->stack, &f->slots, held[i]);
		}
	}
}

/* Odd members pop several tags in one step, even members one by one. */
static void pop_and_push_either_way(struct lab_crew *crew, unsigned int member)
{
	if (member & 1)
		pop_and_push_many(crew, member);
	else
		pop_and_push(crew, member);
}

static void expect_nothing_lost(struct kunit *test, unsigned int nr_tags, unsigned int rounds)
{
	struct stack_fixture *f = get_stack(test, nr_tags);
	DECLARE_BITMAP(seen, 1 + NR_TAGS) = { };
	unsigned int i;
	struct lab_tag *tag;

	f->rounds = rounds;
	lab_test_crew(test, 0, pop_and_push_either_way, f);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&f->held_twice), 0, "one tag popped by two CPUs");
	for (i = 0; i < nr_tags; i++) {
		tag = pop(f);
		KUNIT_ASSERT_NOT_NULL_MSG(test, tag, "lost after %u", i);
		KUNIT_EXPECT_FALSE_MSG(test, __test_and_set_bit(tag - f->tags, seen), "duplicated");
	}
	KUNIT_EXPECT_NULL(test, pop(f));
}

static void concurrent_pops_and_pushes_lose_and_duplicate_no_tag(struct kunit *test)
{
	expect_nothing_lost(test, NR_TAGS, 50000);
}

/* With few tags each is popped and pushed again often: ABA, and an empty stack. */
static void concurrent_pops_and_pushes_of_three_tags_are_safe(struct kunit *test)
{
	expect_nothing_lost(test, 3, 50000);
}

static struct kunit_case lab_stack_cases[] = {
	KUNIT_CASE(new_stack_is_empty),
	KUNIT_CASE(stack_is_last_in_first_out),
	KUNIT_CASE(every_push_changes_the_head),
	KUNIT_CASE(count_of_pushes_may_wrap),
	KUNIT_CASE(links_span_the_largest_table),
	KUNIT_CASE(pop_many_keeps_the_order_and_stops_at_the_end),
	KUNIT_CASE(push_all_pushes_a_chain_in_one_step),
	KUNIT_CASE(concurrent_pops_and_pushes_lose_and_duplicate_no_tag),
	KUNIT_CASE(concurrent_pops_and_pushes_of_three_tags_are_safe),
	{}
};

static struct kunit_suite lab_stack_suite = {
	.name = "labyrinth_stack",
	.test_cases = lab_stack_cases,
};

kunit_test_suite(lab_stack_suite);
