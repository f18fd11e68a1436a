// SPDX-License-Identifier: GPL-2.0
/*
 * Work that is put off, and grace periods. Queued work waits until a CPU in task context calls
 * native_work(). A delay has passed by then.
 */
#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "core/work.h"
#include "native.h"
#include "work.h"

#define NR_QUEUED	128

static void *kicked[NR_QUEUED];		/* struct irq_work */
static void *queued[NR_QUEUED];		/* struct work_struct */
static unsigned long working;

/* Context: any. */
static void put(void **queue, void *item)
{
	unsigned int i = 0;

	while (READ_ONCE(queue[i]) || cmpxchg(&queue[i], NULL, item))
		if (++i == NR_QUEUED)
			native_die("too much work is queued");
}

static void *take(void **at)
{
	return READ_ONCE(*at) ? xchg(at, NULL) : NULL;
}

bool irq_work_queue(struct irq_work *work)
{
	if (atomic_fetch_or(IRQ_WORK_CLAIMED, &work->node.a_flags) & IRQ_WORK_PENDING)
		return false;
	put(kicked, work);
	return true;
}

/* Only labyrinth's, after lab_wq_init(): else nothing is done. */
static bool work_queue(struct workqueue_struct *wq, struct work_struct *work)
{
	if (!wq || wq != lab_wq)
		return true;
	if (test_and_set_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work)))
		return false;
	put(queued, work);
	return true;
}

bool queue_work_on(int cpu, struct workqueue_struct *wq, struct work_struct *work)
{
	return work_queue(wq, work);
}

bool queue_delayed_work_on(int cpu, struct workqueue_struct *wq, struct delayed_work *work,
			   unsigned long delay)
{
	return work_queue(wq, &work->work);
}

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int most, ...)
{
	return native_memory(64, 64);
}

static bool do_kicked(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < NR_QUEUED; i++) {
		struct irq_work *work = take(&kicked[i]);

		if (!work)
			continue;
		any = true;
		atomic_andnot(IRQ_WORK_CLAIMED, &work->node.a_flags);
		/* As in irq_work_single(): what the work does comes after. */
		smp_mb__after_atomic();
		preempt_count_add(HARDIRQ_OFFSET);
		work->func(work);
		preempt_count_sub(HARDIRQ_OFFSET);
	}
	return any;
}

static bool do_queued(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < NR_QUEUED; i++) {
		struct work_struct *work = take(&queued[i]);

		if (!work)
			continue;
		any = true;
		clear_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
		/* As in set_work_pool_and_clear_pending(). */
		smp_mb();
		work->func(work);
	}
	return any;
}

/* False if a CPU is doing work. While it is locked, none is begun. */
bool native_work_lock(void)
{
	return !test_and_set_bit_lock(0, &working);
}

void native_work_unlock(void)
{
	clear_bit_unlock(0, &working);
}

/* Do what is queued. False if nothing was, or another CPU is at it. Context: task. */
bool native_work(void)
{
	bool any;

	if (!native_work_lock())
		return false;
	any = do_kicked();
	any |= do_queued();
	native_work_unlock();
	return any;
}

/* The following are called while no other CPU works. */

static bool work_cancel(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < NR_QUEUED; i++)
		if (queued[i] == work) {
			queued[i] = NULL;
			clear_bit(WORK_STRUCT_PENDING_BIT, work_data_bits(work));
			return true;
		}
	return false;
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	return work_cancel(&work->work);
}

bool flush_work(struct work_struct *work)
{
	if (!work_cancel(work))
		return false;
	work->func(work);
	return true;
}

unsigned int work_busy(struct work_struct *work)
{
	return 0;
}

void irq_work_sync(struct irq_work *work)
{
	do_kicked();
}

bool llist_add_batch(struct llist_node *first, struct llist_node *last, struct llist_head *head)
{
	struct llist_node *old = READ_ONCE(head->first);

	do {
		last->next = old;
	} while (!try_cmpxchg(&head->first, &old, first));
	return !old;
}

/* ---- grace periods */

static unsigned long quiescent[NATIVE_CPUS];
static bool busy[NATIVE_CPUS];

/* This CPU is in no call of labyrinth. */
void native_quiescent(void)
{
	unsigned int cpu = raw_smp_processor_id();

	/* A full barrier, as between a call and the grace period that waits for it. */
	smp_mb();
	WRITE_ONCE(quiescent[cpu], quiescent[cpu] + 1);
	smp_mb();	/* as above */
}

/* Grace periods wait for this CPU, or not any more. */
void native_set_busy(bool is_busy)
{
	smp_mb();	/* as in native_quiescent() */
	WRITE_ONCE(busy[raw_smp_processor_id()], is_busy);
	smp_mb();	/* the same */
}

void synchronize_rcu(void)
{
	unsigned int here = raw_smp_processor_id(), cpu;
	unsigned long seen[NATIVE_CPUS];
	bool was_busy = busy[here];

	native_set_busy(false);
	for (cpu = 0; cpu < NATIVE_CPUS; cpu++)
		seen[cpu] = READ_ONCE(quiescent[cpu]);
	for (cpu = 0; cpu < NATIVE_CPUS; cpu++)
		while (READ_ONCE(busy[cpu]) && READ_ONCE(quiescent[cpu]) == seen[cpu])
			native_yield();
	native_set_busy(was_busy);
}
