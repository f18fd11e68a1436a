// SPDX-License-Identifier: GPL-2.0
/*
 * Allocating a page: recycled, from the stock, from the kernel, stolen from other CPUs; else a
 * refusal with its reason.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <trace/events/labyrinth.h>

#include "adapt.h"
#include "fast.h"
#include "hooks.h"
#include "page.h"
#include "page_alloc.h"
#include "quarantine.h"
#include "ready.h"
#include "stock.h"
#include "track.h"

/*
 * The page of a popped tag changed while it was idle: quarantine it, or drop its tag and
 * uncharge it. Needs preemption disabled.
 */
static noinline void lab_ready_unfit(struct labyrinth_owner *owner, struct lab_tag *tag,
				     unsigned long caller)
{
	u32 poisoned = READ_ONCE(tag->state) & LAB_POISONED;
	struct page *page = lab_popped_page(owner, tag, LAB_OUT_OF_USE, caller);

	if (!page) {
		lab_budget_uncharge(owner);
	} else if (lab_page_hwpoison(page)) {
		lab_leave(owner, owner->table, tag);
		lab_page_to_kernel(page);
	} else {
		/* A mapping has been reported by now. */
		lab_quarantine_add(owner, tag, poisoned |
				   (lab_compat_mapcount(page) ? LAB_LOOKS_REPORTED : 0));
	}
}

/*
 * Hand out the page of a popped tag, which is charged; zero it if the owner's flags require it.
 * NULL if the page changed while it was idle: then it is uncharged or in quarantine. Needs
 * preemption disabled.
 */
struct page *lab_take_tag(struct labyrinth_owner *owner, struct lab_tag *tag,
			  unsigned long caller)
{
	u32 state = READ_ONCE(tag->state);
	struct page *page = tag->page;

	if (unlikely(!lab_page_exclusive(page) ||
		     (state & LAB_POISONED && !lab_page_poison_intact(page)))) {
		lab_ready_unfit(owner, tag, caller);
		return NULL;
	}
	if (owner->flags & LABYRINTH_ZERO && !(state & LAB_ZEROED)) {
		WRITE_ONCE(tag->state, owner->moving_state);
		/*
		 * The state changes before the contents, so that the audit does not take this for
		 * damaged poison. Pairs with lab_audit_ready_page().
		 */
		smp_wmb();
		clear_page(page_address(page));
	}
	lab_hand_out(this_cpu_ptr(owner->cpu), tag, caller);
	if (owner->flags & LABYRINTH_STACK)
		lab_tag_save_stack(owner->table, tag);
	return page;
}

/* A page recycled on @cpu, charged already. Needs preemption disabled. */
static struct page *lab_take_recycled(struct labyrinth_owner *owner, struct lab_cpu *cpu,
				      unsigned long caller)
{
	struct page *page = NULL;
	struct lab_tag *tag;

	/* Bounded by the pages there: each iteration pops one. */
	while (!page && (tag = lab_pop_recycled_on(owner, cpu)))
		page = lab_take_tag(owner, tag, caller);
	return page;
}

static struct lab_tag *lab_pop_uncharged(struct labyrinth_owner *owner)
{
	struct lab_tag *tag = lab_pop_stocked(owner);

	lab_stock_watch(owner);
	/* From any CPU: only this bounds the number of recycled uncharged pages. */
	if (!tag && lab_recycles_uncharged(owner))
		tag = lab_pop_recycled(owner);
	return tag;
}

/* No page, but the budget is charged for one. */
#define LAB_CHARGED	((struct page *)ERR_PTR(-EAGAIN))

static bool lab_has_uncharged(const struct labyrinth_owner *owner)
{
	return lab_peek(owner->stock) || lab_stack_top(READ_ONCE(owner->stocked.head)) ||
	       lab_recycles_uncharged(owner);
}

/*
 * An uncharged page, for a charge that the caller holds; LAB_CHARGED if there is none. NULL
 * if a page there had changed while idle, and the budget permits no other charge. Needs
 * preemption disabled.
 */
static struct page *lab_take_uncharged(struct labyrinth_owner *owner, unsigned long caller)
{
	struct lab_tag *tag;
	struct page *page;

	/* Bounded by the uncharged pages: each iteration pops one. */
	do {
		tag = lab_pop_uncharged(owner);
		if (!tag)
			return LAB_CHARGED;
		page = lab_take_tag(owner, tag, caller);
		if (likely(page)) {
			lab_peak_note(owner);
			return page;
		}
	} while (lab_budget_charge(owner));
	return NULL;
}

