// SPDX-License-Identifier: GPL-2.0
/*
 * Signals as interrupts: the program calls native_interrupt() in a signal handler, in any
 * instruction of the thread that is the CPU. An interrupt or an NMI does native_interrupt_work()
 * in its context; after an interrupt a softirq does so, unless it interrupted one.
 */
#include <linux/hardirq.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "interrupt.h"
#include "native.h"

void (*native_interrupt_work)(void);

static struct native_cpu_interrupts {
	struct native_interrupts counts;
	bool muted;		/* NMIs as well */
} ____cacheline_aligned cpus[NATIVE_CPUS];

static void count_call(struct native_interrupts *counts, unsigned long ip)
{
	if (ip >= (unsigned long)native_text_start && ip < (unsigned long)native_text_end)
		counts->in_call++;
}

static void in_context(unsigned int offset)
{
	preempt_count_add(offset);
	native_interrupt_work();
	preempt_count_sub(offset);
}

static void nmi(struct native_interrupts *counts)
{
	u32 off = this_cpu_read(native_irqs_off);

	counts->nmis++;
	this_cpu_write(native_irqs_off, 1);
	in_context(NMI_OFFSET + HARDIRQ_OFFSET);
	this_cpu_write(native_irqs_off, off);
}

static void irq(struct native_interrupts *counts)
{
	this_cpu_write(native_irqs_off, 1);
	counts->irqs++;
	in_context(HARDIRQ_OFFSET);
	if (!in_interrupt()) {
		counts->softirqs++;
		preempt_count_add(SOFTIRQ_OFFSET);
		this_cpu_write(native_irqs_off, 0);
		native_interrupt_work();
		this_cpu_write(native_irqs_off, 1);
		preempt_count_sub(SOFTIRQ_OFFSET);
	}
	this_cpu_write(native_irqs_off, 0);
}

void native_interrupt(unsigned long ip, int is_nmi)
{
	struct native_cpu_interrupts *here = &cpus[raw_smp_processor_id()];

	if (READ_ONCE(here->muted) || (!is_nmi && this_cpu_read(native_irqs_off))) {
		here->counts.held_off++;
		return;
	}
	count_call(&here->counts, ip);
	if (is_nmi)
		nmi(&here->counts);
	else
		irq(&here->counts);
}

/* No interrupt and no NMI has an effect on this CPU, or they have one again. */
void native_mute(bool mute)
{
	WRITE_ONCE(cpus[raw_smp_processor_id()].muted, mute);
	barrier();
}

void native_interrupt_counts(struct native_interrupts *sum)
{
	unsigned int cpu;

	for (cpu = 0; cpu < NATIVE_CPUS; cpu++) {
		const struct native_interrupts *counts = &cpus[cpu].counts;

		sum->irqs += READ_ONCE(counts->irqs);
		sum->softirqs += READ_ONCE(counts->softirqs);
		sum->nmis += READ_ONCE(counts->nmis);
		sum->held_off += READ_ONCE(counts->held_off);
		sum->in_call += READ_ONCE(counts->in_call);
	}
}
