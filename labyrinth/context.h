/* SPDX-License-Identifier: GPL-2.0 */
/* Where are we, and what may be called here? */
#ifndef _LABYRINTH_CONTEXT_H
#define _LABYRINTH_CONTEXT_H

#include <linux/labyrinth.h>
#include <linux/preempt.h>

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

/* The context as 16 bits: softirq, hardirq and NMI counts, cheap to take. */
static inline u32 lab_context_bits(void)
{
	u32 count = preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK);

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		count |= softirq_count();	/* kept elsewhere there */
	return count >> SOFTIRQ_SHIFT;
}

static inline enum labyrinth_context lab_context_decode(u32 bits)
{
	bits <<= SOFTIRQ_SHIFT;
	if (bits & NMI_MASK)
		return LABYRINTH_NMI;
	if (bits & HARDIRQ_MASK)
		return LABYRINTH_HARDIRQ;
	/* An even softirq count means disabled, not serving. */
	return bits & SOFTIRQ_OFFSET ? LABYRINTH_SOFTIRQ : LABYRINTH_TASK;
}

const char *lab_context_name(enum labyrinth_context context);

#endif /* _LABYRINTH_CONTEXT_H */
