/* SPDX-License-Identifier: GPL-2.0 */
/* What waits for process context: the stock and the quarantine. See stock.c. */
#ifndef _LABYRINTH_CORE_STOCK_H
#define _LABYRINTH_CORE_STOCK_H

#include "owner.h"
#include "work.h"

bool lab_refill_now(struct labyrinth_owner *owner);
void lab_stock_init(struct labyrinth_owner *owner);
int lab_owner_set_stock(struct labyrinth_owner *owner, u64 stock);

#endif /* _LABYRINTH_CORE_STOCK_H */
