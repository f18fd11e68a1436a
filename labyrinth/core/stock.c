// SPDX-License-Identifier: GPL-2.0
/*
 * The refill of the stock, in process context. An irq_work queues it from any context, NMI
 * included.
 *
 * A refill starts when the stock is down to half and fills all of it, so that it does not
 * flap; near the end of the budget, as far as the budget permits. An adaptive stock is
 * refilled earlier, and takes a step of its rule then.
 */
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <trace/events/labyrinth.h>

#include "adapt.h"
#include "hooks.h"
#include "page.h"
#include "quarantine.h"
#include "ready.h"
#include "stock.h"
#include "track.h"

/* Delay after a refill that found no memory. */
#define LAB_REFILL_RETRY	max(HZ / 10, 1)

/* Most pages that a refill takes from the kernel at a time. */
#define LAB_STOCK_BATCH		16

/* Pages without room near their homes until a refill gives up for now. */
#define LAB_STOCK_TRIES		8

/*
 * Reclaim hard for the stock, but without the OOM killer, and without I/O: destroy waits for
 * this, and the device that would do the I/O may wait for destroy.
 */
#define LAB_GFP_STOCK		(GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | \
				 __GFP_NOMEMALLOC)

/* For what an adaptive stock has above that, take only what is free. */
#define LAB_GFP_ABOVE_ASKED	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* Up to @nr pages for the stock, at most LAB_STOCK_BATCH. Returns how many. */
static unsigned int lab_stock_pages(struct labyrinth_owner *owner, int nr, bool kept,
				    struct page **pages)
{
	gfp_t gfp = kept ? LAB_GFP_STOCK : LAB_GFP_ABOVE_ASKED;

	if (owner->flags & LABYRINTH_ZERO)
		gfp |= __GFP_ZERO;
	return lab_compat_alloc_bulk(gfp, lab_owner_nid(owner), min(nr, LAB_STOCK_BATCH), pages);
}

/* An adaptive stock has shrunk: free what is above it. */
static void lab_refill_trim(struct labyrinth_owner *owner)
{
	while (lab_owner_adapts(owner) && !lab_owner_dead(owner) &&
	       atomic_read(&owner->nr_stocked) > (int)READ_ONCE(owner->stock) &&
	       lab_shrink_stocked(owner))
		cond_resched();
}

/*
 * Fill the stock as far as the budget permits. For a zeroing owner, a clean page replaces a
 * recycled one. False if memory is short.
 */
bool lab_refill_now(struct labyrinth_owner *owner)
{
	struct page *rejected[LAB_STOCK_TRIES + LAB_STOCK_BATCH];
	int nr, kept, before = atomic_read(&owner->nr_stocked);
	unsigned int i, got, nr_rejected = 0;
	bool full = true;

	lab_refill_trim(owner);
	while ((nr = lab_stock_wanted(owner) - atomic_read(&owner->nr_stocked)) > 0 &&
	       !lab_owner_dead(owner)) {
		struct page *pages[LAB_STOCK_BATCH] = {};

		/* First what is kept when memory is short. */
		kept = (int)lab_stock_kept(owner) - atomic_read(&owner->nr_stocked);
		got = nr_rejected >= LAB_STOCK_TRIES ? 0 :
		      lab_stock_pages(owner, kept > 0 ? min(nr, kept) : nr, kept > 0, pages);
		full = got || kept <= 0;
		if (!got) {
			if (full)
				lab_adapt_shrunk(owner);
			break;
		}
		for (i = 0; i < got; i++)
			if (atomic_read(&owner->nr_stocked) >= lab_stock_wanted(owner) ||
			    !lab_enter_stocked(owner, pages[i]))
				/*
				 * The stock was lowered meanwhile; or there is no room for the tag:
				 * keep the page, or the next would be the same.
				 */
				rejected[nr_rejected++] = pages[i];
			else if (lab_recycles_uncharged(owner))
				lab_shrink_recycled(owner);
		cond_resched();
	}
	while (nr_rejected)
		lab_page_reject(rejected[--nr_rejected]);
	if (atomic_read(&owner->nr_stocked) != before)
		trace_refill(owner->name, before, atomic_read(&owner->nr_stocked),
			     READ_ONCE(owner->stock));
	return full;
}

static void lab_refill_work(struct work_struct *work)
{
	struct labyrinth_owner *owner = container_of(to_delayed_work(work), struct labyrinth_owner,
						     refill);

	lab_adapt_decide(owner);
	if (!lab_refill_now(owner) && !lab_owner_dead(owner))
		queue_delayed_work(lab_wq, &owner->refill, LAB_REFILL_RETRY);
	lab_adapt_look_later(owner);
}

/* Set up the work items of a new owner. */
void lab_stock_init(struct labyrinth_owner *owner)
{
	lab_work_init(owner, lab_refill_work, lab_quarantine_work);
}

/* Pages with a tag, but for those in flight. */
static long lab_owner_tagged(const struct labyrinth_owner *owner)
{
	return lab_owner_owned(owner) + atomic_read(&owner->quarantined) +
	       lab_owner_stocked(owner);
}

/*
 * Change the stock at run time; it does not adapt any more. Tags are reserved before there are
 * more pages, and given back after. Returns 0, or an errno and nothing has changed.
 */
int lab_owner_set_stock(struct labyrinth_owner *owner, u64 stock)
{
	u32 before = owner->tags - owner->budget;

	lockdep_assert_held(&lab_owners_lock);
	if (stock > owner->budget)
		return -EINVAL;
	if (stock > before && !lab_table_resize(owner->table, before, stock))
		return -ENOSPC;
	lab_adapt_stop(owner);
	lab_stock_store(owner, stock, stock / 2);
	while (atomic_read(&owner->nr_stocked) > (int)stock && lab_shrink_stocked(owner))
		cond_resched();
	/* A zeroing owner's recycled pages are uncharged: they use tags of the stock. */
	while (lab_recycles_uncharged(owner) &&
	       lab_owner_tagged(owner) > (long)(owner->budget + stock) &&
	       lab_shrink_recycled(owner))
		cond_resched();
	if (stock < before)
		lab_table_resize(owner->table, before, stock);
	owner->tags = owner->budget + stock;
	preempt_disable();
	lab_refill_kick(owner);
	preempt_enable();
	return 0;
}
