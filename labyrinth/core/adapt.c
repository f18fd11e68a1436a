// SPDX-License-Identifier: GPL-2.0
/*
 * A stock that adapts to the load: adapt_rule.h has the rule.
 *
 * The refill's work item applies it. A call only counts a refusal and kicks that work, which
 * finds out by itself how many pages were taken. While the stock is above what the driver asked
 * for, another work item starts the refill now and then, so that the stock shrinks without load.
 *
 * Tags for the largest stock are reserved when the owner begins to adapt: no step needs
 * lab_owners_lock.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "adapt.h"
#include "work.h"

/* Guards labyrinth_owner::adapt, and the stock of an owner that adapts. Context: process. */
static DEFINE_SPINLOCK(lab_adapt_lock);

/* Pages of adaptive stocks above what their drivers asked for. Guarded by lab_adapt_lock. */
static unsigned long lab_adapt_above;

static unsigned long lab_adapt_share(void)
{
	return totalram_pages() / LAB_ADAPT_SHARE;
}

static u32 lab_above(const struct labyrinth_owner *owner)
{
	u32 stock = owner->adapt.state.stock;

	return stock - min(stock, owner->adapt.asked);
}

/* Pages that calls took from the stock, modulo 2^32. */
static u32 lab_stock_taken(const struct labyrinth_owner *owner)
{
	return atomic_read(&owner->nr_filled) - atomic_read(&owner->nr_stocked);
}

/* The state has changed; @above as it was before. */
static void lab_adapt_apply(struct labyrinth_owner *owner, u32 above)
{
	lockdep_assert_held(&lab_adapt_lock);
	lab_adapt_above += lab_above(owner);
	lab_adapt_above -= above;
	lab_stock_store(owner, owner->adapt.state.stock,
			lab_adapt_refill_at(owner->adapt.state.stock));
}

static u32 lab_adapt_most(const struct labyrinth_owner *owner)
{
	unsigned long others = lab_adapt_above - lab_above(owner), share = lab_adapt_share();
	unsigned long most = min(owner->adapt.most, READ_ONCE(owner->budget));

	/* A stock above the share was set by the administrator: do not cut it. */
	share = max(share - min(share, others), (unsigned long)lab_above(owner));
	return min(most, owner->adapt.asked + share);
}

/* One step of the rule, from the refill's work item. Context: process. */
void lab_adapt_decide(struct labyrinth_owner *owner)
{
	struct lab_adapt *adapt = &owner->adapt;
	struct lab_adapt_load load;
	u32 above;
	s32 taken;

	if (!lab_owner_adapts(owner))
		return;
	spin_lock(&lab_adapt_lock);
	if (!adapt->on)
		goto unlock;
	above = lab_above(owner);
	/* Below 0 only while calls run. */
	taken = max((s32)(lab_stock_taken(owner) - adapt->taken), 0);
	load = (struct lab_adapt_load){
		.least = adapt->asked,
		.most = lab_adapt_most(owner),
		.taken = taken,
		.refused = atomic_xchg(&adapt->refused, 0),
		.elapsed_ms = jiffies_to_msecs(min(jiffies - adapt->at,
						   msecs_to_jiffies(2 * LAB_ADAPT_KEEP_MS))),
	};
	adapt->taken += taken;
	adapt->at = jiffies;
	lab_adapt_step(&adapt->state, &load);
	lab_adapt_apply(owner, above);
unlock:
	spin_unlock(&lab_adapt_lock);
}

/* Memory is short: do not fill up what is not there. Context: process. */
void lab_adapt_shrunk(struct labyrinth_owner *owner)
{
	struct lab_adapt *adapt = &owner->adapt;
	u32 above;

	spin_lock(&lab_adapt_lock);
	if (adapt->on) {
		above = lab_above(owner);
		lab_adapt_cut(&adapt->state, max_t(int, atomic_read(&owner->nr_stocked),
						   adapt->asked));
		lab_adapt_apply(owner, above);
	}
	spin_unlock(&lab_adapt_lock);
}

