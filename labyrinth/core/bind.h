/* SPDX-License-Identifier: GPL-2.0 */
/* Entering a page's tag in a table, finding it in any, moving it; its stack trace. See bind.c. */
#ifndef _LABYRINTH_CORE_BIND_H
#define _LABYRINTH_CORE_BIND_H

#include "table.h"

struct lab_tag *lab_tag_find_elsewhere(const struct lab_table *first, const struct page *page,
				       struct lab_table **where);

/* The tag of @page in any table; @first, which may be NULL, is searched first. */
static inline struct lab_tag *lab_tag_find(struct lab_table *first, const struct page *page,
					   struct lab_table **where)
{
	if (first) {
		struct lab_tag *tag = lab_table_find(first, page);

		*where = first;
		if (tag || READ_ONCE(lab_nr_tables) == 1)
			return tag;
	}
	return lab_tag_find_elsewhere(first, page, where);
}

struct lab_tag *lab_tag_bind(struct lab_table *first, struct page *page, u64 meta,
			     unsigned long caller, struct lab_table **where);

struct lab_tag *lab_tag_copy(struct lab_table *table, struct page *page,
			     const struct lab_tag *tag, u32 state);
void lab_tag_replace(struct lab_table *from, struct lab_tag *tag, struct lab_table *to,
		     struct lab_tag *copy, u32 state);

void lab_tag_save_stack(struct lab_table *table, struct lab_tag *tag);
const unsigned long *lab_tag_stack(const struct lab_table *table, const struct lab_tag *tag);

static inline struct lab_alloc_track lab_tag_track(const struct lab_table *table,
						   const struct lab_tag *tag)
{
	return (struct lab_alloc_track){
		.meta = READ_ONCE(tag->meta),
		.taken = READ_ONCE(tag->taken),
		.stack = lab_tag_stack(table, tag),
	};
}

#endif /* _LABYRINTH_CORE_BIND_H */
