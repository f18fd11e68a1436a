// SPDX-License-Identifier: GPL-2.0
/*
 * Taking a page: recycled, from stock, from the kernel, from wherever else the
 * owner has one ready; else a refusal with its reason.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "floor.h"
#include "page.h"
#include "refill.h"
#include "report.h"

#define LAB_ATTENTION_ADMISSION	(LAB_ATTENTION_DEAD | LAB_ATTENTION_SCOPE)

/* Pages that the kernel is asked for until one finds room in the tag table. */
#define LAB_BIND_TRIES		3

/* Looks at all CPUs for a page that the owner must have somewhere. */
#define LAB_FAR_TURNS		8

/* Fill in a popped tag and count it. Needs preemption disabled. */
static __always_inline void lab_hand_out(struct labyrinth_owner *owner, struct lab_tag *tag,
					 unsigned long caller)
{
	tag->caller = lab_caller_pack(caller);
	tag->time = lab_time_now();
	/* The page is nobody else's since the pop: no cmpxchg needed. */
	WRITE_ONCE(tag->word, lab_word_here(owner->owned));
	this_cpu_inc(owner->cpu->allocs);
	lab_owner_out_inc(owner);
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
	};
	u32 flags, head;

	if (lab_word_state(word) == LAB_STALE) {
		/* Already reported, and hidden, when the page came from the kernel again. */
		lab_tag_drop(tag);
		lab_budget_give(owner);
		return;
	}
	if (page_ref_count(page) == 0) {
		incident.kind = LAB_FREED_BEHIND;
		lab_report_violation(&incident);
		lab_tag_unbind(owner->bank, tag);
		lab_budget_give(owner);
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
		lab_hand_out(owner, tag, caller);
		if (owner->flags & LABYRINTH_STACK)
			lab_tag_save_stack(owner->bank, tag);
		return page;
	}
	return NULL;
}

/* This CPU's recycled pages and the stock; for a zeroing owner the zeroed stock first. */
static struct page *lab_take_near(struct labyrinth_owner *owner, unsigned long caller)
{
	struct lab_stack *recycled = &this_cpu_ptr(owner->cpu)->recycled;
	struct lab_stack *stocked = &owner->stocked;
	bool zero = owner->flags & LABYRINTH_ZERO;
	struct page *page;

	page = lab_take_from(owner, zero ? stocked : recycled, caller);
	if (!page)
		page = lab_take_from(owner, zero ? recycled : stocked, caller);
	if (owner->stock && atomic_read(&owner->nr_stocked) <= (int)owner->stock / 2)
		lab_refill_kick(owner);
	return page;
}

/* Pages of the owner that lie with other CPUs. Bounded by the possible CPUs. */
static struct page *lab_take_far(struct labyrinth_owner *owner, unsigned long caller)
{
	struct page *page = NULL;
	int cpu;

	for_each_possible_cpu(cpu) {
		page = lab_take_from(owner, &per_cpu_ptr(owner->cpu, cpu)->recycled, caller);
		if (page)
			break;
	}
	/* A refill, or another CPU, may have added to it meanwhile. */
	return page ?: lab_take_from(owner, &owner->stocked, caller);
}

/*
 * A page from the kernel. GFP_NOWAIT with __GFP_NOMEMALLOC never goes below
 * min, whoever asks; only where that fails does the reserve come into question,
 * and then the floor says which zone may serve.
 */
static struct page *lab_buddy_page(struct labyrinth_owner *owner, u32 *flags,
				   enum lab_refusal *reason)
{
	gfp_t zero = owner->flags & LABYRINTH_ZERO ? __GFP_ZERO : 0;
	int nid = owner->nid == NUMA_NO_NODE ? numa_mem_id() : owner->nid;
	struct page *page;
	struct zone *zone;
	bool below_min;

	page = __alloc_pages_node(nid, GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC | zero, 0);
	if (likely(page))
		return page;

	switch (lab_floor_choose(nid, owner->reserve_pct, &zone, &below_min)) {
	case LAB_FLOOR_REFUSES:
		*reason = LAB_REFUSE_FLOOR;
		return NULL;
	case LAB_FLOOR_EMPTY:
		*reason = LAB_REFUSE_BUDDY;
		return NULL;
	case LAB_FLOOR_PERMITS:
		break;
	}
	page = __alloc_pages_node(zone_to_nid(zone), GFP_ATOMIC | __GFP_NOWARN | zero |
				  lab_floor_zone_gfp(zone), 0);
	if (!page)
		*reason = LAB_REFUSE_BUDDY;
	else if (below_min)
		*flags |= LAB_FROM_RESERVE;
	return page;
}

