// SPDX-License-Identifier: GPL-2.0
/*
 * The owners there are, by number and by name; and whether their calls may take the fast
 * path.
 */
#include <linux/idr.h>
#include <linux/string.h>

#include "owner.h"

/* See owner.h. */
LIST_HEAD(lab_owners);
int lab_default_reserve_pct = 50;

/* labyrinth_owner::fast of those that may not take the fast path. */
static DEFINE_PER_CPU(struct lab_cpu, lab_nothing_here);
static DEFINE_IDR(lab_owner_ids);	/* changed under lab_owners_lock, read under RCU */

/* A number for a new owner, or an errno. Needs lab_owners_lock. */
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
 * No call goes the fast path from now on. One that is on it sees any mixture of old and
 * new, and each is right: what was on its CPU's stack is its, and what it does not
 * find, the slow way does. Needs lab_owners_lock.
 */
void lab_owner_disable_fast_path(struct labyrinth_owner *owner, u32 why)
{
	WRITE_ONCE(owner->slow, owner->slow | why);
	WRITE_ONCE(owner->fast, &lab_nothing_here);
	WRITE_ONCE(owner->slots.homes, 0);
	WRITE_ONCE(owner->owned_state, LAB_NO_STATE);
}

/* The same back, unless something else is in the way. Needs lab_owners_lock. */
void lab_owner_enable_fast_path(struct labyrinth_owner *owner, u32 why)
{
	WRITE_ONCE(owner->slow, owner->slow & ~why);
	if (owner->slow)
		return;
	WRITE_ONCE(owner->owned_state, lab_state(owner->id, 0, LAB_OWNED));
	WRITE_ONCE(owner->slots.homes, owner->table->slots.homes);
	WRITE_ONCE(owner->fast, owner->cpu);
}