/*
 * Steal a ready page from any CPU; NULL if there is none. During the walk other CPUs may take
 * pages ahead of it and free pages behind it. So a walk without a page counts only if as many
 * pages were out as could be: the budget if it was @full, else all pages with a tag; and it
 * takes LAB_SURE_TURNS such walks in a row. LAB_CHARGED if the budget was @full and is no
 * longer. Bounded by LAB_FAR_TURNS and the possible CPUs. Needs preemption disabled.
 */
static struct page *lab_steal(struct labyrinth_owner *owner, unsigned long caller, bool full)
{
	unsigned int turn, sure = 0;
	struct page *page;
	int cpu;

	for (turn = 0; turn < LAB_FAR_TURNS && sure < LAB_SURE_TURNS; turn++) {
		long all = 0;
		u32 out;

		/* A page that a scan of the quarantine had popped may be back by now. */
		if (unlikely(!sure && atomic_read(&owner->quarantined)))
			lab_quarantine_reclaim(owner);
		out = lab_quarantine_idle(owner) + atomic_long_read(&owner->transferred_in);
		for_each_possible_cpu(cpu) {
			struct lab_cpu *there = per_cpu_ptr(owner->cpu, cpu);

			page = NULL;
			if (!lab_recycles_uncharged(owner))
				page = lab_take_recycled(owner, there, caller);
			if (page && there != this_cpu_ptr(owner->cpu))
				lab_cache_copy(this_cpu_ptr(owner->cpu), there,
					       owner->cached_state);
			if (page)
				return page;
			out += lab_cpu_owned(there);
			all += READ_ONCE(there->uncharged);
		}
		page = lab_budget_charge(owner) ? lab_take_uncharged(owner, caller) : NULL;
		if (page == LAB_CHARGED && !full)
			lab_budget_uncharge(owner);
		else if (page)
			return page;
		all += atomic_read(&owner->charged) + atomic_read(&owner->nr_stocked);
		sure = (s32)out >= (full ? (long)READ_ONCE(owner->budget) : all) ? sure + 1 : 0;
	}
	return NULL;
}

/*
 * The common case of lab_alloc_kernel(): a page from above min, with room for its tag near its
 * home. Else false, and *@page is an untagged page or NULL.
 */
static __always_inline bool lab_take_above_min(struct labyrinth_owner *owner, unsigned long caller,
					       struct page **page)
{
	lab_allocator_enter();
	*page = alloc_pages_node(owner->nid, LAB_GFP_ABOVE_MIN, 0);
	lab_allocator_leave();
	if (unlikely(!*page))
		return false;
	preempt_disable();
	/* The owner may have been destroyed while we were in the allocator. */
	if (unlikely(lab_owner_dead(owner) || !lab_enter_near(owner, *page, caller))) {
		preempt_enable();
		return false;
	}
	lab_cpu_count_allocs(this_cpu_ptr(owner->cpu), 1);
	lab_peak_note(owner);
	preempt_enable();
	return true;
}

/*
 * A page from the kernel, for a charge that the caller holds, or LAB_REFUSED(). @page is an
 * untagged page to try first, or NULL.
 */
static struct page *lab_alloc_kernel(struct labyrinth_owner *owner, struct page *page,
				     unsigned long caller)
{
	if (lab_context_may_sleep())
		lab_event_could_sleep(owner, caller);
	return lab_context_may_allocate() ? lab_take_fresh(owner, page, caller) :
					    lab_take_nolock(owner, caller);
}

/*
 * The owner died after the pop: put the tag back. Destroy pops all stacks after a grace period,
 * for which this call makes it wait. Needs preemption disabled.
 */
static void lab_unpop(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	struct lab_cpu *here = this_cpu_ptr(owner->cpu);

	lab_stack_push(&here->recycled, &owner->slots, tag);
	lab_cpu_add(here, 1, 0);	/* the push was no free */
}

/*
 * The slow path, in the order in which pages are tried: recycled on this CPU, the stock, the
 * kernel, other CPUs; if the budget is full, other CPUs at once. It tests the owner's reasons
 * for being here. @tag was popped by the fast path: its page may have changed while it was
 * idle, or it is the end of the stack. Called with preemption disabled; enables it.
 */
