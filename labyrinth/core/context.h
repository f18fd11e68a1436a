/* SPDX-License-Identifier: GPL-2.0 */
/* Where are we, and what may be called here? */
#ifndef _LABYRINTH_CORE_CONTEXT_H
#define _LABYRINTH_CORE_CONTEXT_H

#include <linux/labyrinth.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/*
 * May the page allocator be called here? Its locks are spinlock_t: never in
 * NMI, and on PREEMPT_RT, where they sleep, only where preemption is enabled.
 */
static inline bool lab_context_may_allocate(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return preemptible();
	return !in_nmi();
}

/* Might the caller sleep, and have asked the kernel for a page with GFP_KERNEL? */
static inline bool lab_context_may_sleep(void)
{
	return preemptible() && !rcu_preempt_depth() && !softirq_count();
}

/*
 * Does GFP_ATOMIC ignore the watermarks here? As __gfp_pfmemalloc_flags() in mm/page_alloc.c
 * decides it: for a task that is there to free memory, as one that swaps over the network, and
 * in a softirq on its behalf.
 */
static inline bool lab_context_ignores_marks(void)
{
	return current->flags & PF_MEMALLOC && (in_serving_softirq() || !in_interrupt());
}

/* Has the caller said that it may not wait for memory that takes I/O to free? */
static inline bool lab_context_in_reclaim(void)
{
	return current->flags & (PF_MEMALLOC | PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS);
}

/*
 * Is it plain that the page allocator may be called, and that nobody could sleep? False
 * where that has to be looked at more closely. One comparison of the count, shifted by
 * the bit that is the scheduler's.
 */
static __always_inline bool lab_context_plainly_atomic(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return false;
	return (u32)preempt_count() * 2 - 2 < (u32)NMI_OFFSET * 2 - 2;
}

/*
 * Around calls of the page allocator. Off PREEMPT_RT its locks spin, so it may be
 * called under a raw spinlock; lockdep wants to be told, as put_task_struct()
 * tells it.
 */
#ifdef CONFIG_LOCKDEP
extern struct lockdep_map lab_allocator_map;

static inline void lab_allocator_enter(void)
{
	lock_map_acquire_try(&lab_allocator_map);
}

static inline void lab_allocator_leave(void)
{
	lock_map_release(&lab_allocator_map);
}
#else
static inline void lab_allocator_enter(void) { }
static inline void lab_allocator_leave(void) { }
#endif

#define LAB_CONTEXT_SERVING	0x0001U	/* of the softirq count */
#define LAB_CONTEXT_HARDIRQ	0x0f00U
#define LAB_CONTEXT_NMI		0xf000U

/* Do the three counts stand side by side? 7.x has another one between. */
#define LAB_CONTEXT_IN_ONE	(!IS_ENABLED(CONFIG_PREEMPT_RT) && \
				 SOFTIRQ_SHIFT + 8 == HARDIRQ_SHIFT && \
				 SOFTIRQ_SHIFT + 12 == NMI_SHIFT)

/* The context as 16 bits: softirq, hardirq and NMI counts, cheap to take. */
static inline u32 lab_context_bits(void)
{
	u32 count = preempt_count();
	u32 softirq = IS_ENABLED(CONFIG_PREEMPT_RT) ? softirq_count() : count & SOFTIRQ_MASK;

	if (LAB_CONTEXT_IN_ONE)
		return (count & (SOFTIRQ_MASK | HARDIRQ_MASK | NMI_MASK)) >> SOFTIRQ_SHIFT;
	return softirq >> SOFTIRQ_SHIFT | (count & HARDIRQ_MASK) >> HARDIRQ_SHIFT << 8 |
	       (count & NMI_MASK) >> NMI_SHIFT << 12;
}

static inline enum labyrinth_context lab_context_decode(u32 bits)
{
	if (bits & LAB_CONTEXT_NMI)
		return LABYRINTH_NMI;
	if (bits & LAB_CONTEXT_HARDIRQ)
		return LABYRINTH_HARDIRQ;
	/* An even softirq count means disabled, not serving. */
	return bits & LAB_CONTEXT_SERVING ? LABYRINTH_SOFTIRQ : LABYRINTH_TASK;
}

#endif /* _LABYRINTH_CORE_CONTEXT_H */
