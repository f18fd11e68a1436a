/* SPDX-License-Identifier: GPL-2.0 */
/* How pages enter and leave labyrinth: mark and tag. See track.c. */
#ifndef _LABYRINTH_CORE_TRACK_H
#define _LABYRINTH_CORE_TRACK_H

#include "last_table.h"
#include "page.h"

/*
 * Drop a tag that this CPU has set to LAB_MOVING; the page becomes the caller's. Needs
 * preemption disabled.
 */
static inline struct page *lab_leave(struct labyrinth_owner *owner, struct lab_table *table,
				     struct lab_tag *tag)
{
	struct page *page = tag->page;

	lab_count_hwpoison(owner, page);
	lab_page_unmark_mapped(page);
	lab_tag_unbind(table, tag, page);
	lab_budget_uncharge(owner);
	return page;
}

/*
 * The common case of lab_enter(), for a page handed out here: no old tag, a table without
 * stack traces, and room near its home. Otherwise false, and nothing has changed. Needs
 * preemption disabled.
 */
static __always_inline bool lab_enter_near(struct labyrinth_owner *owner, struct page *page,
					   unsigned long caller)
{
	struct lab_tag *home = lab_home(&owner->slots, page), *tag;
	struct lab_cpu *here = this_cpu_ptr(owner->cpu);
	int moves = lab_tag_moves_before();
	struct page *vacant = NULL;

	/* An old tag means that the page was freed behind; a slot may have an old trace. */
	if (unlikely(lab_find(home, page, &tag) || owner->table->stacks) ||
	    !lab_tag_nowhere_but(owner->table, page) || lab_tag_moved_since(moves))
		return false;
	for (tag = home; !try_cmpxchg(&tag->page, &vacant, page); vacant = NULL)
		if (++tag == home + LAB_HOP_NEAR)
			return false;
	/* The tag has no state yet. */
	lab_page_mark(page);
	lab_tag_fill(tag, here->owned_here | lab_where(0, lab_context_bits()), caller);
	return true;
}

struct lab_tag *lab_enter(struct labyrinth_owner *owner, struct page *page, u32 state,
			  unsigned long caller, struct lab_table **table);
bool lab_enter_stocked(struct labyrinth_owner *owner, struct page *page);
void lab_page_reject(struct page *page);
void lab_track_offline(unsigned long start_pfn, unsigned long end_pfn);
void lab_track_exit(void);

#endif /* _LABYRINTH_CORE_TRACK_H */
