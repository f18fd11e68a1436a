// SPDX-License-Identifier: GPL-2.0
/* Work queued from any context and done in process context. */
#include <linux/irq_work.h>
#include <linux/workqueue.h>

#include "owner.h"
#include "work.h"

/* WQ_MEM_RECLAIM: a refill must run even if there is no memory for a new worker. */
struct workqueue_struct *lab_wq;

static void lab_refill_kicked(struct irq_work *kick)
{
	struct labyrinth_owner *owner = container_of(kick, struct labyrinth_owner, kick);

	/* Two items: the scan of the quarantine waits for a grace period, the refill must not. */
	queue_delayed_work(lab_wq, &owner->refill, 0);
	if (atomic_read(&owner->quarantined))
		queue_delayed_work(lab_wq, &owner->look, 0);
}

/* Context: any, with preemption disabled. */
void lab_refill_kick(struct labyrinth_owner *owner)
{
	/* The works may have been stopped. Pairs with the grace period before that. */
	if (unlikely(lab_owner_dead(owner)))
		return;
	/*
	 * K1: pairs with the full barrier after a work item's pending bit is cleared. Either the
	 * bit is seen clear here, or the work sees the stock as it is now.
	 */
	smp_mb();
	if (!delayed_work_pending(&owner->refill) ||
	    (atomic_read(&owner->quarantined) && !delayed_work_pending(&owner->look)))
		irq_work_queue(&owner->kick);
}

void lab_work_init(struct labyrinth_owner *owner, work_func_t refill, work_func_t look)
{
	owner->kick = IRQ_WORK_INIT_HARD(lab_refill_kicked);
	INIT_DELAYED_WORK(&owner->refill, refill);
	INIT_DELAYED_WORK(&owner->look, look);
}

/* The owner is dead and an RCU grace period has passed: no new kick can come. */
void lab_work_stop(struct labyrinth_owner *owner)
{
	irq_work_sync(&owner->kick);
	/* The two start each other; from here on both see the owner dead. */
	cancel_delayed_work_sync(&owner->refill);
	cancel_delayed_work_sync(&owner->adapt.look);
	cancel_delayed_work_sync(&owner->refill);
	cancel_delayed_work_sync(&owner->look);
}

int lab_wq_init(void)
{
	lab_wq = alloc_workqueue("labyrinth", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return lab_wq ? 0 : -ENOMEM;
}

void lab_wq_exit(void)
{
	destroy_workqueue(lab_wq);
}
