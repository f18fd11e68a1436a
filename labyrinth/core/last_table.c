// SPDX-License-Identifier: GPL-2.0
/*
 * Which table has had a page's tag last: no other can have an old tag of it.
 *
 * A page fresh from the kernel may have an old tag in any table, if it was freed behind
 * labyrinth's back. The more tables there are, the longer a search of all takes. So the CPU that
 * is about to bind a page's tag records the table, and the next CPU that gets the page from the
 * kernel searches that table only. A page without a record is searched for in all tables.
 *
 * A page's record is written only by a CPU that has just got the page from the kernel, before
 * it binds the tag. The page allocator orders these CPUs, so plain loads and stores suffice. Pages
 * that share a slot overwrite each other's records. A transfer to another table erases the
 * record while the old tag is LAB_ARRIVING: a CPU that looks for an old tag finds that one until
 * it is gone, so none can record its table any more. lab_tag_moves is for the look-ups meanwhile;
 * the record is part of a look-up.
 *
 * With one table there are no records.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>

#include "last_table.h"

struct lab_last_tables {
	unsigned int shift;		/* from a hash to a slot */
	unsigned long slots[];		/* page << LAB_LAST_SHIFT | table, or 0 */
};

/* The upper bits of all kernel addresses are the same. */
#define LAB_LAST_SHIFT		8
static_assert(!((LAB_NR_TABLES - 1) >> LAB_LAST_SHIFT));

/* NULL with less than two tables, or for lack of memory. */
static struct lab_last_tables __rcu *lab_last_tables;

/* The slot for the record of @page, or NULL. Needs preemption disabled. */
static unsigned long *lab_last_slot(const struct page *page)
{
	struct lab_last_tables *last = rcu_dereference_raw(lab_last_tables);
	u32 hash = (u32)(unsigned long)page * GOLDEN_RATIO_32;

	return last ? &last->slots[hash >> last->shift] : NULL;
}

static unsigned long lab_last_record(const struct page *page, const struct lab_table *table)
{
	return (unsigned long)page << LAB_LAST_SHIFT | table->nr;
}

static bool lab_last_is(unsigned long record, const struct page *page)
{
	return record &&
	       record >> LAB_LAST_SHIFT == (unsigned long)page << LAB_LAST_SHIFT >> LAB_LAST_SHIFT;
}

/*
 * Search for an old tag outside of @first: in the recorded table if there is a record, else in
 * all. If there is none, record @first and return true.
 */
bool lab_last_search(const struct lab_table *first, const struct page *page)
{
	/* Before the record is read: a tag that moves leaves the recorded table. */
	int moves = lab_tag_moves_before();
	unsigned long *slot = lab_last_slot(page), record = slot ? READ_ONCE(*slot) : 0;
	unsigned int i = 0, nr = READ_ONCE(lab_nr_tables);

	if (likely(record == lab_last_record(page, first)))
		return true;
	if (lab_last_is(record, page)) {
		i = record & (BIT(LAB_LAST_SHIFT) - 1);
		nr = min(nr, i + 1);
	}
	for (; i < nr; i++) {
		struct lab_table *table = lab_table_nth(i);

		if (table && table != first && lab_table_find(table, page))
			return false;
	}
	if (lab_tag_moved_since(moves))
		return false;
	if (slot)
		WRITE_ONCE(*slot, lab_last_record(page, first));
	return true;
}

/* This CPU is about to bind the tag of @page, fresh from the kernel, in @table. */
void lab_last_set(const struct page *page, const struct lab_table *table)
{
	unsigned long *slot = lab_last_slot(page);

	if (slot)
		WRITE_ONCE(*slot, lab_last_record(page, table));
}

/* The tag of @page is about to move to another table; it is LAB_ARRIVING. */
void lab_last_erase(const struct page *page)
{
	unsigned long *slot = lab_last_slot(page);

	if (slot && lab_last_is(READ_ONCE(*slot), page))
		WRITE_ONCE(*slot, 0);
}

static void lab_last_replace(struct lab_last_tables *last)
{
	last = rcu_replace_pointer(lab_last_tables, last, lockdep_is_held(&lab_owners_lock));
	if (!last)
		return;
	synchronize_rcu();
	kvfree(last);
}

/* Have slots for the pages of all tables, or as many as there is memory for. */
static void lab_last_resize(void)
{
	struct lab_last_tables *last = rcu_dereference_protected(lab_last_tables,
								lockdep_is_held(&lab_owners_lock));
	unsigned int i, bits;
	u64 tags = 0;

	for (i = 0; i < lab_nr_tables; i++)
		if (lab_table_nth(i))
			tags += lab_table_nth(i)->capacity;
	bits = ilog2(roundup_pow_of_two(tags));
	if (last && bits <= 32 - last->shift)
		return;
	last = lab_table_mem(struct_size(last, slots, BIT(bits)));
	if (!last)
		return;
	last->shift = 32 - bits;
	lab_last_replace(last);
}

/*
 * A table has been added or removed. With one table, records are not kept up: those of before
 * must be gone when there is a second one again. Needs lab_owners_lock.
 */
void lab_last_update(void)
{
	if (lab_nr_tables > 1)
		lab_last_resize();
	else
		lab_last_replace(NULL);
}
