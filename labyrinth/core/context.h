/* SPDX-License-Identifier: GPL-2.0 */
/* The current context, and what may be called in it. */
#ifndef _LABYRINTH_CORE_CONTEXT_H
#define _LABYRINTH_CORE_CONTEXT_H

#include <linux/labyrinth.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

/*
 * May the page allocator be called here? Its locks are spinlock_t: never in NMI, and on
 * PREEMPT_RT, where they sleep, only with preemption enabled.
 */
static inline bool lab_context_may_allocate(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return preemptible();
	return !in_nmi();
}

/* Could the caller sleep, and use GFP_KERNEL? */
static inline bool lab_context_may_sleep(void)
{
	return preemptible() && !rcu_preempt_depth() && !softirq_count();
}

/*
 * Does GFP_ATOMIC ignore the watermarks here? As __gfp_pfmemalloc_flags() in mm/page_alloc.c:
 * for a PF_MEMALLOC task, and in a softirq on its behalf.
 */
static inline bool lab_context_ignores_marks(void)
{
	return current->flags & PF_MEMALLOC && (in_serving_softirq() || !in_interrupt());
}

/* Must the caller not wait for memory that needs I/O to be freed? */
static inline bool lab_context_in_reclaim(void)
{
	return current->flags & (PF_MEMALLOC | PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS);
}

/*
 * May the page allocator be called, and is sleeping impossible? False if that needs a closer
 * check. One comparison of the count, without the scheduler's bit.
 */
static __always_inline bool lab_context_plainly_atomic(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return false;
	return (u32)preempt_count() * 2 - 2 < (u32)NMI_OFFSET * 2 - 2;
}

/*
 * Around calls of the page allocator. Without PREEMPT_RT its locks spin, so it may be called
 * under a raw spinlock; this annotation says so to lockdep, as put_task_struct() does.
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

/* Are the three counts adjacent? 7.x has another one between them. */
#define LAB_CONTEXT_IN_ONE	(!IS_ENABLED(CONFIG_PREEMPT_RT) && \
				 SOFTIRQ_SHIFT + 8 == HARDIRQ_SHIFT && \
				 SOFTIRQ_SHIFT + 12 == NMI_SHIFT)

/* The context in 16 bits: softirq, hardirq and NMI counts. */
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
