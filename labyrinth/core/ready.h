/* SPDX-License-Identifier: GPL-2.0 */
/* Ready pages, on an owner's stacks. See ready.c. */
#ifndef _LABYRINTH_CORE_READY_H
#define _LABYRINTH_CORE_READY_H

#include "page.h"

/*
 * Most walks over all CPUs in search of a ready page, and how many in a row without one show
 * that there is none.
 */
#define LAB_FAR_TURNS		16
#define LAB_SURE_TURNS		3

void lab_recycle(struct labyrinth_owner *owner, struct lab_tag *tag);
struct lab_tag *lab_pop_recycled_on(struct labyrinth_owner *owner, struct lab_cpu *there);
struct lab_tag *lab_pop_recycled(struct labyrinth_owner *owner);
struct lab_tag *lab_pop_stocked(struct labyrinth_owner *owner);
bool lab_ready_misused(struct page *page, u32 state, enum lab_violation *kind);
struct page *lab_popped_page(struct labyrinth_owner *owner, struct lab_tag *tag,
			     enum lab_outcome outcome, unsigned long caller);
struct page *lab_discard(struct labyrinth_owner *owner, struct lab_tag *tag);
bool lab_stock_recycled(struct labyrinth_owner *owner);
bool lab_shrink_recycled(struct labyrinth_owner *owner);
bool lab_shrink_stocked(struct labyrinth_owner *owner);

#endif /* _LABYRINTH_CORE_READY_H */
