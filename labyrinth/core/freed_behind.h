/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that were freed behind labyrinth's back. See freed_behind.c. */
#ifndef _LABYRINTH_CORE_FREED_BEHIND_H
#define _LABYRINTH_CORE_FREED_BEHIND_H

#include <linux/types.h>

struct lab_table;
struct lab_tag;
struct page;

bool lab_owned_freed_behind(struct lab_table *table, struct lab_tag *tag, struct page *page,
			    u64 meta, unsigned long caller);
void lab_ready_freed_behind(struct lab_table *table, struct lab_tag *tag, struct page *page,
			    u64 meta);
void lab_freed_in_the_act(struct page *page, unsigned long caller, const unsigned long *stack);

#endif /* _LABYRINTH_CORE_FREED_BEHIND_H */