static noinline struct page *lab_alloc_slow(struct labyrinth_owner *owner, struct lab_tag *tag,
					    unsigned long caller)
{
	u32 why = READ_ONCE(owner->slow);
	enum lab_refusal reason = LAB_REFUSE_BUDGET;
	struct page *page = NULL;

	if (unlikely(why || !lab_tag_is_end(tag))) {
		if (why & LAB_SLOW_DEAD || !lab_owner_in_scope(owner)) {
			reason = why & LAB_SLOW_DEAD ? LAB_REFUSE_DYING : LAB_REFUSE_SCOPE;
			if (!lab_tag_is_end(tag))
				lab_unpop(owner, tag);
			goto out;
		}
		if (!lab_tag_is_end(tag))
			page = lab_take_tag(owner, tag, caller);
		if (!page && !lab_recycles_uncharged(owner))
			page = lab_take_recycled(owner, this_cpu_ptr(owner->cpu), caller);
		if (page)
			goto out;
	}

	if (likely(lab_budget_charge(owner)))
		page = lab_has_uncharged(owner) ? lab_take_uncharged(owner, caller) : LAB_CHARGED;
	if (unlikely(!page))
		page = lab_steal(owner, caller, true);
	if (unlikely(page != LAB_CHARGED))
		goto out;

	preempt_enable();
	page = NULL;
	if (likely(!why && lab_context_plainly_atomic()) && likely(lab_take_above_min(owner, caller,
										      &page)))
		return page;
	page = lab_alloc_kernel(owner, page, caller);
	preempt_disable();
	if (IS_ERR(page)) {
		reason = lab_refused(page);
		page = NULL;
		if (lab_owner_dead(owner)) {
			reason = LAB_REFUSE_DYING;
		} else {
			lab_budget_uncharge(owner);
			page = lab_steal(owner, caller, false);
		}
	}
out:
	if (unlikely(!page)) {
		lab_event_refusal(owner, reason, caller);
		lab_adapt_refused(owner, reason);
	} else if (unlikely(why & LAB_SLOW_TRACE)) {
		trace_alloc(owner->name, page_to_pfn(page), caller);
	}
	preempt_enable();
	return page;
}

/*
 * A page recycled on this CPU, or NULL: drop stale hints, try the cache and the stack, and claim
 * what is cached if this call interrupts the cache's writer. Needs preemption disabled.
 */
static noinline struct page *lab_take_here(struct labyrinth_owner *owner, struct lab_cpu *here,
					   unsigned long caller)
{
	struct page *page = NULL;
	struct lab_tag *tag;

	lab_cache_drop(here, owner->cached_state);
	/* A claim would leave a stale hint at the top. */
	if (lab_cache_take(here, owner->cached_state, owner->ready_state, &tag)) {
		lab_cpu_add(here, -1, 0);	/* lab_hand_out() counts it again */
		page = lab_take_tag(owner, tag, caller);
	}
	return page ?: lab_take_recycled(owner, here, caller);
}

/* No page was at the top of the cache. Called with preemption disabled; enables it. */
static noinline struct page *lab_alloc_uncached(struct labyrinth_owner *owner,
						unsigned long caller, struct lab_cpu *here)
{
	struct page *page;

	if (likely(!lab_cpu_has_recycled(here)))
		return lab_alloc_slow(owner, lab_nowhere, caller);
	page = lab_take_here(owner, here, caller);
	if (unlikely(!page))
		return lab_alloc_slow(owner, lab_nowhere, caller);
	preempt_enable();
	return page;
}

static __always_inline struct page *lab_alloc(struct labyrinth_owner *owner, unsigned long caller)
{
	struct lab_cpu *here;
	struct lab_tag *tag;
	struct page *page;

	preempt_disable();
	here = this_cpu_ptr(READ_ONCE(owner->fast));
	if (unlikely(!lab_cache_take(here, owner->cached_state, owner->ready_state, &tag)))
		return lab_alloc_uncached(owner, caller, here);
	page = tag->page;
	if (unlikely(!lab_page_exclusive(page))) {
		lab_cpu_add(here, -1, 0);
		return lab_alloc_slow(owner, tag, caller);
	}
	local_inc(&here->allocs);
	/* The transition made the page this CPU's: no cmpxchg is needed. */
	lab_tag_fill(tag, lab_owned_here(here), caller);
	preempt_enable();
	return page;
}

/* A page recycled on this CPU; NULL if there is none, or the fast path is disabled. */
struct page *lab_alloc_here(struct labyrinth_owner *owner, unsigned long caller)
{
	struct page *page = NULL;
	struct lab_cpu *here;

	preempt_disable();
	here = this_cpu_ptr(READ_ONCE(owner->fast));
	if (lab_cpu_has_recycled(here))
		page = lab_take_here(owner, here, caller);
	preempt_enable();
	return page;
}

/* lab_alloc(), out of line. */
struct page *lab_alloc_one(struct labyrinth_owner *owner, unsigned long caller)
{
	return lab_alloc(owner, caller);
}

/* The handle is not valid, see lab_no_owner(). Context: any. */
noinline struct page *lab_alloc_nothing(unsigned long caller)
{
	lab_event_refusal(NULL, LAB_REFUSE_DYING, caller);
	return NULL;
}

struct page *labyrinth_void_alloc_page_gfp_atomic_exclusive(struct labyrinth_owner *owner)
{
	if (lab_no_owner(owner))
		return lab_alloc_nothing(_RET_IP_);
	return lab_alloc(owner, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_void_alloc_page_gfp_atomic_exclusive);
