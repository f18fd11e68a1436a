// SPDX-License-Identifier: GPL-2.0
/*
 * The quarantine: pages that were shared when they were freed or popped.
 *
 * They are on a stack of their owner, and stay charged. A periodic scan pops each page and
 * recycles it if it is exclusive by then, else pushes it to a second stack, so that an alloc
 * at the end of the budget can reclaim it during the scan. A transient reference, as of a page
 * cache look-up or GUP-fast, is gone by the next scan. One that lasts for three scans is a
 * violation, reported once.
 */
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "hooks.h"
#include "page.h"
#include "quarantine.h"
#include "ready.h"
#include "track.h"
#include "work.h"

/* From the first scan to the third it is a second and a grace period. */
#define LAB_LOOK_EVERY		max(HZ / 2, 1)

/* Most pages that an alloc at the end of the budget examines. */
#define LAB_RECLAIM_MOST	16

/*
 * Put a page into quarantine; its @tag is in LAB_MOVING, and it stays charged. @flags:
 * LAB_AWAY, LAB_POISONED, LAB_LOOKS_REPORTED. Needs preemption disabled.
 */
void lab_quarantine_add(struct labyrinth_owner *owner, struct lab_tag *tag, u32 flags)
{
	WRITE_ONCE(tag->state, lab_state(owner->id, flags, LAB_QUARANTINED));
	lab_stack_push(&owner->quarantine, &owner->slots, tag);
	atomic_inc(&owner->quarantined);
	lab_refill_kick(owner);
}

/*
 * Pages in quarantine that an alloc could find there. While a page is examined it may be about
 * to be recycled: an alloc at the end of the budget that misses it retries, see lab_steal().
 */
long lab_quarantine_idle(const struct labyrinth_owner *owner)
{
	return (long)atomic_read(&owner->quarantined) - atomic_read(&owner->examined);
}

/* Pop a tag to examine its page. Needs preemption disabled. */
static struct lab_tag *lab_quarantine_pop(struct labyrinth_owner *owner, struct lab_stack *stack)
{
	struct lab_tag *tag = lab_stack_pop(stack, &owner->slots);

	if (tag)
		atomic_inc(&owner->examined);
	return tag;
}

/* Keep a popped tag, on the other stack if the running scan is not to find it again. */
static void lab_quarantine_keep(struct labyrinth_owner *owner, struct lab_stack *stack,
				struct lab_tag *tag)
{
	lab_stack_push(stack, &owner->slots, tag);
	atomic_dec(&owner->examined);
}

/* A popped tag has left the quarantine. */
static void lab_quarantine_left(struct labyrinth_owner *owner)
{
	atomic_dec(&owner->quarantined);
	atomic_dec(&owner->examined);
}

static void lab_quarantine_leave(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	WRITE_ONCE(tag->state, owner->moving_state);
	lab_page_to_kernel(lab_leave(owner, owner->table, tag));
	lab_quarantine_left(owner);
}

/* The page has lost its mark. */
static void lab_quarantine_freed_behind(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	struct lab_violation_info info = {
		.kind = LAB_FREED_BEHIND,
		.owner = owner,
		.page = tag->page,
		.track = lab_tag_track(owner->table, tag),
	};
	u32 state = xchg(&tag->state, owner->moving_state);

	lab_tag_unbind(owner->table, tag, info.page);
	lab_budget_uncharge(owner);
	lab_quarantine_left(owner);
	lab_stock_watch(owner);
	if (!(state & LAB_FREE_REPORTED))
		lab_event_violation(&info);
}

/* Recycle or free the page of a popped tag. False if it is still shared. The same. */
static bool lab_quarantine_try(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	u32 flags = tag->state & LAB_FLAGS_MASK;
	struct page *page = tag->page;

	if (unlikely(!lab_page_marked(page))) {
		lab_quarantine_freed_behind(owner, tag);
		return true;
	}
	if (lab_page_hwpoison(page) ? !lab_page_sole(page) : !lab_page_exclusive(page))
		return false;
	if (flags & LAB_POISONED && !lab_page_hwpoison(page) && !lab_page_poison_intact(page)) {
		/* It was written to while shared. */
		lab_page_poison(page);
		return false;
	}
	if (flags & LAB_AWAY || lab_page_hwpoison(page)) {
		lab_quarantine_leave(owner, tag);
	} else {
		/*
		 * Its free was counted before: do not count the push as another. Until then the
		 * page is neither in quarantine nor owned, so that lab_steal() looks again.
		 */
		atomic_dec(&owner->quarantined);
		lab_cpu_add(this_cpu_ptr(owner->cpu), 1, 0);
		lab_recycle(owner, tag);
		atomic_dec(&owner->examined);
	}
	lab_stock_watch(owner);
	return true;
}

