/* SPDX-License-Identifier: GPL-2.0 */
/* What waits for process context: the stock and the quarantine. See stock.c. */
#ifndef _LABYRINTH_CORE_STOCK_H
#define _LABYRINTH_CORE_STOCK_H

#include "owner.h"
#include "work.h"

bool lab_refill_now(struct labyrinth_owner *owner);
void lab_stock_init(struct labyrinth_owner *owner);
int lab_owner_set_stock(struct labyrinth_owner *owner, u64 stock);

/* Pages that should lie in stock: as many as could be handed out from there. */
static inline int lab_stock_wanted(const struct labyrinth_owner *owner)
{
	int room = (int)owner->budget - atomic_read(&owner->charged);
	int stock = READ_ONCE(owner->stock);

	return lab_recycles_spares(owner) ? stock : clamp(room, 0, stock);
}

/*
 * Ask for more when the stock is down to half. For a call that took a page from it,
 * or gave a place in the budget back. Needs preemption disabled.
 */
static __always_inline void lab_stock_watch(struct labyrinth_owner *owner)
{
	int nr;

	if (likely(!lab_peek(owner->stock)))
		return;
	nr = atomic_read(&owner->nr_stocked);
	if (nr <= (int)READ_ONCE(owner->stock) / 2 && nr < lab_stock_wanted(owner))
		lab_refill_kick(owner);
}

#endif /* _LABYRINTH_CORE_STOCK_H */
