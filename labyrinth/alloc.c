// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a page: recycled, from stock, from the kernel, from wherever else the
 * owner has one ready; else a refusal with its reason.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "fresh.h"
#include "page.h"
#include "refill.h"
#include "report.h"

/* An owner that has taken so many pages from the kernel on one CPU gets the next ahead of need. */
#define LAB_READAHEAD_AFTER	32

/* Looks at all CPUs for a page that the owner must have somewhere. */
#define LAB_FAR_TURNS		64

/* Fill in a popped tag and count it. Needs preemption disabled. */
static __always_inline void lab_hand_out(struct labyrinth_owner *owner, struct lab_cpu *here,
					 struct lab_tag *tag, unsigned long caller)
{
	/* The page is nobody else's since the pop: no cmpxchg needed. */
	lab_tag_fill(tag, here->owned_here | lab_context_bits(), caller);
	lab_book_alloc(owner);
}

/* A popped tag whose page is not as it was put there. The tag leaves the stack for good. */
static noinline void lab_ready_gone_bad(struct labyrinth_owner *owner, struct lab_tag *tag,
					u64 word)
{
	struct page *page = pfn_to_page(tag->pfn);
	struct lab_incident incident = {
		.owner = owner,
		.page = page,
		.alloc_caller = lab_caller_unpack(tag->caller),
		.alloc_stack = lab_tag_stack(owner->bank, tag),
	};
	u32 flags, head;

	/* Not where lab_freed_behind() has just given it its reference back. */
	if (page_ref_count(page) == 0 &&
	    cmpxchg(&tag->word, word, (u64)lab_head(owner->id, 0, LAB_MOVING) << 32) == word) {
		incident.kind = LAB_FREED_BEHIND;
		lab_report_violation(&incident);
		lab_tag_unbind(owner->bank, tag);
		lab_budget_give(owner);
		return;
	}
	word = READ_ONCE(tag->word);
	if (lab_word_flags(word) & LAB_RESTORED && lab_page_sole(page)) {
		/* That has been reported, and it is as good as any other again. */
		WRITE_ONCE(tag->word, lab_word_with_head(word, owner->ready));
		lab_stack_push(&this_cpu_ptr(owner->cpu)->recycled, owner->tags, tag);
		return;
	}
	/* Written to, or referenced, after it was given back: out of use until that ends. */
	incident.kind = lab_page_sole(page) ? LAB_USE_AFTER_FREE : LAB_SHARED_PAGE;
	lab_report_violation(&incident);
	flags = lab_word_flags(word) & LAB_POISONED;
	if (flags)
		lab_page_poison(page);
	head = lab_head(owner->id, flags, LAB_QUARANTINED);
	WRITE_ONCE(tag->word, lab_word_with_head(word, head));
	atomic_inc(&owner->quarantined);
	lab_refill_kick(owner);
}

/* A tag from @stack, its page made ready as the owner's flags ask. Needs preemption disabled. */
static struct page *lab_take_from(struct labyrinth_owner *owner, struct lab_stack *stack,
				  unsigned long caller)
{
	struct lab_tag *tag;

	/* Bounded by the pages on the stack: each turn takes one off. */
	while ((tag = lab_stack_pop(stack, owner->tags))) {
		u64 word = READ_ONCE(tag->word);
		u32 flags = lab_word_flags(word);
		struct page *page = pfn_to_page(tag->pfn);

		if (stack == &owner->stocked)
			atomic_dec(&owner->nr_stocked);
		if (unlikely(lab_word_state(word) != LAB_READY || !lab_page_sole(page) ||
			     (flags & LAB_POISONED && !lab_page_poison_intact(page)))) {
			lab_ready_gone_bad(owner, tag, word);
			continue;
		}
		if (owner->flags & LABYRINTH_ZERO && !(flags & LAB_ZEROED))
			clear_page(page_address(page));
		lab_hand_out(owner, this_cpu_ptr(owner->cpu), tag, caller);
		if (owner->flags & LABYRINTH_STACK)
			lab_tag_save_stack(owner->bank, tag);
		return page;
	}
	return NULL;
}