/* Context: any, with preemption disabled. */
void lab_adapt_miss(struct labyrinth_owner *owner, u32 nr)
{
	atomic_add(nr, &owner->adapt.refused);
	lab_refill_kick(owner);
}

static void lab_adapt_look(struct work_struct *work)
{
	struct labyrinth_owner *owner = container_of(to_delayed_work(work), struct labyrinth_owner,
						     adapt.look);

	if (!lab_owner_dead(owner))
		queue_delayed_work(lab_wq, &owner->refill, 0);
}

/* The refill is done: is there something to shrink later? Context: process. */
void lab_adapt_look_later(struct labyrinth_owner *owner)
{
	if (lab_owner_adapts(owner) && READ_ONCE(owner->stock) > owner->adapt.asked &&
	    !lab_owner_dead(owner))
		queue_delayed_work(lab_wq, &owner->adapt.look,
				   round_jiffies_relative(msecs_to_jiffies(LAB_ADAPT_LOOK_MS)));
}

/* Set up a new owner. */
void lab_adapt_init(struct labyrinth_owner *owner, u32 asked)
{
	owner->adapt.asked = asked;
	INIT_DELAYED_WORK(&owner->adapt.look, lab_adapt_look);
}

/* Tags that an adaptive stock may need. */
u32 lab_adapt_tags(const struct labyrinth_owner *owner)
{
	u32 most = min_t(u64, owner->budget, owner->adapt.asked + (u64)lab_adapt_share());

	return min(most, (u32)LAB_TABLE_MAX - owner->budget);
}

/* Adapt within the tags that are reserved. Needs lab_owners_lock. */
void lab_adapt_start(struct labyrinth_owner *owner)
{
	struct lab_adapt *adapt = &owner->adapt;
	u32 stock = max(owner->stock, adapt->asked);

	lockdep_assert_held(&lab_owners_lock);
	spin_lock(&lab_adapt_lock);
	adapt->most = owner->tags - owner->budget;
	if (!adapt->on) {
		adapt->state = (struct lab_adapt_state){ .stock = stock, .peak = stock };
		adapt->taken = lab_stock_taken(owner);
		adapt->at = jiffies;
		atomic_set(&adapt->refused, 0);
		WRITE_ONCE(adapt->on, true);
		lab_adapt_apply(owner, 0);
	}
	spin_unlock(&lab_adapt_lock);
}

/* The stock stays as it is from now on. Needs lab_owners_lock. */
void lab_adapt_stop(struct labyrinth_owner *owner)
{
	lockdep_assert_held(&lab_owners_lock);
	spin_lock(&lab_adapt_lock);
	if (owner->adapt.on) {
		lab_adapt_above -= lab_above(owner);
		WRITE_ONCE(owner->adapt.on, false);
		lab_stock_store(owner, owner->stock, owner->stock / 2);
	}
	spin_unlock(&lab_adapt_lock);
}

/*
 * Switch at run time. An owner that was not created with LABYRINTH_ADAPT adapts as far as its
 * table has room for tags; for one that adapts already, look for more room. Returns 0, or
 * -ENOSPC if there is none for what the driver asked for. Needs lab_owners_lock.
 */
int lab_owner_set_adapt(struct labyrinth_owner *owner, bool on)
{
	u32 tags = owner->tags - owner->budget, wanted;

	lockdep_assert_held(&lab_owners_lock);
	if (!on) {
		lab_adapt_stop(owner);
		return 0;
	}
	wanted = min(lab_adapt_tags(owner), tags + lab_table_room(owner->table));
	if (max(wanted, tags) < owner->adapt.asked)
		return -ENOSPC;
	if (wanted > tags && lab_table_resize(owner->table, tags, wanted))
		owner->tags += wanted - tags;
	lab_adapt_start(owner);
	preempt_disable();
	lab_refill_kick(owner);
	preempt_enable();
	return 0;
}
