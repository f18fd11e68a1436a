/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fast paths of alloc and free share. They read the owner's first cache line,
 * this CPU's, the page's tag and its struct page, and no other; there is a locked
 * instruction for a pop, a push, and the transition of a tag's state, and none else.
 */
#ifndef _LABYRINTH_CORE_FAST_H
#define _LABYRINTH_CORE_FAST_H

#include "page.h"

/* The meta word of a page that is handed out here. Needs preemption disabled. */
static __always_inline u64 lab_owned_here(const struct lab_cpu *here)
{
	return here->owned_here | lab_where(0, lab_context_bits());
}

/* Fill in a popped tag and count it. Needs preemption disabled. */
static __always_inline void lab_hand_out(struct lab_cpu *here, struct lab_tag *tag,
					 unsigned long caller)
{
	lab_cpu_count_alloc(here);
	/* The page is nobody else's since the pop: no cmpxchg needed. */
	lab_tag_fill(tag, lab_owned_here(here), caller);
}

/*
 * The common case: @page has the mark and is not shared, and its tag, in @tag, lies in the table
 * of a live owner without special wishes. False where anything is not so. Any pointer
 * may be passed for @page; @owner is one. Needs preemption disabled.
 */
static __always_inline bool lab_ordinary(struct labyrinth_owner *owner, const struct page *page,
					 struct lab_tag **tag)
{
	return likely(lab_find(lab_home(&owner->slots, page), page, tag)) &&
	       likely(lab_page_exclusive(page));
}

/* The slow ways, and what leads there. */
struct page *lab_alloc_one(struct labyrinth_owner *owner, unsigned long caller);
struct page *lab_alloc_nothing(unsigned long caller);
struct page *lab_take_tag(struct labyrinth_owner *owner, struct lab_tag *tag,
			  unsigned long caller);
int lab_free_one(struct labyrinth_owner *owner, struct page *page, unsigned long caller);

#endif /* _LABYRINTH_CORE_FAST_H */
