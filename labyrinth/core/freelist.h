/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lock-free stack of tags, for any CPU in any context. The head is one 64-bit word: the upper
 * half counts pushes, the lower half is the offset of the top tag in its table, in bytes. Since
 * the count changes, a pop fails if its tag was popped and pushed again meanwhile (ABA). The
 * tags outlive the stack.
 *
 * A tag has the distance to the tag below it, so a pop is one addition to the head. The bottom
 * is slot 0 of the table, which is no page's.
 */
#ifndef _LABYRINTH_CORE_FREELIST_H
#define _LABYRINTH_CORE_FREELIST_H

#include "table.h"

struct lab_stack {
	u64 head;
};

/* Offset of the top tag; 0: the stack is empty. */
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
 * Push @nr tags, linked by lab_stack_link() from @top down to @bottom. @slots is read again in
 * each turn, since an operand in memory saves an instruction.
 */
static __always_inline void lab_stack_push_all(struct lab_stack *stack,
					       const struct lab_slots *slots, struct lab_tag *top,
					       struct lab_tag *bottom, unsigned int nr)
{
	u64 more = (void *)top - (void *)bottom + (nr - 1) * LAB_STACK_PUSH;
	u64 old = READ_ONCE(stack->head);
	u64 down, new;

	do {
		/* The distance from @bottom to the tag below it, less one push. */
		down = slots->pushed + lab_stack_top(old) - (void *)bottom;
		WRITE_ONCE(bottom->below, (s32)down);
		new = old - down + more;
		/* P1: the tags are written before they are visible. Pairs with P2. */
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

/* The top tag; NULL if the stack is empty. */
static inline struct lab_tag *lab_stack_pop(struct lab_stack *stack, const struct lab_slots *slots)
{
	u64 old = READ_ONCE(stack->head);
	struct lab_tag *tag;
	u64 new;

	do {
		if (!lab_stack_top(old))
			return NULL;
		tag = lab_stack_tag(slots, old);
		new = old + (s64)READ_ONCE(tag->below);
		/* P2: address dependency above, full barrier here. Pairs with P1. */
	} while (unlikely(!try_cmpxchg(&stack->head, &old, new)));
	return tag;
}

static __always_inline struct lab_tag *lab_stack_next(struct lab_tag *tag)
{
	return (void *)tag + READ_ONCE(tag->below);
}

/* Links followed per turn, for the limit of tests/bench on a page of a bulk. */
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
 * Pop up to @nr tags in one step. Returns the first; lab_stack_next() returns the others, and
 * slot 0 after the last of the stack. If another CPU pops tags meanwhile, the links may be
 * wrong, but they do not lead out of the table, and the step fails.
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
