// SPDX-License-Identifier: GPL-2.0
/* Yardsticks: lower bounds for the cost of a page cache. */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "bench.h"

/* The simplest cache of pages, which keeps no information about them. */
struct bench_stack {
	unsigned int nr;
	struct page *pages[BENCH_BULK];
};

static struct bench_stack __percpu *stacks;
static DEFINE_RAW_SPINLOCK(lock);
static unsigned long word;

static noinline struct page *stack_pop(void)
{
	struct page *top = NULL;
	struct bench_stack *stack;
	unsigned long flags;

	local_irq_save(flags);
	stack = this_cpu_ptr(stacks);
	if (likely(stack->nr))
		top = stack->pages[--stack->nr];
	local_irq_restore(flags);
	return top;
}

static noinline void stack_push(struct page *pushed)
{
	struct bench_stack *stack;
	unsigned long flags;

	local_irq_save(flags);
	stack = this_cpu_ptr(stacks);
	if (likely(stack->nr < BENCH_BULK))
		stack->pages[stack->nr++] = pushed;
	local_irq_restore(flags);
}

static __always_inline void stack_pair(void)
{
	struct page *popped = stack_pop();

	if (likely(popped))
		stack_push(popped);
	else
		bench_nr_failed++;
}

/* The same as spin_lock(), except on PREEMPT_RT. */
static __always_inline void lock_pair(void)
{
	raw_spin_lock(&lock);
	raw_spin_unlock(&lock);
}

static __always_inline void locked_cmpxchg(void)
{
	unsigned long old = 1;

	if (unlikely(!try_cmpxchg(&word, &old, 1)))
		bench_nr_failed++;
}

int bench_yardsticks(void)
{
	struct bench_stack *stack;
	int cpu;

	stacks = alloc_percpu(struct bench_stack);
	if (!stacks)
		return -ENOMEM;
	/* Never dereferenced: any pointer will do. */
	for_each_possible_cpu(cpu) {
		stack = per_cpu_ptr(stacks, cpu);
		stack->pages[stack->nr++] = ZERO_PAGE(0);
	}
	word = 1;

	bench("locked_cmpxchg", 1, bench_nothing, locked_cmpxchg, bench_nothing);
	bench("lock_pair", 1, bench_nothing, lock_pair, bench_nothing);
	bench("percpu_stack_pair", 1, bench_nothing, stack_pair, bench_nothing);
	free_percpu(stacks);
	return 0;
}
