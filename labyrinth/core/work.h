/* SPDX-License-Identifier: GPL-2.0 */
/* Work queued from any context and done in process context. See work.c. */
#ifndef _LABYRINTH_CORE_WORK_H
#define _LABYRINTH_CORE_WORK_H

#include <linux/workqueue.h>

#include "owner.h"

extern struct workqueue_struct *lab_wq;

void lab_refill_kick(struct labyrinth_owner *owner);
void lab_work_init(struct labyrinth_owner *owner, work_func_t refill, work_func_t look);
void lab_work_stop(struct labyrinth_owner *owner);
int lab_wq_init(void);
void lab_wq_exit(void);

/* Pages that the stock should have: no more than the budget permits to hand out. */
static inline int lab_stock_wanted(const struct labyrinth_owner *owner)
{
	int room = (int)READ_ONCE(owner->budget) - atomic_read(&owner->charged);
	int stock = READ_ONCE(owner->stock);

	return lab_recycles_uncharged(owner) ? stock : clamp(room, 0, stock);
}

/* Change the stock: lab_adapt_lock is held, or the owner does not adapt and lab_owners_lock is. */
static inline void lab_stock_store(struct labyrinth_owner *owner, u32 stock, u32 refill_at)
{
	WRITE_ONCE(owner->stock, stock);
	WRITE_ONCE(owner->refill_at, refill_at);
}

/*
 * Start a refill if the stock is low. For calls that took a page of the stock or
 * uncharged the budget. Needs preemption disabled.
 */
static __always_inline void lab_stock_watch(struct labyrinth_owner *owner)
{
	int nr;

	if (likely(!lab_peek(owner->stock)))
		return;
	nr = atomic_read(&owner->nr_stocked);
	if (nr <= (int)READ_ONCE(owner->refill_at) && nr < lab_stock_wanted(owner))
		lab_refill_kick(owner);
}

#endif /* _LABYRINTH_CORE_WORK_H */
