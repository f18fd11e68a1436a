/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lock-free stack of tags that any CPU in any context may push to and pop
 * from. The head is one 64-bit word: a slot above, a count of pops below. The
 * count is what keeps a pop from succeeding after its tag was popped and pushed
 * again meanwhile (ABA); the tags themselves outlive the stack.
 */
#ifndef _LABYRINTH_STACK_H
#define _LABYRINTH_STACK_H

#include "tag.h"

struct lab_stack {
	u64 head;
};

#define LAB_STACK_POPS		GENMASK_ULL(31, 0)

static inline u64 lab_stack_head(u32 slot, u32 pops)
{
	return (u64)slot << 32 | pops;
}

static inline u32 lab_stack_slot(u64 head)
{
	return head >> 32;
}

static inline u32 lab_stack_pops(u64 head)
{
	return head & LAB_STACK_POPS;
}

static inline void lab_stack_push(struct lab_stack *stack, struct lab_tag *tags,
				  struct lab_tag *tag)
{
	u64 old = READ_ONCE(stack->head);
	u64 new;

	do {
		WRITE_ONCE(tag->next, lab_stack_slot(old));
		new = lab_stack_head(tag - tags, lab_stack_pops(old));
		/* P1: orders the stores to the tag before it can be seen. Pairs with P2. */
	} while (!try_cmpxchg(&stack->head, &old, new));
}

/* False where the stack is empty; else the tag that was on top is in @tag. */
static __always_inline bool lab_stack_try_pop(struct lab_stack *stack, struct lab_tag *tags,
					      struct lab_tag **tag)
{
	u64 old = READ_ONCE(stack->head);
	u64 new;

	do {
		if (!lab_stack_slot(old))
			return false;
		*tag = &tags[lab_stack_slot(old)];
		new = lab_stack_head(READ_ONCE((*tag)->next), lab_stack_pops(old) + 1);
		/* P2: address dependency above, full barrier here. Pairs with P1. */
	} while (!try_cmpxchg(&stack->head, &old, new));
	return true;
}

/* The same, NULL where the stack is empty. */
static inline struct lab_tag *lab_stack_pop(struct lab_stack *stack, struct lab_tag *tags)
{
	struct lab_tag *tag;

	return lab_stack_try_pop(stack, tags, &tag) ? tag : NULL;
}

#endif /* _LABYRINTH_STACK_H */
