// SPDX-License-Identifier: GPL-2.0
/* All owners, by number and by name, and the switch of their fast path. */
#include <linux/idr.h>
#include <linux/string.h>

#include "owner.h"

/* See owner.h. */
LIST_HEAD(lab_owners);
int lab_default_reserve_pct = 50;

/* labyrinth_owner::fast while the fast path is disabled: empty caches and stacks. */
static DEFINE_PER_CPU(struct lab_cpu, lab_nothing_here);
static DEFINE_IDR(lab_owner_ids);	/* changed under lab_owners_lock, read under RCU */

/* Returns a number for a new owner, or an errno. Needs lab_owners_lock. */
int lab_owner_id_new(struct labyrinth_owner *owner)
{
	return idr_alloc_cyclic(&lab_owner_ids, owner, 1, LAB_OWNER_MAX, GFP_KERNEL);
}

/* Needs lab_owners_lock. */
void lab_owner_id_remove(u32 id)
{
	idr_remove(&lab_owner_ids, id);
}

void lab_owner_ids_exit(void)
{
	idr_destroy(&lab_owner_ids);
}

/* Context: any, with preemption disabled. */
struct labyrinth_owner *lab_owner_by_id(u32 id)
{
	return idr_find(&lab_owner_ids, id);
}

/* Context: any, with preemption disabled. */
void lab_owner_name(u32 id, char name[LABYRINTH_NAME_LEN])
{
	struct labyrinth_owner *owner = id ? lab_owner_by_id(id) : NULL;

	strscpy(name, owner ? owner->name : "-", LABYRINTH_NAME_LEN);
}

/*
 * No further call takes the fast path. A call already on it may see any mixture of old and
 * new values, which is harmless: a page it popped is its own, and if it finds none it goes
 * to the slow path. Needs lab_owners_lock.
 */
void lab_owner_disable_fast_path(struct labyrinth_owner *owner, u32 why)
{
	WRITE_ONCE(owner->slow, owner->slow | why);
	WRITE_ONCE(owner->fast, &lab_nothing_here);
	WRITE_ONCE(owner->slots.homes, 0);
	WRITE_ONCE(owner->owned_state, LAB_NO_STATE);
}

/* Clear @why, and enable the fast path if no other reason is left. Needs lab_owners_lock. */
void lab_owner_enable_fast_path(struct labyrinth_owner *owner, u32 why)
{
	WRITE_ONCE(owner->slow, owner->slow & ~why);
	if (owner->slow)
		return;
	WRITE_ONCE(owner->owned_state, lab_state(owner->id, 0, LAB_OWNED));
	WRITE_ONCE(owner->slots.homes, owner->table->slots.homes);
	WRITE_ONCE(owner->fast, owner->cpu);
}
