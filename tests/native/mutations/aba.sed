# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/freelist.h: a pop compares the top tag only, not the number of pushes
/^static inline struct lab_tag \*lab_stack_pop(/,/^}/ {
	s/!try_cmpxchg(&stack->head, &old, new)/({ u32 top = old; bool lost = !try_cmpxchg((u32 *)\&stack->head, \&top, (u32)new); if (lost) old = READ_ONCE(stack->head); lost; })/
}
