// SPDX-License-Identifier: GPL-2.0
/*
 * Destroying owners, in process context under lab_owners_lock.
 *
 * A handle may be used by mistake after its owner was destroyed. So the handles of the last
 * LAB_DESTROYED_MAX owners are kept and marked dead, and calls with them fail with an error;
 * everything else of an owner is freed at once.
 *
 * A storage driver may have to destroy an owner before any page can be written out. So no
 * allocation under lab_owners_lock, or where destroy waits, may wait for I/O.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "adapt.h"
#include "freed_behind.h"
#include "hooks.h"
#include "last_table.h"
#include "page.h"
#include "quarantine.h"
#include "ready.h"
#include "track.h"
#include "work.h"

#define LAB_DESTROYED_MAX	1024

static LIST_HEAD(lab_destroyed);		/* guarded by lab_owners_lock, oldest first */
static unsigned int lab_nr_destroyed;

/* Free all ready and quarantined pages. The owner is dead and its refill stopped. */
static void lab_owner_drain(struct labyrinth_owner *owner)
{
	while (lab_shrink_recycled(owner) || lab_shrink_stocked(owner))
		cond_resched();
	lab_quarantine_drain(owner);
}

/* Release every page that still has the owner's tag. Returns how many were owned. */
static unsigned int lab_owner_part(struct labyrinth_owner *owner)
{
	struct lab_walk walk = {};
	unsigned int out = 0;
	struct lab_tag *tag;

	while ((tag = lab_walk_next(&walk))) {
		u64 meta = READ_ONCE(tag->meta);
		struct page *page = READ_ONCE(tag->page);	/* NULL once the slot is free */

		cond_resched();
		if (!page || lab_meta_owner(meta) != owner->id || lab_meta_phase(meta) != LAB_OWNED)
			continue;
		if (!lab_page_marked(page)) {
			preempt_disable();
			lab_owned_freed_behind(walk.table, tag, page, meta, 0);
			preempt_enable();
			continue;
		}
		/* An alloc on another CPU may be dropping this tag of a page freed behind. */
		if (!lab_tag_try_transition(tag, lab_meta_state(meta), owner->moving_state))
			continue;
		lab_event_orphan(owner, walk.table, tag, meta);
		lab_leave(owner, walk.table, tag);
		out++;
	}
	return out;
}

/* Is a dead owner's handle still in use? */
static bool lab_owner_kept(struct labyrinth_owner *owner)
{
	return READ_ONCE(owner->devm) || lab_event_owner_busy(owner);
}

static void lab_owner_free_handle(struct labyrinth_owner *owner)
{
	lab_event_owner_free(owner);
	kfree(owner);
}

/* Keep the handle, and free the oldest if there are too many. Needs lab_owners_lock. */
static void lab_owner_keep_handle(struct labyrinth_owner *owner)
{
	struct labyrinth_owner *oldest;

	list_add_tail(&owner->list, &lab_destroyed);
	if (++lab_nr_destroyed <= LAB_DESTROYED_MAX)
		return;
	list_for_each_entry(oldest, &lab_destroyed, list) {
		if (lab_owner_kept(oldest))
			continue;
		list_del(&oldest->list);
		lab_nr_destroyed--;
		lab_owner_free_handle(oldest);
		return;
	}
}

static bool lab_owner_kill(struct labyrinth_owner *owner)
{
	bool alive;

	mutex_lock(&lab_owners_lock);
	alive = !lab_owner_dead(owner);
	if (alive) {
		lab_owner_disable_fast_path(owner, LAB_SLOW_DEAD);
		list_del_rcu(&owner->list);
	}
	mutex_unlock(&lab_owners_lock);
	return alive;
}

/* Finish the destruction of an owner that lab_owner_kill() has marked dead. */
static unsigned int lab_owner_end(struct labyrinth_owner *owner)
{
	unsigned int noio = memalloc_noio_save();
	unsigned int out;

	/* O1: calls in flight see it dead, or have ended. Pairs with preempt_disable(). */
	synchronize_rcu();
	lab_work_stop(owner);
	lab_event_owner_dead(owner);
	mutex_lock(&lab_owners_lock);
	lab_adapt_stop(owner);
	lab_owner_drain(owner);
	out = lab_owner_part(owner);
	lab_event_owner_parted(owner);
	mutex_unlock(&lab_owners_lock);
	/* On PREEMPT_RT a work item frees pages, and the references that destroy drops. */
	lab_page_flush();
	lab_event_owner_ended(owner);
	mutex_lock(&lab_owners_lock);
	lab_owner_id_remove(owner->id);
	/* No tag is on a stack of this owner any more. */
	WRITE_ONCE(owner->slots.tags, lab_nowhere);
	lab_table_put(owner->table, owner->tags);
	lab_last_update();
	/* Reports in flight may still read the name; the handle is kept. */
	synchronize_rcu();
	free_percpu(owner->cpu);
	put_pid(owner->pid);
	lab_owner_keep_handle(owner);
	mutex_unlock(&lab_owners_lock);
	memalloc_noio_restore(noio);
	module_put(THIS_MODULE);
	return out;
}

unsigned int labyrinth_owner_destroy(struct labyrinth_owner *owner)
{
	might_sleep();
	if (IS_ERR_OR_NULL(owner))
		return 0;
	/* First: the name may be reused only once the removal of its folder is queued. */
	lab_event_owner_closing(owner);
	if (!lab_owner_kill(owner)) {
		lab_event_violation(&(struct lab_violation_info){
			.kind = LAB_DEAD_OWNER, .owner = owner, .offender = owner,
			.caller = _RET_IP_,
		});
		return 0;
	}
	return lab_owner_end(owner);
}
EXPORT_SYMBOL_GPL(labyrinth_owner_destroy);

/* Returns an owner created by @module, or NULL. Context: process. */
struct labyrinth_owner *lab_owner_of_module(const struct module *module)
{
	struct labyrinth_owner *owner, *found = NULL;

	mutex_lock(&lab_owners_lock);
	list_for_each_entry(owner, &lab_owners, list)
		if (owner->module == module) {
			found = owner;
			break;
		}
	mutex_unlock(&lab_owners_lock);
	return found;
}

/* Destroy an owner on behalf of a module that left without doing so. Context: process. */
void lab_owner_destroy_for(struct labyrinth_owner *owner)
{
	lab_event_owner_closing(owner);
	if (lab_owner_kill(owner))
		lab_owner_end(owner);
}

/* No code that could have a handle runs any more. */
void lab_owner_free_handles(void)
{
	struct labyrinth_owner *owner, *next;

	list_for_each_entry_safe(owner, next, &lab_destroyed, list)
		lab_owner_free_handle(owner);
	lab_owner_ids_exit();
}
