/* SPDX-License-Identifier: GPL-2.0 */
/* Which table has had a page's tag last. See last_table.c. */
#ifndef _LABYRINTH_CORE_LAST_TABLE_H
#define _LABYRINTH_CORE_LAST_TABLE_H

#include "table.h"

bool lab_last_search(const struct lab_table *first, const struct page *page);

/*
 * Has @page, fresh from the kernel, no old tag in any table but @first, which it is about to
 * enter? Needs preemption disabled.
 */
static __always_inline bool lab_tag_nowhere_but(const struct lab_table *first,
						const struct page *page)
{
	return likely(READ_ONCE(lab_nr_tables) == 1) || lab_last_search(first, page);
}

void lab_last_set(const struct page *page, const struct lab_table *table);
void lab_last_erase(const struct page *page);
void lab_last_update(void);

#endif /* _LABYRINTH_CORE_LAST_TABLE_H */
