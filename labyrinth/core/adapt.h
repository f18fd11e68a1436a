/* SPDX-License-Identifier: GPL-2.0 */
/* A stock that adapts to the load. See adapt.c. */
#ifndef _LABYRINTH_CORE_ADAPT_H
#define _LABYRINTH_CORE_ADAPT_H

#include "owner.h"

void lab_adapt_init(struct labyrinth_owner *owner, u32 asked);
u32 lab_adapt_tags(const struct labyrinth_owner *owner);
void lab_adapt_start(struct labyrinth_owner *owner);
int lab_owner_set_adapt(struct labyrinth_owner *owner, bool on);
void lab_adapt_stop(struct labyrinth_owner *owner);
void lab_adapt_decide(struct labyrinth_owner *owner);
void lab_adapt_look_later(struct labyrinth_owner *owner);
void lab_adapt_shrunk(struct labyrinth_owner *owner);
void lab_adapt_miss(struct labyrinth_owner *owner, u32 nr);

static inline bool lab_owner_adapts(const struct labyrinth_owner *owner)
{
	return READ_ONCE(owner->adapt.on);
}

/* The part of the stock that is kept when memory is short. */
static inline u32 lab_stock_kept(const struct labyrinth_owner *owner)
{
	u32 stock = READ_ONCE(owner->stock);

	return lab_owner_adapts(owner) ? min(owner->adapt.asked, stock) : stock;
}

/* A refusal that a larger stock would have prevented? Context: any, with preemption disabled. */
static inline void lab_adapt_refused(struct labyrinth_owner *owner, enum lab_refusal reason)
{
	if (lab_owner_adapts(owner) && (reason == LAB_REFUSE_FLOOR || reason == LAB_REFUSE_BUDDY ||
					reason == LAB_REFUSE_CONTEXT))
		lab_adapt_miss(owner, 1);
}

/* A bulk call stopped at a refusal, @nr pages before its end. Context: as above. */
static inline void lab_adapt_refused_rest(struct labyrinth_owner *owner, u32 nr)
{
	/* Not those that the budget would refuse, and none if the scope does. */
	int room = READ_ONCE(owner->budget) - atomic_read(&owner->charged);

	if (lab_owner_adapts(owner) && lab_owner_in_scope(owner) && room > 0)
		lab_adapt_miss(owner, min(nr, (u32)room));
}

#endif /* _LABYRINTH_CORE_ADAPT_H */
