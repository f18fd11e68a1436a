// SPDX-License-Identifier: GPL-2.0
/*
 * Several pages with one pop, one push or one call of the page allocator, up to LAB_BULK at a
 * time. Pages that are not the common case take the path of a single page.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "adapt.h"
#include "fast.h"
#include "hooks.h"
#include "page_alloc.h"
#include "track.h"
#include "verify.h"

/* Most pages for which preemption is disabled at a time. */
#define LAB_BULK	32U

/*
 * Up to LAB_BULK pages from the kernel with one call, from above min. Before the stock: a page
 * of a batch costs less than the refill of one, and the stock is for calls that get none from
 * the kernel. For an owner with the fast path enabled.
 */
static unsigned int lab_alloc_many_fresh(struct labyrinth_owner *owner, unsigned int nr,
					 struct page **pages, unsigned long caller)
{
	u32 owned = lab_state(owner->id, 0, LAB_OWNED);
	struct page *fresh[LAB_BULK] = {};
	unsigned int i, got, used = 0;
	struct lab_table *table;

	if (READ_ONCE(owner->slow) || !lab_context_may_allocate())
		return 0;
	if (unlikely(lab_context_may_sleep()))
		lab_event_could_sleep(owner, caller);
	nr = lab_budget_charge_many(owner, nr);
	if (!nr)
		return 0;
	lab_allocator_enter();
	got = lab_compat_alloc_bulk(LAB_GFP_ABOVE_MIN, lab_owner_nid(owner), nr, fresh);
	preempt_disable();
	for (i = 0; i < got; i++) {
		/* The owner may have been destroyed while we were in the allocator. */
		if (likely(!lab_owner_dead(owner)) &&
		    (likely(lab_enter_near(owner, fresh[i], caller)) ||
		     lab_enter(owner, fresh[i], owned, caller, &table)))
			pages[used++] = fresh[i];
		else
			fresh[i - used] = fresh[i];
	}
	if (used)
		lab_cpu_count_allocs(this_cpu_ptr(owner->cpu), used);
	lab_budget_uncharge_many(owner, nr - used);
	lab_peak_note(owner);
	preempt_enable();
	for (i = 0; i < got - used; i++)
		lab_page_reject(fresh[i]);
	lab_allocator_leave();
	return used;
}

/* The slow path: batches from the kernel as far as possible, then page by page. */
static noinline unsigned int lab_alloc_many_cold(struct labyrinth_owner *owner, unsigned int nr,
						 struct page **pages, unsigned long caller)
{
	unsigned int i = 0, many;
	struct page *page;

	while (i < nr && (page = lab_alloc_here(owner, caller)))
		pages[i++] = page;
	while (i < nr) {
		many = lab_alloc_many_fresh(owner, min(nr - i, LAB_BULK), pages + i, caller);
		i += many;
		if (many < LAB_BULK)
			break;
	}
	for (; i < nr; i++) {
		page = lab_alloc_one(owner, caller);
		if (!page) {
			preempt_disable();
			lab_adapt_refused_rest(owner, nr - i - 1);
			preempt_enable();
			break;
		}
		pages[i] = page;
	}
	return i;
}

/* The pages of up to @nr popped tags, some of which may have changed while idle. */
static noinline unsigned int lab_take_tags(struct labyrinth_owner *owner, struct lab_tag *tag,
					   unsigned int nr, struct page **pages,
					   unsigned long caller)
{
	unsigned int taken = 0;
	struct lab_tag *below;

	for (; nr && !lab_tag_is_end(tag); nr--, tag = below) {
		struct page *page;

		below = lab_stack_next(tag);
		page = lab_take_tag(owner, tag, caller);
		if (page)
			pages[taken++] = page;
	}
	return taken;
}

/* Up to @nr pages recycled on this CPU. */
static unsigned int lab_alloc_recycled(struct labyrinth_owner *owner, unsigned int nr,
				       struct page **pages, unsigned long caller)
{
	struct page **next = pages, **end = pages + nr;
	u64 meta, taken = lab_taken(caller);
	struct lab_tag *tag, *below;
	struct lab_cpu *here;

