// SPDX-License-Identifier: GPL-2.0
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"

#define STACK	(256 << 10)	/* deepest use of the stack */

__attribute__((noinline))
static void touch_stack(void)
{
	char stack[STACK];

	memset(stack, 0, sizeof(stack));
	/* The compiler must not leave it out. */
	__asm__ __volatile__("" : : "r"(stack) : "memory");
}

void memory_hold(size_t size)
{
	void *memory;

	/* One heap, which keeps what is freed. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
	memory = malloc(size);
	if (memory)
		memset(memory, 1, size);
	free(memory);
	touch_stack();
	mlockall(MCL_CURRENT);
}
