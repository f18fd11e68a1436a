// SPDX-License-Identifier: GPL-2.0
/* Free and release. */
#include <linux/export.h>
#include <linux/mm.h>
#include <trace/events/labyrinth.h>

#include "fast.h"
#include "quarantine.h"
#include "ready.h"
#include "track.h"
#include "verify.h"
#include "work.h"

/* Not recycled: pages of the reserve, transferred in, or with their tag in another table. */
#define LAB_NOT_RECYCLED	(LAB_FROM_RESERVE | LAB_AWAY)

/* Free a page that is not recycled; its tag is in LAB_MOVING. */
static void lab_free_leave(struct labyrinth_owner *owner, struct lab_finding *found)
{
	bool marked = lab_page_marked(found->info.page);

	lab_leave(owner, found->table, found->tag);
	lab_stock_watch(owner);
	if (likely(marked))
		lab_page_to_kernel(found->info.page);
}

static noinline int lab_free_slow(struct labyrinth_owner *owner, struct page *page,
				  unsigned long caller)
{
	struct lab_finding found;
	int err;
	u32 flags;

	if (lab_no_pointer(page))
		return lab_bad_argument(owner, page, caller);
	preempt_disable();
	err = lab_examine(owner, page, caller, &found) ?: lab_commit(&found, owner->moving_state);
	if (unlikely(err))
		goto refuse;
	/* Before another CPU can get the page. */
	trace_free(owner->name, page_to_pfn(page), caller);
	lab_uncharge_reserve(owner, found.meta);
	flags = lab_meta_flags(found.meta) & LAB_NOT_RECYCLED ? LAB_AWAY : 0;
	err = lab_examine_mapping(page, &found);
	if (unlikely(err)) {
		found.info.outcome = LAB_OUT_OF_USE;
		lab_event_violation(&found.info);
		flags |= LAB_LOOKS_REPORTED;
	}
	if (!flags && lab_page_exclusive(page)) {
		lab_recycle(owner, found.tag);
	} else {
		/* Neither a push nor a hint counts this free. */
		lab_cpu_add(this_cpu_ptr(owner->cpu), -1, 0);
		/* A stack links the tags of one table only. */
		if ((lab_page_sole(page) && lab_page_marked(page)) || found.table != owner->table)
			lab_free_leave(owner, &found);
		else
			lab_quarantine_add(owner, found.tag, flags);
	}
	goto out;
refuse:
	lab_refuse(&found);
out:
	preempt_enable();
	return err;
}

/*
 * The tag was bound to another page before the transition: revert it. Called with preemption
 * disabled; enables it.
 */
static noinline int lab_free_late(struct labyrinth_owner *owner, struct page *page,
				  struct lab_tag *tag, unsigned long caller)
{
	/* Not labyrinth_owner::owned_state: the owner may have died meanwhile. */
	lab_tag_revert(tag, lab_state(owner->id, 0, LAB_OWNED), owner->ready_state);
	preempt_enable();
	return lab_free_slow(owner, page, caller);
}

/*
 * There was no room in the cache, or this call interrupts its writer. @tag is in LAB_READY.
 * Called with preemption disabled; enables it.
 */
static noinline int lab_free_uncached(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	struct lab_cpu *here = this_cpu_ptr(owner->cpu);

	if (!lab_cache_drop(here, owner->cached_state) ||
	    !lab_cache_add(here, tag, owner->cached_state))
		lab_stack_push(&here->recycled, &owner->slots, tag);
	preempt_enable();
	return 0;
}

static __always_inline int lab_free(struct labyrinth_owner *owner, struct page *page,
				    unsigned long caller)
{
	struct lab_tag *tag;

	preempt_disable();
	/* The transition also checks the owner: the state has its number. */
	if (likely(lab_ordinary(owner, page, &tag) &&
		   lab_tag_try_transition(tag, lab_peek(owner->owned_state), owner->ready_state))) {
		if (unlikely(!lab_tag_is(tag, page)))
			return lab_free_late(owner, page, tag, caller);
		if (unlikely(!lab_cache_add(this_cpu_ptr(owner->cpu), tag,
					    owner->cached_state)))
			return lab_free_uncached(owner, tag);
		preempt_enable();
		return 0;
	}
	preempt_enable();
	return lab_free_slow(owner, page, caller);
}

/* lab_free(), out of line. */
int lab_free_one(struct labyrinth_owner *owner, struct page *page, unsigned long caller)
{
	return lab_free(owner, page, caller);
}

int labyrinth_free_page(struct labyrinth_owner *owner, struct page *page)
{
	if (lab_no_owner(owner))
		return lab_bad_argument(owner, page, _RET_IP_);
	return lab_free(owner, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_free_page);

static noinline int lab_release_slow(struct labyrinth_owner *owner, struct page *page,
				     unsigned long caller)
{
	struct lab_finding found;
	int err;

	if (lab_no_owner(owner) || lab_no_pointer(page))
		return lab_bad_argument(owner, page, caller);
	if (in_nmi())
		return -EOPNOTSUPP;
	preempt_disable();
	err = lab_examine(owner, page, caller, &found) ?:
	      lab_examine_mapping(page, &found) ?:
	      lab_commit(&found, owner->moving_state);
	if (likely(!err)) {
		trace_release(owner->name, page_to_pfn(page), caller);
		lab_uncharge_reserve(owner, found.meta);
		lab_owner_count_left(owner);
		lab_leave(owner, found.table, found.tag);
		lab_stock_watch(owner);
	} else {
		lab_refuse(&found);
	}
	preempt_enable();
	return err;
}

int labyrinth_release_page(struct labyrinth_owner *owner, struct page *page)
{
	struct lab_tag *tag;

	if (lab_no_owner(owner) || unlikely(in_nmi()))
		goto slow;
	preempt_disable();
	if (likely(lab_find_near(lab_home(&owner->slots, page), page, &tag) &&
		   lab_page_exclusive(page) &&
		   lab_tag_transition(tag, page, lab_peek(owner->owned_state),
				      owner->moving_state))) {
		lab_owner_count_left(owner);
		lab_page_unmark(page);
		lab_tag_drop(tag);
		lab_budget_uncharge(owner);
		lab_stock_watch(owner);
		preempt_enable();
		return 0;
	}
	preempt_enable();
slow:
	return lab_release_slow(owner, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_release_page);
