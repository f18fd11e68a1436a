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
	/* The fast path uses the halves only: a load stalls on a recent store of another width. */
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
 * The balance counts what they do not.
 */
static inline u32 lab_cpu_owned(const struct lab_cpu *cpu)
{
	u64 balance_and_hints = local_read(&cpu->balance_and_hints);
	u32 owned = (u32)(balance_and_hints >> 32) - (u32)balance_and_hints;

	/* Read later: a page that is taken, and goes meanwhile, is not counted. */
	owned -= lab_stack_pushes(READ_ONCE(cpu->recycled.head));
	return owned - (u32)READ_ONCE(cpu->left);
}

/* These need preemption disabled; interrupts may nest. */

static __always_inline void lab_cpu_add_balance(struct lab_cpu *here, long nr)
{
	long add = nr << 32;

	/* An instruction has no room for a constant of 64 bits. */
	OPTIMIZER_HIDE_VAR(add);
	local_add(add, &here->balance_and_hints);
}

/* Add hints, or remove them, without a page given back or taken. */
static inline void lab_cpu_add_hints(struct lab_cpu *here, long nr)
{
	local_add((nr << 32) + nr, &here->balance_and_hints);
}

/* Count pages handed out here, other than by lab_cache_take(). */
static __always_inline void lab_cpu_count_allocs(struct lab_cpu *here, long nr)
{
	local_add(nr, &here->allocs);
	lab_cpu_add_balance(here, nr);
}

/* Has @cpu a recycled page? A stale hint counts. */
static inline bool lab_cpu_has_recycled(const struct lab_cpu *cpu)
{
	return lab_stack_top(READ_ONCE(cpu->recycled.head)) | READ_ONCE(cpu->hints);
}

#endif /* _LABYRINTH_CORE_CPU_H */
