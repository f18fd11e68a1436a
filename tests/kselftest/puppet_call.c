// SPDX-License-Identifier: GPL-2.0
/* Calling labyrinth from a chosen context on a chosen CPU. */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "puppet.h"

#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/apic.h>
#include <asm/nmi.h>
#endif

static struct puppet_call *puppet_pending;
static DECLARE_COMPLETION(puppet_done);
static DEFINE_RAW_SPINLOCK(puppet_raw_lock);

/* Its name is what the reports must tell as caller. */
static noinline long puppet_call_once(struct puppet_call *call)
{
	struct labyrinth_owner *owner = call->owner;
	struct page *page;

	switch (call->verb) {
	case PUPPET_ALLOC:
		page = labyrinth_alloc_page(owner);
		if (page)
			*call->page = page;
		return page ? 1 : 0;
	case PUPPET_BULK:
		return labyrinth_alloc_pages_bulk(owner, call->nr, call->page);
	case PUPPET_FREEBULK:
		return labyrinth_free_pages_bulk(owner, call->nr, call->page);
	case PUPPET_FREE:
		return labyrinth_free_page(owner, *call->page);
	case PUPPET_RELEASE:
		return labyrinth_release_page(owner, *call->page);
	case PUPPET_TRANSFER:
		return labyrinth_transfer_page(owner, call->to, *call->page);
	case PUPPET_CHECK:
		return labyrinth_check_page(owner, *call->page);
	case PUPPET_QUERY:
		return labyrinth_query_page(*call->page, &call->info);
	default:
		return -EINVAL;
	}
}

/* "alloc" counts the pages it got; the others stop at the first error. */
static void puppet_call_now(struct puppet_call *call)
{
	bool alloc = call->verb == PUPPET_ALLOC;
	unsigned int i;
	long got = 0;

	for (i = 0; i < call->times; i++) {
		call->ret = puppet_call_once(call);
		if (alloc ? !call->ret : call->ret)
			break;
		got++;
		call->page++;
	}
	if (alloc)
		call->ret = got;
}

static void puppet_call_and_complete(void)
{
	puppet_call_now(puppet_pending);
	complete(&puppet_done);
}

static void puppet_tasklet_run(struct tasklet_struct *tasklet)
{
	puppet_call_and_complete();
}

static void puppet_irq_work_run(struct irq_work *work)
{
	puppet_call_and_complete();
}

static enum hrtimer_restart puppet_hrtimer_run(struct hrtimer *timer)
{
	puppet_call_and_complete();
	return HRTIMER_NORESTART;
}

static long puppet_run_tasklet(void *unused)
{
	struct tasklet_struct tasklet;

	tasklet_setup(&tasklet, puppet_tasklet_run);
	tasklet_schedule(&tasklet);
	wait_for_completion(&puppet_done);
	tasklet_kill(&tasklet);
	return 0;
}

static long puppet_run_irq_work(void *unused)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(puppet_irq_work_run);

	irq_work_queue(&work);
	wait_for_completion(&puppet_done);
	irq_work_sync(&work);
	return 0;
}

static long puppet_run_hrtimer(void *unused)
{
	static struct hrtimer timer;

	lab_compat_hrtimer_setup(&timer, puppet_hrtimer_run, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&timer, ns_to_ktime(50 * NSEC_PER_USEC), HRTIMER_MODE_REL_PINNED_HARD);
	wait_for_completion(&puppet_done);
	hrtimer_cancel(&timer);
	return 0;
}

static long puppet_run_raw(void *unused)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&puppet_raw_lock, flags);
	puppet_call_now(puppet_pending);
	raw_spin_unlock_irqrestore(&puppet_raw_lock, flags);
	return 0;
}

static long puppet_run_task(void *unused)
{
	puppet_call_now(puppet_pending);
	return 0;
}

#ifdef CONFIG_X86_LOCAL_APIC
static int puppet_nmi_wanted;

static int puppet_nmi_run(unsigned int type, struct pt_regs *regs)
{
	if (cmpxchg(&puppet_nmi_wanted, 1, 2) != 1)
		return NMI_DONE;
	puppet_call_now(puppet_pending);
	/* Pairs with puppet_run_nmi(): the result is there. */
	smp_store_release(&puppet_nmi_wanted, 0);
	return NMI_HANDLED;
}

void puppet_nmi_begin(void)
{
	register_nmi_handler(NMI_LOCAL, puppet_nmi_run, 0, "lab_puppet");
}

void puppet_nmi_end(void)
{
	unregister_nmi_handler(NMI_LOCAL, "lab_puppet");
}

/* Between begin and end, from any context but NMI. */
void puppet_nmi_call(struct puppet_call *call)
{
	puppet_pending = call;
	WRITE_ONCE(puppet_nmi_wanted, 1);
	preempt_disable();
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	preempt_enable();
	/* Pairs with puppet_nmi_run(). */
	while (smp_load_acquire(&puppet_nmi_wanted))
		cpu_relax();
}

static long puppet_run_nmi(void *unused)
{
	puppet_nmi_begin();
	puppet_nmi_call(puppet_pending);
	puppet_nmi_end();
	return 0;
}
#else
void puppet_nmi_begin(void) { }
void puppet_nmi_end(void) { }
void puppet_nmi_call(struct puppet_call *call) { }
#define puppet_run_nmi	NULL
#endif

static long (* const puppet_runs[])(void *) = {
	[PUPPET_TASK]		= puppet_run_task,
	[PUPPET_RAW]		= puppet_run_raw,
	[PUPPET_SOFTIRQ]	= puppet_run_tasklet,
	[PUPPET_HARDIRQ]	= puppet_run_irq_work,
	[PUPPET_HRTIMER]	= puppet_run_hrtimer,
	[PUPPET_NMI]		= puppet_run_nmi,
};

static_assert(ARRAY_SIZE(puppet_runs) == PUPPET_NR_CONTEXTS);

/* @cpu: -1 for here, which in task context is the task that asks. */
bool puppet_call_in(enum puppet_context context, int cpu, struct puppet_call *call)
{
	if (!puppet_runs[context] || cpu >= (int)nr_cpu_ids || (cpu >= 0 && !cpu_online(cpu)))
		return false;
	puppet_pending = call;
	if (cpu >= 0) {
		work_on_cpu(cpu, puppet_runs[context], NULL);
		return true;
	}
	migrate_disable();
	puppet_runs[context](NULL);
	migrate_enable();
	return true;
}