/* The stock, asking for more when it is down to half. Needs preemption disabled. */
static noinline struct page *lab_take_stock(struct labyrinth_owner *owner, unsigned long caller)
{
	struct page *page = lab_take_from(owner, &owner->stocked, caller);

	/* With the budget spent only a zeroing owner's recycled pages are of use to it. */
	if (atomic_read(&owner->nr_stocked) <= (int)owner->stock / 2 &&
	    (owner->flags & LABYRINTH_ZERO || atomic_read(&owner->bound) < (int)owner->budget))
		lab_refill_kick(owner);
	return page;
}

/*
 * Pages of the owner that lie with other CPUs. Where it must have one, since it
 * owns less than its budget and the budget is spent, one is just being moved by
 * another CPU, and it pays to look again. Bounded by LAB_FAR_TURNS and the
 * possible CPUs. Needs preemption disabled.
 */
static struct page *lab_take_far(struct labyrinth_owner *owner, unsigned long caller, bool spent)
{
	struct page *page = NULL;
	unsigned int turn;
	int cpu;

	for (turn = 0; !page && turn < LAB_FAR_TURNS; turn++) {
		for_each_possible_cpu(cpu) {
			page = lab_take_from(owner, &per_cpu_ptr(owner->cpu, cpu)->recycled,
					     caller);
			if (page)
				return page;
		}
		page = lab_take_from(owner, &owner->stocked, caller);
		if (!spent || lab_owner_owned(owner) + atomic_read(&owner->quarantined) >=
			      owner->budget)
			break;
		cpu_relax();
	}
	return page;
}

/*
 * The last way, and the refusal, with the reason for which the way before was
 * closed. Called with preemption disabled; enables it.
 */
static noinline struct page *lab_alloc_far(struct labyrinth_owner *owner, unsigned long caller,
					   enum lab_refusal reason)
{
	struct page *page = lab_take_far(owner, caller, reason == LAB_REFUSE_BUDGET);

	if (!page)
		lab_report_refusal(owner, reason, caller);
	preempt_enable();
	return page;
}

/*
 * From the kernel, whatever that takes, or from afar. The place in the budget is
 * taken; @page is one from the kernel without a tag yet, or NULL.
 */
static noinline struct page *lab_alloc_fresh(struct labyrinth_owner *owner, struct page *page,
					     bool ahead, unsigned long caller)
{
	enum lab_refusal reason = LAB_REFUSE_CONTEXT;

	if (likely(lab_context_may_allocate())) {
		reason = LAB_REFUSE_BUDDY;
		page = lab_take_fresh(owner, page, ahead, caller, &reason);
		if (likely(page))
			return page;
	}

	preempt_disable();
	if (lab_owner_dead(owner)) {
		lab_report_refusal(owner, LAB_REFUSE_DYING, caller);
		preempt_enable();
		return NULL;
	}
	lab_budget_give(owner);
	if (owner->stock)
		lab_refill_kick(owner);
	return lab_alloc_far(owner, caller, reason);
}

/* Does the owner go on taking pages from the kernel, and has now the next? */
static __always_inline bool lab_ahead(struct labyrinth_owner *owner)
{
	return this_cpu_inc_return(owner->cpu->cold) > LAB_READAHEAD_AFTER;
}

/*
 * What is left when this CPU has nothing recycled, for an owner without special
 * wishes: the stock, the kernel, other CPUs. Only the common case is here: a page
 * from above min, of which nothing is known yet. Called with preemption
 * disabled; enables it.
 */
static noinline struct page *lab_alloc_cold(struct labyrinth_owner *owner, unsigned long caller)
{
	struct page *page;
	bool ahead;

	if (owner->stock) {
		page = lab_take_stock(owner, caller);
		if (page)
			goto out;
	}
	if (unlikely(!lab_budget_take(owner)))
		return lab_alloc_far(owner, caller, LAB_REFUSE_BUDGET);
	ahead = lab_ahead(owner);
	preempt_enable();

	if (unlikely(ahead || !lab_context_may_allocate()))
		return lab_alloc_fresh(owner, NULL, ahead, caller);
	lab_allocator_enter();
	page = alloc_pages_node(owner->nid, LAB_GFP_ABOVE_MIN, 0);
	lab_allocator_leave();
	if (unlikely(!page))
		return lab_alloc_fresh(owner, NULL, false, caller);
	preempt_disable();
	/* It may have been destroyed while we were in the allocator. */
	if (unlikely(lab_owner_dead(owner) || !lab_enter_home(owner, page, caller))) {
		preempt_enable();
		return lab_alloc_fresh(owner, page, false, caller);
	}
	lab_book_alloc(owner);
out:
	preempt_enable();
	return page;
}

