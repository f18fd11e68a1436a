// SPDX-License-Identifier: GPL-2.0
/* Allocating from the kernel: above min, or from the reserve as far as the floor permits. */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "page.h"
#include "page_alloc.h"
#include "track.h"
#include "watermark.h"

/* Attempts to get a page with room for its tag near its home. */
#define LAB_BIND_TRIES		8

/*
 * A page from the kernel, or LAB_REFUSED(). The reserve is used only if there is no page above
 * min, and the floor decides which zone may serve.
 */
static struct page *lab_buddy_page(struct labyrinth_owner *owner, u32 *flags)
{
	gfp_t zero = owner->flags & LABYRINTH_ZERO ? __GFP_ZERO : 0;
	int nid = lab_owner_nid(owner);
	struct lab_choice choice;
	struct page *page;

	page = alloc_pages_node(nid, LAB_GFP_ABOVE_MIN | zero, 0);
	if (likely(page))
		return page;

	switch (lab_floor_choose(nid, READ_ONCE(owner->reserve_pct), &choice)) {
	case LAB_FLOOR_REFUSES:
		return LAB_REFUSED(LAB_REFUSE_FLOOR);
	case LAB_FLOOR_EMPTY:
		return LAB_REFUSED(LAB_REFUSE_BUDDY);
	case LAB_FLOOR_PERMITS:
		break;
	}
	page = alloc_pages_node(zone_to_nid(choice.zone), GFP_ATOMIC | __GFP_NOWARN | zero |
				choice.steer, 0);
	if (!page)
		return LAB_REFUSED(LAB_REFUSE_BUDDY);
	if (choice.below_min)
		*flags |= LAB_FROM_RESERVE;
	return page;
}

/* Tag a page fresh from the kernel, and count it. Needs preemption disabled. */
static bool lab_take_in(struct labyrinth_owner *owner, struct page *page, u32 flags,
			unsigned long caller)
{
	struct lab_table *table;
	struct lab_tag *tag = lab_enter(owner, page, lab_state(owner->id, flags, LAB_OWNED), caller,
					&table);

	if (unlikely(!tag))
		return false;
	if (unlikely(owner->flags & LABYRINTH_STACK))
		lab_tag_save_stack(table, tag);
	if (unlikely(flags & LAB_FROM_RESERVE)) {
		atomic_inc(&owner->from_reserve);
		lab_event_below_min(owner, page_zone(page));
	}
	lab_cpu_count_allocs(this_cpu_ptr(owner->cpu), 1);
	lab_peak_note(owner);
	return true;
}

/*
 * A page from the kernel, tagged, for a charge that the caller holds, or LAB_REFUSED(). If there
 * is no room for a page's tag near its home, try others. @page is the first to try, or NULL.
 */
struct page *lab_take_fresh(struct labyrinth_owner *owner, struct page *page, unsigned long caller)
{
	struct page *rejected[LAB_BIND_TRIES];
	unsigned int nr_rejected = 0;
	bool dead, bound;

	lab_allocator_enter();
	do {
		u32 flags = 0;

		if (!page)
			page = lab_buddy_page(owner, &flags);
		if (IS_ERR(page))
			break;
		preempt_disable();
		/* The owner may have been destroyed while we were in the allocator. */
		dead = lab_owner_dead(owner);
		bound = likely(!dead) && lab_take_in(owner, page, flags, caller);
		preempt_enable();
		if (likely(bound))
			break;
		rejected[nr_rejected++] = page;
		page = NULL;
	} while (!dead && nr_rejected < LAB_BIND_TRIES);

	while (unlikely(nr_rejected))
		lab_page_reject(rejected[--nr_rejected]);
	lab_allocator_leave();
	return page ?: LAB_REFUSED(LAB_REFUSE_BUDDY);
}

/*
 * The same if the page allocator's locks may not be taken: by alloc_pages_nolock() on kernels
 * that have it, from above min and zero-filled.
 */
struct page *lab_take_nolock(struct labyrinth_owner *owner, unsigned long caller)
{
	struct page *page = lab_compat_alloc_nolock(lab_owner_nid(owner));
	bool bound;

	if (!page)
		return LAB_REFUSED(LAB_REFUSE_CONTEXT);
	preempt_disable();
	bound = !lab_owner_dead(owner) && lab_take_in(owner, page, 0, caller);
	preempt_enable();
	if (bound)
		return page;
	lab_page_reject(page);
	return LAB_REFUSED(LAB_REFUSE_CONTEXT);
}
