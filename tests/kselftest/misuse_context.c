// SPDX-License-Identifier: GPL-2.0
/* Misuse a page in a chosen context, on this CPU. */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/smp.h>

#include "misuse.h"
#include "nmi.h"

/* One misuse at a time, serialized by the command's lock. */
static void (*misuse_pending)(struct misuse *p);
static struct misuse *misuse_whose;
static DECLARE_COMPLETION(misuse_done);

static void misuse_run_and_complete(void)
{
	misuse_pending(misuse_whose);
	complete(&misuse_done);
}

static void misuse_tasklet_run(struct tasklet_struct *tasklet)
{
	misuse_run_and_complete();
}

static void misuse_irq_work_run(struct irq_work *work)
{
	misuse_run_and_complete();
}

static void misuse_in_task(void)
{
	misuse_pending(misuse_whose);
}

static void misuse_in_softirq(void)
{
	struct tasklet_struct tasklet;

	tasklet_setup(&tasklet, misuse_tasklet_run);
	tasklet_schedule(&tasklet);
	wait_for_completion(&misuse_done);
	tasklet_kill(&tasklet);
}

static void misuse_in_hardirq(void)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(misuse_irq_work_run);

	irq_work_queue(&work);
	wait_for_completion(&misuse_done);
	irq_work_sync(&work);
}

static void misuse_call_pending(void)
{
	misuse_pending(misuse_whose);
}

static void misuse_in_nmi(void)
{
	lab_nmi_begin(misuse_call_pending);
	lab_nmi_call();
	lab_nmi_end();
}

static void (* const misuse_runs[])(void) = {
	[MISUSE_TASK]		= misuse_in_task,
	[MISUSE_SOFTIRQ]	= misuse_in_softirq,
	[MISUSE_HARDIRQ]	= misuse_in_hardirq,
	[MISUSE_NMI]		= misuse_in_nmi,
};

static_assert(ARRAY_SIZE(misuse_runs) == MISUSE_NR_CONTEXTS);

void misuse_in(enum misuse_context context, void (*misuse)(struct misuse *p), struct misuse *p)
{
	misuse_pending = misuse;
	misuse_whose = p;
	misuse_runs[context]();
}
