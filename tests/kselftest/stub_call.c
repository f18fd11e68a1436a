// SPDX-License-Identifier: GPL-2.0
/* Call labyrinth in a chosen context on a chosen CPU. */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "nmi.h"
#include "stub.h"

static struct stub_call *stub_pending;
static DECLARE_COMPLETION(stub_done);
static DEFINE_RAW_SPINLOCK(stub_raw_lock);

/* Reports must show this name as well. */
static unsigned int stub_nr_put;

static noinline long stub_put_page(struct page *page)
{
	put_page(page);
	/* A call that is the last thing that a function does leaves no trace of the function. */
	WRITE_ONCE(stub_nr_put, stub_nr_put + 1);
	return 0;
}

/* Reports must show this name as caller. */
static noinline long stub_call_once(struct stub_call *call)
{
	struct labyrinth_owner *owner = call->owner;
	struct page *page;

	switch (call->verb) {
	case STUB_ALLOC:
		page = labyrinth_alloc_page(owner);
		if (page)
			*call->page = page;
		return page ? 1 : 0;
	case STUB_BULK:
		return labyrinth_alloc_pages_bulk(owner, call->nr, call->page);
	case STUB_FREEBULK:
		return labyrinth_free_pages_bulk(owner, call->nr, call->page);
	case STUB_FREE:
		return labyrinth_free_page(owner, *call->page);
	case STUB_RELEASE:
		return labyrinth_release_page(owner, *call->page);
	case STUB_TRANSFER:
		return labyrinth_transfer_page(owner, call->to, *call->page);
	case STUB_CHECK:
		return labyrinth_check_page(owner, *call->page);
	case STUB_QUERY:
		return labyrinth_query_page(*call->page, &call->info);
	case STUB_PUT:
		return stub_put_page(*call->page);
	default:
		return -EINVAL;
	}
}

/* STUB_ALLOC returns the number of pages; other verbs return the first error. */
static void stub_call_now(struct stub_call *call)
{
	bool alloc = call->verb == STUB_ALLOC;
	unsigned int i;
	long got = 0;

	for (i = 0; i < call->times; i++) {
		call->ret = stub_call_once(call);
		if (alloc ? !call->ret : call->ret)
			break;
		got++;
		call->page++;
	}
	if (alloc)
		call->ret = got;
}

static void stub_call_and_complete(void)
{
	stub_call_now(stub_pending);
	complete(&stub_done);
}

static void stub_tasklet_run(struct tasklet_struct *tasklet)
{
	stub_call_and_complete();
}

static void stub_irq_work_run(struct irq_work *work)
{
	stub_call_and_complete();
}

static enum hrtimer_restart stub_hrtimer_run(struct hrtimer *timer)
{
	stub_call_and_complete();
	return HRTIMER_NORESTART;
}

static long stub_run_tasklet(void *unused)
{
	struct tasklet_struct tasklet;

	tasklet_setup(&tasklet, stub_tasklet_run);
	tasklet_schedule(&tasklet);
	wait_for_completion(&stub_done);
	tasklet_kill(&tasklet);
	return 0;
}

static long stub_run_irq_work(void *unused)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(stub_irq_work_run);

	irq_work_queue(&work);
	wait_for_completion(&stub_done);
	irq_work_sync(&work);
	return 0;
}

static long stub_run_hrtimer(void *unused)
{
	static struct hrtimer timer;

	lab_compat_hrtimer_setup(&timer, stub_hrtimer_run, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&timer, ns_to_ktime(50 * NSEC_PER_USEC), HRTIMER_MODE_REL_PINNED_HARD);
	wait_for_completion(&stub_done);
	hrtimer_cancel(&timer);
	return 0;
}

static long stub_run_raw(void *unused)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&stub_raw_lock, flags);
	stub_call_now(stub_pending);
	raw_spin_unlock_irqrestore(&stub_raw_lock, flags);
	return 0;
}

static long stub_run_task(void *unused)
{
	stub_call_now(stub_pending);
	return 0;
}

static void stub_call_pending(void)
{
	stub_call_now(stub_pending);
}

void stub_nmi_begin(void)
{
	lab_nmi_begin(stub_call_pending);
}

void stub_nmi_end(void)
{
	lab_nmi_end();
}

/* Between stub_nmi_begin() and stub_nmi_end(), from any context except NMI. */
void stub_nmi_call(struct stub_call *call)
{
	stub_pending = call;
	lab_nmi_call();
}

static long stub_run_nmi(void *unused)
{
	stub_nmi_begin();
	stub_nmi_call(stub_pending);
	stub_nmi_end();
	return 0;
}

static long (* const stub_runs[])(void *) = {
	[STUB_TASK]		= stub_run_task,
	[STUB_RAW]		= stub_run_raw,
	[STUB_SOFTIRQ]	= stub_run_tasklet,
	[STUB_HARDIRQ]	= stub_run_irq_work,
	[STUB_HRTIMER]	= stub_run_hrtimer,
	[STUB_NMI]		= stub_run_nmi,
};

static_assert(ARRAY_SIZE(stub_runs) == STUB_NR_CONTEXTS);

/* @cpu: -1 for this CPU; then a call in task context is made by the current task. */
bool stub_call_in(enum stub_context context, int cpu, struct stub_call *call)
{
	if (cpu >= (int)nr_cpu_ids || (cpu >= 0 && !cpu_online(cpu)))
		return false;
	stub_pending = call;
	if (cpu >= 0) {
		work_on_cpu(cpu, stub_runs[context], NULL);
		return true;
	}
	migrate_disable();
	stub_runs[context](NULL);
	migrate_enable();
	return true;
}