	preempt_disable();
	here = this_cpu_ptr(READ_ONCE(owner->fast));
	meta = lab_owned_here(here);
	tag = lab_stack_pop_many(&here->recycled, &owner->slots, nr);
#pragma GCC unroll 8	/* for the limit of tests/bench, as below */
	for (; next != end; next++, tag = below) {
		struct page *page = tag->page;

		if (unlikely(!lab_page_exclusive(page)))
			break;
		/* Before the page is handed out: from then on a wrong free may push its tag. */
		below = lab_stack_next(tag);
		WRITE_ONCE(tag->taken, taken);
		smp_store_release(&tag->meta, meta);	/* P3 */
		*next = page;
	}
	lab_cpu_count_allocs(here, next - pages);
	if (unlikely(next != end))
		next += lab_take_tags(owner, tag, end - next, next, caller);
	preempt_enable();
	return next - pages;
}

unsigned int
labyrinth_alloc_pages_bulk(struct labyrinth_owner *owner, unsigned int nr, struct page **pages)
{
	unsigned int many, i = 0;

	if (lab_no_owner(owner)) {
		lab_alloc_nothing(_RET_IP_);
		return 0;
	}
	if (lab_no_pointer(pages)) {
		lab_bad_argument(owner, NULL, _RET_IP_);
		return 0;
	}
	do {
		many = lab_alloc_recycled(owner, min(nr - i, LAB_BULK), pages + i, _RET_IP_);
		i += many;
	} while (many == LAB_BULK && i < nr);
	if (i < nr)
		i += lab_alloc_many_cold(owner, nr - i, pages + i, _RET_IP_);
	return i;
}
EXPORT_SYMBOL_GPL(labyrinth_alloc_pages_bulk);

/* Make the transition if @page is the common case, and return its tag; else NULL. */
static noinline struct lab_tag *lab_transition_one(struct labyrinth_owner *owner,
						   const struct page *page)
{
	struct lab_tag *tag;

	return lab_ordinary(owner, page, &tag) &&
	       lab_tag_transition(tag, page, lab_peek(owner->owned_state), owner->ready_state) ?
	       tag : NULL;
}

/*
 * Free @pages with one push, up to the first that is not the common case, or whose tag is not
 * near its home: the next batch starts with it. Returns how many were freed.
 */
static unsigned int lab_free_many(struct labyrinth_owner *owner, unsigned int nr,
				  struct page **pages)
{
	struct page **next = pages + 1, **end = pages + nr;
	struct lab_tag *tag, *top, *bottom;
	u32 owned = lab_peek(owner->owned_state), ready = owner->ready_state;

	preempt_disable();
	bottom = lab_transition_one(owner, *pages);
	if (unlikely(!bottom)) {
		preempt_enable();
		return 0;
	}
	top = bottom;
#pragma GCC unroll 8
	for (; next != end; next++) {
		const struct page *page = *next;

		if (unlikely(!lab_find_near(lab_home(&owner->slots, page), page, &tag)) ||
		    unlikely(!lab_page_exclusive(page)) ||
		    unlikely(!lab_tag_try_transition(tag, owned, ready)))
			break;
		if (unlikely(!lab_tag_is(tag, page))) {
			lab_tag_revert(tag, owned, ready);
			break;
		}
		lab_stack_link(tag, top);
		top = tag;
	}
	nr = next - pages;
	lab_stack_push_all(&this_cpu_ptr(owner->cpu)->recycled, &owner->slots, top, bottom, nr);
	preempt_enable();
	return nr;
}

unsigned int labyrinth_free_pages_bulk(struct labyrinth_owner *owner, unsigned int nr,
				       struct page **pages)
{
	unsigned int i, many, freed = 0;

	if (lab_no_owner(owner) || lab_no_pointer(pages)) {
		lab_bad_argument(owner, NULL, _RET_IP_);
		return 0;
	}
	for (i = 0; i < nr; i += many) {
		many = lab_free_many(owner, min(nr - i, LAB_BULK), pages + i);
		freed += many;
		if (unlikely(!many)) {
			freed += !lab_free_one(owner, pages[i], _RET_IP_);
			many = 1;
		}
	}
	return freed;
}
EXPORT_SYMBOL_GPL(labyrinth_free_pages_bulk);
