// SPDX-License-Identifier: GPL-2.0
/* Ready pages, on the stacks of an owner. */
#include <linux/mm.h>

#include "cache.h"
#include "ready.h"
#include "track.h"

/*
 * Recycle a page on this CPU, which has set its tag to LAB_MOVING. It stays charged unless
 * the owner recycles uncharged. Needs preemption disabled.
 */
void lab_recycle(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	u32 flags = 0;

	if (owner->flags & LABYRINTH_POISON) {
		lab_page_poison(tag->page);
		flags = LAB_POISONED;
	} else if (READ_ONCE(owner->slow) & LAB_SLOW_CLEAR) {
		clear_page(page_address(tag->page));
		flags = LAB_ZEROED;
	}
	/* The page is poisoned before the audit may expect it. */
	smp_store_release(&tag->state, owner->ready_state | flags);
	lab_stack_push(&this_cpu_ptr(owner->cpu)->recycled, &owner->slots, tag);
	if (lab_recycles_uncharged(owner)) {
		this_cpu_inc(owner->cpu->uncharged);
		lab_budget_uncharge(owner);
	}
}

/* Pop a page recycled on @there, or claim a cached one. The same. */
struct lab_tag *lab_pop_recycled_on(struct labyrinth_owner *owner, struct lab_cpu *there)
{
	return lab_stack_pop(&there->recycled, &owner->slots) ?:
	       lab_cache_claim(there, owner->cached_state);
}

/* Pop a recycled page of any CPU, this one first. Needs preemption disabled. */
struct lab_tag *lab_pop_recycled(struct labyrinth_owner *owner)
{
	int cpu;

	for_each_cpu_wrap(cpu, cpu_possible_mask, smp_processor_id()) {
		struct lab_tag *tag = lab_pop_recycled_on(owner, per_cpu_ptr(owner->cpu, cpu));

		if (!tag)
			continue;
		if (lab_recycles_uncharged(owner))
			this_cpu_dec(owner->cpu->uncharged);
		return tag;
	}
	return NULL;
}

struct lab_tag *lab_pop_stocked(struct labyrinth_owner *owner)
{
	struct lab_tag *tag = lab_stack_pop(&owner->stocked, &owner->slots);

	if (tag)
		atomic_dec(&owner->nr_stocked);
	return tag;
}

/*
 * Has a ready page been misused? A bare reference is not, since it may be transient. Bad memory
 * is not read: that could bring the machine down.
 */
bool lab_ready_misused(struct page *page, u32 state, enum lab_violation *kind)
{
	if (!lab_page_marked(page))
		*kind = LAB_FREED_BEHIND;
	else if (lab_compat_mapcount(page))
		*kind = LAB_SHARED_PAGE;
	else if (state & LAB_POISONED && !lab_page_hwpoison(page) && !lab_page_poison_intact(page))
		*kind = LAB_USE_AFTER_FREE;
	else
		return false;
	return true;
}

/*
 * Set a popped tag to LAB_MOVING, and report misuse of its page unless the audit has done so.
 * NULL if the page is not labyrinth's any more; its tag is dropped then. @caller found it, 0
 * outside of a call. Needs preemption disabled.
 */
struct page *lab_popped_page(struct labyrinth_owner *owner, struct lab_tag *tag,
			     enum lab_outcome outcome, unsigned long caller)
{
	struct page *page = tag->page;
	struct lab_violation_info info = {
		.outcome = outcome,
		.owner = owner,
		.page = page,
		.track = lab_tag_track(owner->table, tag),
	};
	u32 state = xchg(&tag->state, owner->moving_state);

	if (likely(!lab_ready_misused(page, state, &info.kind)))
		return page;
	if (info.kind == LAB_FREED_BEHIND) {
		info.outcome = LAB_STAYS;
		info.caller = caller;
	}
	if (!(state & LAB_REPORTED))
		lab_event_violation(&info);
	if (info.kind != LAB_FREED_BEHIND)
		return page;
	lab_tag_unbind(owner->table, tag, page);
	return NULL;
}

/*
 * Drop a popped tag. Returns its page, for lab_page_to_kernel(), or NULL if the page was freed
 * behind. Needs preemption disabled.
 */
struct page *lab_discard(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	struct page *page = lab_popped_page(owner, tag, LAB_LEFT, 0);

	if (page) {
		lab_count_hwpoison(owner, page);
		lab_page_unmark_mapped(page);
		lab_tag_unbind(owner->table, tag, page);
	}
	return page;
}

/*
 * Pop a recycled page and uncharge it. In between, a concurrent alloc can get neither the page
 * nor the charge; it retries, see lab_steal(). Interrupts are disabled to keep this short.
 * Needs preemption disabled.
 */
static struct lab_tag *lab_pop_to_uncharge(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;
	unsigned long flags;

	local_irq_save(flags);
	tag = lab_pop_recycled(owner);
	if (tag && !lab_recycles_uncharged(owner))
		lab_budget_uncharge(owner);
	local_irq_restore(flags);
	return tag;
}

/* Move one recycled page to the stock. False if there is none. */
bool lab_stock_recycled(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_pop_to_uncharge(owner);
	if (tag) {
		lab_stack_push(&owner->stocked, &owner->slots, tag);
		atomic_inc(&owner->nr_filled);
		atomic_inc(&owner->nr_stocked);
	}
	preempt_enable();
	return tag;
}

/* Free one ready page, popped by @pop. False if there is none. */
static bool lab_shrink_ready(struct labyrinth_owner *owner,
			     struct lab_tag *(*pop)(struct labyrinth_owner *owner))
{
	struct page *page = NULL;
	struct lab_tag *tag;

	preempt_disable();
	tag = pop(owner);
	if (tag)
		page = lab_discard(owner, tag);
	preempt_enable();
	if (page)
		lab_page_to_kernel(page);
	return tag;
}

bool lab_shrink_recycled(struct labyrinth_owner *owner)
{
	return lab_shrink_ready(owner, lab_pop_to_uncharge);
}

bool lab_shrink_stocked(struct labyrinth_owner *owner)
{
	if (!lab_shrink_ready(owner, lab_pop_stocked))
		return false;
	atomic_dec(&owner->nr_filled);
	return true;
}
