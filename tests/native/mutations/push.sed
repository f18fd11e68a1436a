# SPDX-License-Identifier: GPL-2.0
# labyrinth/core/freelist.h: a push stores the head after a comparison
/lab_stack_push_all/,/^}/ {
	s/!try_cmpxchg(&stack->head, &old, new)/({ u64 now = READ_ONCE(stack->head); bool lost = now != old; if (lost) old = now; else WRITE_ONCE(stack->head, new); lost; })/
}
