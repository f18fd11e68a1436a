/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Call a function in NMI on this CPU. On x86 the NMI is a real one, sent through the APIC.
 * Elsewhere none can be sent from a module: the function is called with interrupts off and the
 * preempt count of an NMI, which is what in_nmi() tests.
 */
#ifndef LAB_TEST_NMI_H
#define LAB_TEST_NMI_H

#include <linux/irqflags.h>
#include <linux/preempt.h>

static void (*lab_nmi_calls)(void);

#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/apic.h>
#include <asm/nmi.h>

static int lab_nmi_wanted;

static int lab_nmi_run(unsigned int type, struct pt_regs *regs)
{
	if (cmpxchg(&lab_nmi_wanted, 1, 2) != 1)
		return NMI_DONE;
	lab_nmi_calls();
	/* Pairs with lab_nmi_call(): publishes the result. */
	smp_store_release(&lab_nmi_wanted, 0);
	return NMI_HANDLED;
}

static void lab_nmi_begin(void (*function)(void))
{
	lab_nmi_calls = function;
	register_nmi_handler(NMI_LOCAL, lab_nmi_run, 0, KBUILD_MODNAME);
}

/* Between lab_nmi_begin() and lab_nmi_end(), from any context except NMI. */
static void lab_nmi_call(void)
{
	WRITE_ONCE(lab_nmi_wanted, 1);
	preempt_disable();
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	preempt_enable();
	/* Pairs with lab_nmi_run(). */
	while (smp_load_acquire(&lab_nmi_wanted))
		cpu_relax();
}

static void lab_nmi_end(void)
{
	unregister_nmi_handler(NMI_LOCAL, KBUILD_MODNAME);
}
#else
static void lab_nmi_begin(void (*function)(void))
{
	lab_nmi_calls = function;
}

static void lab_nmi_call(void)
{
	unsigned long flags;

	local_irq_save(flags);
	__preempt_count_add(NMI_OFFSET + HARDIRQ_OFFSET);
	lab_nmi_calls();
	__preempt_count_sub(NMI_OFFSET + HARDIRQ_OFFSET);
	local_irq_restore(flags);
}

static void lab_nmi_end(void)
{
}
#endif

#endif
