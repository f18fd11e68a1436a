// SPDX-License-Identifier: GPL-2.0
/*
 * The refill of the stock, in process context. An irq_work queues it from any context, NMI
 * included.
 *
 * A refill starts when the stock is down to half and fills all of it, so that it does not
 * flap; near the end of the budget, as far as the budget permits.
 */
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <trace/events/labyrinth.h>

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

/*
 * Fill the stock as far as the budget permits. For a zeroing owner, a clean page replaces a
 * recycled one. False if memory is short.
 */
bool lab_refill_now(struct labyrinth_owner *owner)
{
	gfp_t gfp = LAB_GFP_STOCK | (owner->flags & LABYRINTH_ZERO ? __GFP_ZERO : 0);
	struct page *rejected[LAB_STOCK_TRIES + LAB_STOCK_BATCH];
	int nr, before = atomic_read(&owner->nr_stocked);
	unsigned int i, got, nr_rejected = 0;
	bool full = true;

	while ((nr = lab_stock_wanted(owner) - atomic_read(&owner->nr_stocked)) > 0 &&
	       !lab_owner_dead(owner)) {
		struct page *pages[LAB_STOCK_BATCH] = {};

		got = nr_rejected >= LAB_STOCK_TRIES ? 0 :
		      lab_compat_alloc_bulk(gfp, lab_owner_nid(owner), min(nr, LAB_STOCK_BATCH),
					    pages);
		full = got;
		if (!full)
			break;
		for (i = 0; i < got; i++)
			if (!lab_enter_stocked(owner, pages[i]))
				/* No room for its tag. Keep it, or the next would be the same. */
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

	if (!lab_refill_now(owner) && !lab_owner_dead(owner))
		queue_delayed_work(lab_wq, &owner->refill, LAB_REFILL_RETRY);
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
 * Change the stock at run time. Tags are reserved before there are more pages, and given back
 * after. Returns 0, or an errno and nothing has changed.
 */
int lab_owner_set_stock(struct labyrinth_owner *owner, u64 stock)
{
	u32 before = owner->stock;

	lockdep_assert_held(&lab_owners_lock);
	if (stock > owner->budget)
		return -EINVAL;
	if (stock > before && !lab_table_resize(owner->table, before, stock))
		return -ENOSPC;
	WRITE_ONCE(owner->stock, stock);
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
