/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lock-free stack of tags that any CPU in any context may push to and pop
 * from. The head is one 64-bit word: a count of pops above, a slot below. The
 * count is what keeps a pop from succeeding after its tag was popped and pushed
 * again meanwhile (ABA); the tags themselves outlive the stack.
 */
#ifndef _LABYRINTH_STACK_H
#define _LABYRINTH_STACK_H

#include "tag.h"

struct lab_stack {
	u64 head;
};

#define LAB_STACK_POPS		GENMASK_ULL(63, 32)
#define LAB_STACK_POP_ONE	BIT_ULL(32)

static inline void lab_stack_push(struct lab_stack *stack, struct lab_tag *tags,
				  struct lab_tag *tag)
{
	u64 old = READ_ONCE(stack->head);
	u64 new;

	do {
		WRITE_ONCE(tag->next, (u32)old);
		new = (old & LAB_STACK_POPS) | (u32)(tag - tags);
		/* P1: orders the stores to the tag before it can be seen. Pairs with P2. */
	} while (!try_cmpxchg(&stack->head, &old, new));
}

static inline struct lab_tag *lab_stack_pop(struct lab_stack *stack, struct lab_tag *tags)
{
	u64 old = READ_ONCE(stack->head);
	struct lab_tag *tag;
	u64 new;

	do {
		if (!(u32)old)
			return NULL;
		tag = &tags[(u32)old];
		new = (old & LAB_STACK_POPS) + LAB_STACK_POP_ONE + READ_ONCE(tag->next);
		/* P2: address dependency above, full barrier here. Pairs with P1. */
	} while (!try_cmpxchg(&stack->head, &old, new));
	return tag;
}

#endif /* _LABYRINTH_STACK_H */
