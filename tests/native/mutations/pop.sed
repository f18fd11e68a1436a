# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/freelist.h: a pop stores the head after a comparison
/^static inline struct lab_tag \*lab_stack_pop(/,/^}/ {
	s/!try_cmpxchg(&stack->head, &old, new)/({ u64 now = READ_ONCE(stack->head); bool lost = now != old; if (lost) old = now; else WRITE_ONCE(stack->head, new); lost; })/
}