/* A scan has found the page shared. */
static void lab_quarantine_seen(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	if ((tag->state & LAB_LOOKS_REPORTED) == LAB_LOOKS_REPORTED)
		return;
	WRITE_ONCE(tag->state, tag->state + LAB_LOOK);
	if ((tag->state & LAB_LOOKS_REPORTED) == LAB_LOOKS_REPORTED)
		lab_event_violation(&(struct lab_violation_info){
			.kind = LAB_SHARED_PAGE,
			.outcome = LAB_OUT_OF_USE,
			.owner = owner,
			.page = tag->page,
			.track = lab_tag_track(owner->table, tag),
		});
}

/*
 * Recycle up to LAB_RECLAIM_MOST pages that are exclusive by now. False if there was none.
 * Context: any, with preemption disabled.
 */
bool lab_quarantine_reclaim(struct labyrinth_owner *owner)
{
	struct lab_tag *kept[LAB_RECLAIM_MOST], *tag;
	unsigned int nr, nr_kept = 0;

	for (nr = 0; nr < LAB_RECLAIM_MOST; nr++) {
		tag = lab_quarantine_pop(owner, &owner->quarantine) ?:
		      lab_quarantine_pop(owner, &owner->looked_at);
		if (!tag)
			break;
		if (!lab_quarantine_try(owner, tag))
			kept[nr_kept++] = tag;
	}
	nr -= nr_kept;
	if (nr_kept) {
		while (nr_kept)
			lab_quarantine_keep(owner, &owner->looked_at, kept[--nr_kept]);
		/* The scan may have found an empty stack and stopped. */
		lab_refill_kick(owner);
	}
	return nr;
}

/* Move scanned pages back for the next scan. Context: process. */
static void lab_quarantine_return(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;
	unsigned long flags;

	/* One by one: an alloc at the end of the budget may need any of them. */
	do {
		local_irq_save(flags);
		tag = lab_quarantine_pop(owner, &owner->looked_at);
		if (tag)
			lab_quarantine_keep(owner, &owner->quarantine, tag);
		local_irq_restore(flags);
		cond_resched();
	} while (tag);
}

/* Scan once. True if the quarantine is empty. Context: process. */
bool lab_quarantine_look(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;
	unsigned long flags;
	bool counts;

	/* References of RCU readers that are running now do not count. */
	synchronize_rcu();
	/* Nor does a scan that was kicked early. */
	counts = !time_before(jiffies, owner->looked + LAB_LOOK_EVERY);
	if (counts)
		owner->looked = jiffies;
	lab_quarantine_return(owner);
	/* An alloc in an interrupt could not find the popped tag: keep interrupts off. */
	do {
		local_irq_save(flags);
		tag = lab_quarantine_pop(owner, &owner->quarantine);
		if (tag && !lab_quarantine_try(owner, tag)) {
			if (counts)
				lab_quarantine_seen(owner, tag);
			lab_quarantine_keep(owner, &owner->looked_at, tag);
		}
		local_irq_restore(flags);
		cond_resched();
	} while (tag);
	lab_quarantine_return(owner);
	return !atomic_read(&owner->quarantined);
}

void lab_quarantine_work(struct work_struct *work)
{
	struct labyrinth_owner *owner = container_of(to_delayed_work(work), struct labyrinth_owner,
						     look);

	if (!lab_quarantine_look(owner) && !lab_owner_dead(owner))
		queue_delayed_work(lab_wq, &owner->look, LAB_LOOK_EVERY);
}

/*
 * The owner is dead: drop labyrinth's references. Other holders keep theirs. Needs
 * lab_owners_lock.
 */
void lab_quarantine_drain(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;

	lab_quarantine_return(owner);
	while ((tag = lab_quarantine_pop(owner, &owner->quarantine))) {
		preempt_disable();
		if (lab_page_marked(tag->page))
			lab_quarantine_leave(owner, tag);
		else
			lab_quarantine_freed_behind(owner, tag);
		preempt_enable();
		cond_resched();
	}
}
