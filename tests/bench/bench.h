/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A sample is the difference of two readings of the cycle counter around one operation
 * or pair, with interrupts off, less that of two readings with nothing between. Under
 * QEMU's -icount a cycle is one instruction, and every run gives the same figures.
 */
#ifndef _LAB_BENCH_H
#define _LAB_BENCH_H

#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/timex.h>
#include <linux/types.h>

#include <asm/msr.h>

#define BENCH_SAMPLES	256
#define BENCH_BULK	32

/* The context of an operation. */
enum bench_where {
	BENCH_IRQS_OFF,
	/* Calls the kernel's allocator, which PREEMPT_RT forbids with interrupts off. */
	BENCH_ALLOCATOR,
};

extern unsigned int bench_nr_samples, bench_nr_failed;
extern u32 bench_samples[BENCH_SAMPLES];

int bench_settle(void);
void bench_report(const char *name, unsigned int count);
int bench_yardsticks(void);
int bench_kernel(void);
void bench_buddy_pair(const char *name);
int bench_watch(void);
void bench_labyrinth(void);

static inline void bench_nothing(void)
{
}

static __always_inline bool bench_irqs_off(enum bench_where where)
{
	return where == BENCH_IRQS_OFF || !IS_ENABLED(CONFIG_PREEMPT_RT);
}

/*
 * Measure @op, which counts as @count operations. All three functions are inlined, so
 * that @op is compiled as in a driver.
 */
static __always_inline void bench_in(enum bench_where where, const char *name, unsigned int count,
				     void (*before)(void), void (*op)(void), void (*after)(void))
{
	unsigned int i;

	bench_nr_failed = 0;
	for (i = 0; i < bench_nr_samples; i++) {
		unsigned long flags = 0;
		u64 start, end;

		before();
		/* As under spin_lock_irqsave(). */
		if (bench_irqs_off(where)) {
			local_irq_save(flags);
			preempt_disable();
		}
		start = rdtsc_ordered();
		barrier();
		op();
		barrier();
		end = rdtsc_ordered();
		if (bench_irqs_off(where)) {
			preempt_enable();
			local_irq_restore(flags);
		}
		after();
		bench_samples[i] = end - start;
	}
	bench_report(name, count);
}

static __always_inline void bench(const char *name, unsigned int count, void (*before)(void),
				  void (*op)(void), void (*after)(void))
{
	bench_in(BENCH_IRQS_OFF, name, count, before, op, after);
}

static __always_inline void bench_alloc(const char *name, unsigned int count, void (*before)(void),
					void (*op)(void), void (*after)(void))
{
	bench_in(BENCH_ALLOCATOR, name, count, before, op, after);
}

/* The same with softirqs off, as when a network driver polls. */
static __always_inline void bench_bh(const char *name, unsigned int count, void (*before)(void),
				     void (*op)(void), void (*after)(void))
{
	local_bh_disable();
	bench_in(BENCH_ALLOCATOR, name, count, before, op, after);
	local_bh_enable();
}

#endif /* _LAB_BENCH_H */
