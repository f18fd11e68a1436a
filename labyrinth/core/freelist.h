/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lock-free stack of tags that any CPU in any context may push to and pop
 * from. The head is one 64-bit word: a count of pushes above, below it where the
 * top tag lies, in bytes from the first of its table. The count is what keeps a
 * pop from succeeding after its tag was popped and pushed again meanwhile (ABA);
 * the tags themselves outlive the stack.
 *
 * A tag says how far it is to the one below it, so that a pop is one addition to
 * the head. At the bottom lies the table's slot 0, which is no page's.
 */
#ifndef _LABYRINTH_CORE_FREELIST_H
#define _LABYRINTH_CORE_FREELIST_H

#include "table.h"

struct lab_stack {
	u64 head;
};

/* Where a tag lies: 0 is no tag. */
static inline u32 lab_stack_top(u64 head)
{
	return head;
}

/* Tags ever pushed, modulo 2^32. */
static inline u32 lab_stack_pushes(u64 head)
{
	return head >> 32;
}

static inline struct lab_tag *lab_stack_tag(const struct lab_slots *slots, u64 head)
{
	return (void *)lab_peek(slots->tags) + lab_stack_top(head);
}

/*
 * Push @nr tags, linked by lab_stack_link() from @top down to @bottom. @slots is read
 * anew by each turn: an operand in memory costs no instruction, a copy of it does.
 */
static __always_inline void lab_stack_push_all(struct lab_stack *stack,
					       const struct lab_slots *slots, struct lab_tag *top,
					       struct lab_tag *bottom, unsigned int nr)
{
	u64 more = (void *)top - (void *)bottom + (nr - 1) * LAB_STACK_PUSH;
	u64 old = READ_ONCE(stack->head);
	u64 down, new;

	do {
		/* One push further than it is from the bottom to the tag below it. */
		down = slots->pushed + lab_stack_top(old) - (void *)bottom;
		WRITE_ONCE(bottom->below, (s32)down);
		new = old - down + more;
		/* P1: orders the stores to the tags before they can be seen. Pairs with P2. */
	} while (unlikely(!try_cmpxchg(&stack->head, &old, new)));
}

static __always_inline void lab_stack_push(struct lab_stack *stack, const struct lab_slots *slots,
					   struct lab_tag *tag)
{
	lab_stack_push_all(stack, slots, tag, tag, 1);
}

static inline void lab_stack_link(struct lab_tag *tag, const struct lab_tag *below)
{
	WRITE_ONCE(tag->below, (s32)((void *)below - (void *)tag));
}

/* The tag that was on top, slot 0 where there was none. */
static __always_inline struct lab_tag *lab_stack_pop_any(struct lab_stack *stack,
							 const struct lab_slots *slots)
{
	u64 old = READ_ONCE(stack->head);
	struct lab_tag *tag;
	u64 new;

	do {
		tag = lab_stack_tag(slots, old);
		new = old + (s64)READ_ONCE(tag->below);
		/* P2: address dependency above, full barrier here. Pairs with P1. */
	} while (unlikely(!try_cmpxchg(&stack->head, &old, new)));
	return tag;
}

/* The tag that was on top, NULL where there was none. */
static inline struct lab_tag *lab_stack_pop(struct lab_stack *stack, const struct lab_slots *slots)
{
	struct lab_tag *tag;

	if (!lab_stack_top(READ_ONCE(stack->head)))
		return NULL;
	tag = lab_stack_pop_any(stack, slots);
	return lab_tag_is_end(tag) ? NULL : tag;
}

static __always_inline struct lab_tag *lab_stack_next(struct lab_tag *tag)
{
	return (void *)tag + READ_ONCE(tag->below);
}

/* So many links at a time, for the limit of tests/bench on a page of a bulk. */
#define LAB_STACK_STRIDE	8

static __always_inline struct lab_tag *lab_stack_stride(struct lab_tag *tag)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < LAB_STACK_STRIDE; i++)
		tag = lab_stack_next(tag);
	return tag;
}

/*
 * Up to @nr tags in one step, of which the first is returned, and each next is where
 * lab_stack_next() says: slot 0 after the last. While we follow the links somebody may
 * take the tags away: then they lead astray, though not out of the table, and the
 * step fails.
 */
static __always_inline struct lab_tag *lab_stack_pop_many(struct lab_stack *stack,
							  const struct lab_slots *slots,
							  unsigned int nr)
{
	u64 old = READ_ONCE(stack->head);
	struct lab_tag *top, *tag;
	unsigned int i;

	do {
		top = lab_stack_tag(slots, old);
		for (tag = top, i = nr; i >= LAB_STACK_STRIDE; i -= LAB_STACK_STRIDE)
			tag = lab_stack_stride(tag);
		while (i--)
			tag = lab_stack_next(tag);
		/* As P2. */
	} while (unlikely(!try_cmpxchg(&stack->head, &old, old + ((void *)tag - (void *)top))));
	return top;
}

#endif /* _LABYRINTH_CORE_FREELIST_H */
