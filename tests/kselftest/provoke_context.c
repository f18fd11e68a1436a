// SPDX-License-Identifier: GPL-2.0
/* Misusing a page in a chosen context, on this CPU. */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/smp.h>

#include "provoke.h"

#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/apic.h>
#include <asm/nmi.h>
#endif

/* One at a time: the command's lock sees to it. */
static void (*provoke_pending)(struct provoke *p);
static struct provoke *provoke_whose;
static DECLARE_COMPLETION(provoke_done);

static void provoke_run_and_complete(void)
{
	provoke_pending(provoke_whose);
	complete(&provoke_done);
}

static void provoke_tasklet_run(struct tasklet_struct *tasklet)
{
	provoke_run_and_complete();
}

static void provoke_irq_work_run(struct irq_work *work)
{
	provoke_run_and_complete();
}

static void provoke_in_task(void)
{
	provoke_pending(provoke_whose);
}

static void provoke_in_softirq(void)
{
	struct tasklet_struct tasklet;

	tasklet_setup(&tasklet, provoke_tasklet_run);
	tasklet_schedule(&tasklet);
	wait_for_completion(&provoke_done);
	tasklet_kill(&tasklet);
}

static void provoke_in_hardirq(void)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(provoke_irq_work_run);

	irq_work_queue(&work);
	wait_for_completion(&provoke_done);
	irq_work_sync(&work);
}

#ifdef CONFIG_X86_LOCAL_APIC
static int provoke_nmi_wanted;

static int provoke_nmi_run(unsigned int type, struct pt_regs *regs)
{
	if (cmpxchg(&provoke_nmi_wanted, 1, 2) != 1)
		return NMI_DONE;
	provoke_pending(provoke_whose);
	/* Pairs with provoke_in_nmi(): what came of it is there. */
	smp_store_release(&provoke_nmi_wanted, 0);
	return NMI_HANDLED;
}

static void provoke_in_nmi(void)
{
	register_nmi_handler(NMI_LOCAL, provoke_nmi_run, 0, "lab_provoke");
	WRITE_ONCE(provoke_nmi_wanted, 1);
	preempt_disable();
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	preempt_enable();
	/* Pairs with provoke_nmi_run(). */
	while (smp_load_acquire(&provoke_nmi_wanted))
		cpu_relax();
	unregister_nmi_handler(NMI_LOCAL, "lab_provoke");
}
#else
#define provoke_in_nmi	NULL
#endif

static void (* const provoke_runs[])(void) = {
	[PROVOKE_TASK]		= provoke_in_task,
	[PROVOKE_SOFTIRQ]	= provoke_in_softirq,
	[PROVOKE_HARDIRQ]	= provoke_in_hardirq,
	[PROVOKE_NMI]		= provoke_in_nmi,
};

static_assert(ARRAY_SIZE(provoke_runs) == PROVOKE_NR_CONTEXTS);

/* False where this machine has no such context. */
bool provoke_in(enum provoke_context context, void (*misuse)(struct provoke *p),
		struct provoke *p)
{
	if (!provoke_runs[context])
		return false;
	provoke_pending = misuse;
	provoke_whose = p;
	provoke_runs[context]();
	return true;
}
