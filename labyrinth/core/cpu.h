/* SPDX-License-Identifier: GPL-2.0 */
/* What an owner has for each CPU: recycled pages, and counters. */
#ifndef _LABYRINTH_CORE_CPU_H
#define _LABYRINTH_CORE_CPU_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <asm/local.h>

#include "freelist.h"

/* A burst of 64 pages. */
#define LAB_CACHE_SLOTS		64

/* The first cache line has all that a fast call needs, but for the upper slots. */
struct lab_cpu {
	/* Pages freed here, which other CPUs may take, if they are not in the cache. */
	struct lab_stack recycled;
	u64 owned_here;			/* tag meta of a page handed out here, less the context */
	local_t allocs;			/* pages handed out here */
	/* Halves for the fast path: a load stalls on an earlier store of another width. */
	union {
		local_t balance_and_hints;
		struct {
#ifdef __LITTLE_ENDIAN
			u32 hints;	/* in the cache, see cache.h */
			u32 balance;	/* see lab_cpu_owned() */
#else
			u32 balance;
			u32 hints;
#endif
		};
	};
	u32 busy;			/* this CPU is writing to its cache */
	struct lab_tag *slots[LAB_CACHE_SLOTS];
	long left;			/* pages that left ownership here other than by free */
	long uncharged;			/* pushed minus popped here; only the sum has a meaning */
} __aligned(64);

static_assert(offsetof(struct lab_cpu, slots) < 64);

/*
 * Pages handed out on @cpu minus those given back or gone there, modulo 2^32. A push and a hint
 * count as a page given back, so the store that shows a page to other CPUs counts it as well.
 * The balance counts what neither they nor @left do.
 */
static inline u32 lab_owned_from(u64 balance_and_hints, u64 head, long left)
{
	return (u32)(balance_and_hints >> 32) - (u32)balance_and_hints - lab_stack_pushes(head) -
	       (u32)left;
}

static inline u32 lab_cpu_owned(const struct lab_cpu *cpu)
{
	u64 balance_and_hints = local_read(&cpu->balance_and_hints);

	/* C3: a page pushed, popped and handed out here meanwhile is not counted twice. */
	smp_rmb();
	return lab_owned_from(balance_and_hints, READ_ONCE(cpu->recycled.head),
			      READ_ONCE(cpu->left));
}

/*
 * Add to the balance and to the number of hints, at once. Needs preemption disabled; interrupts
 * may nest.
 */
static __always_inline void lab_cpu_add(struct lab_cpu *here, long balance, long hints)
{
	long add = (balance << 32) + hints;

	/* x86's local_add() accepts any constant, but its instruction only one of 32 bits. */
	OPTIMIZER_HIDE_VAR(add);
	local_add(add, &here->balance_and_hints);
}

/* Count pages handed out here, not by lab_cache_take(). The same. */
static __always_inline void lab_cpu_count_allocs(struct lab_cpu *here, unsigned int nr)
{
	local_add(nr, &here->allocs);
	lab_cpu_add(here, nr, 0);
}

/* Has @cpu a recycled page? A stale hint counts. */
static inline bool lab_cpu_has_recycled(const struct lab_cpu *cpu)
{
	return lab_stack_top(READ_ONCE(cpu->recycled.head)) | READ_ONCE(cpu->hints);
}

#endif /* _LABYRINTH_CORE_CPU_H */