/* An owner that wants something special. Called with preemption disabled; enables it. */
static noinline struct page *lab_alloc_special(struct labyrinth_owner *owner, unsigned long caller)
{
	enum lab_refusal reason;
	struct page *page;
	bool ahead;

	if (lab_owner_dead(owner)) {
		reason = LAB_REFUSE_DYING;
		goto refuse;
	}
	if (!lab_owner_in_scope(owner)) {
		reason = LAB_REFUSE_SCOPE;
		goto refuse;
	}
	/* What the stock holds is zeroed already. */
	page = owner->stock && owner->flags & LABYRINTH_ZERO ? lab_take_stock(owner, caller) : NULL;
	if (!page)
		page = lab_take_from(owner, &this_cpu_ptr(owner->cpu)->recycled, caller);
	if (!page && owner->stock)
		page = lab_take_stock(owner, caller);
	if (page)
		goto out;
	if (!lab_budget_take(owner))
		return lab_alloc_far(owner, caller, LAB_REFUSE_BUDGET);
	ahead = lab_ahead(owner);
	preempt_enable();
	return lab_alloc_fresh(owner, NULL, ahead, caller);
refuse:
	page = NULL;
	lab_report_refusal(owner, reason, caller);
out:
	preempt_enable();
	return page;
}

/* Apart, so that the common case keeps nothing across a call. */
static noinline struct page *lab_alloc_after_bad(struct labyrinth_owner *owner,
						 struct lab_tag *tag, unsigned long caller)
{
	lab_ready_gone_bad(owner, tag, READ_ONCE(tag->word));
	return lab_alloc_cold(owner, caller);
}

static __always_inline struct page *lab_alloc(struct labyrinth_owner *owner, unsigned long caller)
{
	struct lab_cpu *here;
	struct page *page;
	struct lab_tag *tag;
	u64 word;

	preempt_disable();
	if (unlikely(READ_ONCE(owner->attention)))
		return lab_alloc_special(owner, caller);
	here = this_cpu_ptr(owner->cpu);
	if (unlikely(!lab_stack_try_pop(&here->recycled, owner->tags, &tag)))
		return lab_alloc_cold(owner, caller);
	word = READ_ONCE(tag->word);
	page = pfn_to_page(tag->pfn);
	if (unlikely(lab_word_head(word) != owner->ready || page_ref_count(page) != 1))
		return lab_alloc_after_bad(owner, tag, caller);
	lab_hand_out(owner, here, tag, caller);
	preempt_enable();
	return page;
}

struct page *labyrinth_void_alloc_page_gfp_atomic_exclusive(struct labyrinth_owner *owner)
{
	if (lab_no_pointer(owner)) {
		lab_report_refusal(NULL, LAB_REFUSE_DYING, _RET_IP_);
		return NULL;
	}
	return lab_alloc(owner, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_void_alloc_page_gfp_atomic_exclusive);

unsigned int
labyrinth_void_alloc_pages_bulk_gfp_atomic_exclusive(struct labyrinth_owner *owner,
						     unsigned int nr, struct page **pages)
{
	unsigned int i;

	if (lab_no_pointer(owner)) {
		lab_report_refusal(NULL, LAB_REFUSE_DYING, _RET_IP_);
		return 0;
	}
	if (!pages) {
		lab_report_violation(&(struct lab_incident){
			.kind = LAB_BAD_ARGUMENT, .offender = owner, .caller = _RET_IP_,
		});
		return 0;
	}
	for (i = 0; i < nr; i++) {
		struct page *page = lab_alloc(owner, _RET_IP_);

		if (!page)
			break;
		pages[i] = page;
	}
	return i;
}
EXPORT_SYMBOL_GPL(labyrinth_void_alloc_pages_bulk_gfp_atomic_exclusive);
