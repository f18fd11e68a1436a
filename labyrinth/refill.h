/* SPDX-License-Identifier: GPL-2.0 */
/* What waits for process context: the stock and the quarantine. See refill.c. */
#ifndef _LABYRINTH_REFILL_H
#define _LABYRINTH_REFILL_H

struct labyrinth_owner;

void lab_refill_kick(struct labyrinth_owner *owner);
bool lab_refill_now(struct labyrinth_owner *owner);
void lab_refill_init(struct labyrinth_owner *owner);
void lab_refill_stop(struct labyrinth_owner *owner);

#endif /* _LABYRINTH_REFILL_H */