/* Tag a page fresh from the kernel, and count it. Needs preemption disabled. */
static bool lab_take_in(struct labyrinth_owner *owner, struct page *page, u32 flags,
			unsigned long caller)
{
	struct lab_bank *bank;
	struct lab_tag *tag = lab_enter(owner, page, owner->owned | flags, caller, &bank);

	if (unlikely(!tag))
		return false;
	if (owner->flags & LABYRINTH_STACK)
		lab_tag_save_stack(bank, tag);
	if (unlikely(flags & LAB_FROM_RESERVE))
		atomic_inc(&owner->from_reserve);
	this_cpu_inc(owner->cpu->allocs);
	lab_owner_out_inc(owner);
	return true;
}

static struct page *lab_take_fresh(struct labyrinth_owner *owner, unsigned long caller,
				   enum lab_refusal *reason)
{
	struct page *rejected[LAB_BIND_TRIES];
	struct page *page = NULL;
	unsigned int nr_rejected = 0;
	bool bound = false;

	while (nr_rejected < LAB_BIND_TRIES) {
		u32 flags = 0;

		page = lab_buddy_page(owner, &flags, reason);
		if (unlikely(!page))
			break;
		preempt_disable();
		/* The owner may have been destroyed while we were in the allocator. */
		if (unlikely(lab_owner_dead(owner)))
			*reason = LAB_REFUSE_DYING;
		else
			bound = lab_take_in(owner, page, flags, caller);
		preempt_enable();
		if (likely(bound))
			break;
		rejected[nr_rejected++] = page;
		page = NULL;
		if (*reason == LAB_REFUSE_DYING)
			break;
	}
	while (unlikely(nr_rejected))
		__free_page(rejected[--nr_rejected]);
	return page;
}

/* All the ways there are; a refusal gives the reason of the last one that was closed. */
static noinline struct page *lab_alloc_slow(struct labyrinth_owner *owner, unsigned long caller)
{
	enum lab_refusal reason = LAB_REFUSE_BUDDY;
	struct page *page = NULL;
	unsigned int turns;

	preempt_disable();
	if (unlikely(READ_ONCE(owner->attention) & LAB_ATTENTION_ADMISSION)) {
		if (lab_owner_dead(owner)) {
			reason = LAB_REFUSE_DYING;
			goto refuse;
		}
		if (!lab_owner_in_scope(owner)) {
			reason = LAB_REFUSE_SCOPE;
			goto refuse;
		}
	}
	page = lab_take_near(owner, caller);
	if (page)
		goto out;
	if (!lab_budget_take(owner)) {
		reason = LAB_REFUSE_BUDGET;
		goto far;
	}
	preempt_enable();

	if (lab_context_may_allocate())
		page = lab_take_fresh(owner, caller, &reason);
	else
		reason = LAB_REFUSE_CONTEXT;
	if (likely(page))
		return page;

	preempt_disable();
	if (lab_owner_dead(owner)) {
		reason = LAB_REFUSE_DYING;
		goto refuse;
	}
	lab_budget_give(owner);
	if (owner->stock)
		lab_refill_kick(owner);
far:
	page = lab_take_far(owner, caller);
	/* A refill on another CPU has it in hand: see lab_stock_fresh(). */
	for (turns = 0; !page && reason == LAB_REFUSE_BUDGET && turns < LAB_FAR_TURNS &&
	     lab_owner_owned(owner) < owner->budget; turns++)
		page = lab_take_far(owner, caller);
	if (page)
		goto out;
refuse:
	lab_report_refusal(owner, reason, caller);
out:
	preempt_enable();
	return page;
}

static __always_inline struct page *lab_alloc(struct labyrinth_owner *owner, unsigned long caller)
{
	struct page *page;
	struct lab_tag *tag;
	u64 word;

	preempt_disable();
	if (unlikely(READ_ONCE(owner->attention)))
		goto slow;
	tag = lab_stack_pop(&this_cpu_ptr(owner->cpu)->recycled, owner->tags);
	if (unlikely(!tag))
		goto slow;
	word = READ_ONCE(tag->word);
	page = pfn_to_page(tag->pfn);
	if (unlikely(lab_word_head(word) != owner->ready || page_ref_count(page) != 1)) {
		lab_ready_gone_bad(owner, tag, word);
		goto slow;
	}
	lab_hand_out(owner, tag, caller);
	preempt_enable();
	return page;
slow:
	preempt_enable();
	return lab_alloc_slow(owner, caller);
}

struct page *labyrinth_void_alloc_page_gfp_atomic_exclusive(struct labyrinth_owner *owner)
{
	if (IS_ERR_OR_NULL(owner)) {
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

	if (IS_ERR_OR_NULL(owner) || !pages) {
		lab_report_refusal(IS_ERR(owner) ? NULL : owner, LAB_REFUSE_DYING, _RET_IP_);
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
