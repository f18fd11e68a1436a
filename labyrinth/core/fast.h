/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fast paths of alloc and free. They touch the owner's first cache line, this CPU's first,
 * another of its cache if that has many hints, the page's tag and its struct page. Each has one
 * locked instruction, the transition of the tag's state.
 */
#ifndef _LABYRINTH_CORE_FAST_H
#define _LABYRINTH_CORE_FAST_H

#include "cache.h"
#include "page.h"

/* The meta word of a page handed out here. Needs preemption disabled. */
static __always_inline u64 lab_owned_here(const struct lab_cpu *here)
{
	return here->owned_here | lab_where(0, lab_context_bits());
}

/* Fill in a popped tag and count it. Needs preemption disabled. */
static __always_inline void lab_hand_out(struct lab_cpu *here, struct lab_tag *tag,
					 unsigned long caller)
{
	lab_cpu_count_allocs(here, 1);
	lab_tag_fill(tag, lab_owned_here(here), caller);
}

/*
 * The common case: the fast path is enabled, @page has the mark and is not shared, and its tag,
 * returned in @tag, is in the owner's table. @page may be any pointer; @owner is valid. Needs
 * preemption disabled.
 */
static __always_inline bool lab_ordinary(struct labyrinth_owner *owner, const struct page *page,
					 struct lab_tag **tag)
{
	return likely(lab_find(lab_home(&owner->slots, page), page, tag)) &&
	       likely(lab_page_exclusive(page));
}

/* Single pages, for alloc.c and bulk.c. */
struct page *lab_alloc_here(struct labyrinth_owner *owner, unsigned long caller);
struct page *lab_alloc_one(struct labyrinth_owner *owner, unsigned long caller);
struct page *lab_alloc_nothing(unsigned long caller);
struct page *lab_take_tag(struct labyrinth_owner *owner, struct lab_tag *tag,
			  unsigned long caller);
int lab_free_one(struct labyrinth_owner *owner, struct page *page, unsigned long caller);

#endif /* _LABYRINTH_CORE_FAST_H */
