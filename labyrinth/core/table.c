// SPDX-License-Identifier: GPL-2.0
/*
 * The tag tables: a tag per page, off the page, found by the page's address.
 *
 * A table is an open hash table whose slots are the tags themselves, so claiming a slot both
 * allocates a tag and enters it. A page's tag is within LAB_HOP_RANGE slots of its home, and
 * the home's bitmap says where (hopscotch hashing without displacement). A look-up reads the
 * first LAB_HOP_NEAR slots, where most tags are, then the bitmap and the few slots in it.
 *
 * A table has room for the budgets and stocks of its owners at half load. It never moves or
 * grows; when it is full, another one is made, with at least a quarter of the total size, so
 * there are few. A look-up starts in the owner's table.
 *
 * Look-ups are lock-free in any context with preemption disabled: tables are freed after an RCU
 * grace period. Binding and unbinding are lock-free as well.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "table.h"

/* From this size on, a few percent more are worth huge pages. */
#define LAB_HUGE_TABLE	(16 * PMD_SIZE)

/* A table that is too large must fail, without the OOM killer or a warning. */
#define LAB_GFP_TABLE	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* See table.h. */
DEFINE_MUTEX(lab_owners_lock);

/* Only its flags and counts are read: no mark, no reference. */
struct page lab_no_page;

/* The first slots of every table, and in place of the tags of a dead owner. */
struct lab_tag lab_nowhere[LAB_NR_ENDS] = {
	[0 ... LAB_NR_ENDS - 1] = { .page = &lab_no_page },
};

struct lab_table __rcu *lab_tables[LAB_NR_TABLES];
unsigned int lab_nr_tables;	/* highest slot of lab_tables in use, plus one */
atomic_t lab_tag_moves;

/*
 * Zeroed memory for a table, not much more than its size: kvzalloc() would round up to a power
 * of two, or to huge pages. lab_owners_lock is held: no allocation may wait for I/O.
 */
void *lab_table_mem(size_t size)
{
	unsigned int noio = memalloc_noio_save();
	void *mem;

	if (size > PAGE_SIZE && size < LAB_HUGE_TABLE)
		mem = __vmalloc(size, LAB_GFP_TABLE | __GFP_ZERO);
	else
		mem = kvzalloc(size, LAB_GFP_TABLE);
	memalloc_noio_restore(noio);
	return mem;
}

static void lab_table_free(struct lab_table *table)
{
	kvfree(table->stacks);
	kvfree(table->slots.tags);
	kfree(table);
}

static struct lab_table *lab_table_new(u32 capacity, bool stacks)
{
	struct lab_table *table = kzalloc(sizeof(*table), GFP_NOIO);
	struct lab_tag *tags;

	if (!table)
		return NULL;
	table->capacity = capacity;
	table->nr_slots = capacity * LAB_SLOTS_PER_PAGE + LAB_HOP_RANGE - 1;
	/* Zeroed memory is a table of free slots. */
	tags = lab_table_mem(array_size(table->nr_slots, sizeof(*tags)));
	if (stacks)
		table->stacks = lab_table_mem(array_size(table->nr_slots, sizeof(*table->stacks)));
	table->slots.tags = tags;
	if (!tags || (stacks && !table->stacks)) {
		lab_table_free(table);
		return NULL;
	}
	memcpy(tags, lab_nowhere, sizeof(lab_nowhere));
	table->slots.pushed = (void *)tags - LAB_STACK_PUSH;
	table->slots.homes = capacity * LAB_SLOTS_PER_PAGE * sizeof(*tags);
	return table;
}

/* Admit an owner of @budget pages to a table. Needs lab_owners_lock. */
struct lab_table *lab_table_get(u32 budget, bool stacks)
{
	struct lab_table *table;
	unsigned int i, vacant = LAB_NR_TABLES;
	u64 total = 0;

	lockdep_assert_held(&lab_owners_lock);
	for (i = 0; i < LAB_NR_TABLES; i++) {
		table = lab_table_nth(i);
		if (!table) {
			vacant = min(vacant, i);
			continue;
		}
		total += table->capacity;
		/* Stack traces cost more than tags: owners without them use other tables. */
		if (!!table->stacks == stacks && (u64)table->reserved + budget <= table->capacity)
			goto found;
	}
	if (vacant == LAB_NR_TABLES)
		return NULL;
	table = lab_table_new(max3(budget, (u32)min_t(u64, total / 4, LAB_TABLE_MAX),
				   (u32)LAB_TABLE_MIN), stacks);
	if (!table)
		return NULL;
	table->nr = vacant;
	rcu_assign_pointer(lab_tables[vacant], table);
	WRITE_ONCE(lab_nr_tables, max(lab_nr_tables, vacant + 1));
found:
	table->reserved += budget;
	return table;
}

/*
 * How many more tags its owners may have. A table does not grow; they come from the room beyond
 * half load, up to 5/8 of its slots. At that load it is still very unlikely that all
 * LAB_HOP_RANGE slots are taken, and few more tags are beyond LAB_HOP_NEAR. Needs
 * lab_owners_lock.
 */
u32 lab_table_room(const struct lab_table *table)
{
	u64 most = (u64)table->capacity * LAB_SLOTS_PER_PAGE * 5 / 8;

	lockdep_assert_held(&lab_owners_lock);
	return table->reserved < most ? most - table->reserved : 0;
}

/* An owner needs @to tags instead of @from. False if there is no room. The same. */
bool lab_table_resize(struct lab_table *table, u32 from, u32 to)
{
	if (to > from && to - from > lab_table_room(table))
		return false;
	table->reserved += to - from;
	return true;
}

/* An owner leaves its table. Needs lab_owners_lock. */
void lab_table_put(struct lab_table *table, u32 budget)
{
	lockdep_assert_held(&lab_owners_lock);
	table->reserved -= budget;
	lab_table_reap();
}

static bool lab_table_vacant(const struct lab_table *table)
{
	u32 i;

	for (i = LAB_NR_ENDS; i < table->nr_slots; i++) {
		if (READ_ONCE(table->slots.tags[i].page))
			return false;
		cond_resched();
	}
	return true;
}

/*
 * Free unused tables. A table may outlive its owners if it has a tag of another table's owner.
 */
void lab_table_reap(void)
{
	unsigned int i;

	lockdep_assert_held(&lab_owners_lock);
	for (i = 0; i < LAB_NR_TABLES; i++) {
		struct lab_table *table = lab_table_nth(i);

		if (!table || table->reserved)
			continue;
		/* No owner of another table may enter a page here meanwhile. */
		WRITE_ONCE(table->closed, true);
		synchronize_rcu();
		if (!lab_table_vacant(table)) {
			WRITE_ONCE(table->closed, false);
			continue;
		}
		RCU_INIT_POINTER(lab_tables[i], NULL);
		synchronize_rcu();
		lab_table_free(table);
	}
	while (lab_nr_tables && !lab_table_nth(lab_nr_tables - 1))
		WRITE_ONCE(lab_nr_tables, lab_nr_tables - 1);
}

/* The next claimed tag, or NULL. Needs lab_owners_lock, which keeps the tables. */
struct lab_tag *lab_walk_next(struct lab_walk *walk)
{
	lockdep_assert_held(&lab_owners_lock);
	for (; walk->nr < lab_nr_tables; walk->nr++, walk->slot = 0) {
		walk->table = lab_table_nth(walk->nr);
		while (walk->table && ++walk->slot < walk->table->nr_slots) {
			struct lab_tag *tag = &walk->table->slots.tags[walk->slot];

			/* The ends have no state. */
			if (READ_ONCE(tag->page) && READ_ONCE(tag->state))
				return tag;
			cond_resched();
		}
	}
	return NULL;
}

/* Memory for the tags of @budget pages in @table, in bytes. */
size_t lab_table_bytes(const struct lab_table *table, u32 budget)
{
	size_t per_slot = sizeof(*table->slots.tags) + (table->stacks ? sizeof(*table->stacks) : 0);

	return (size_t)budget * LAB_SLOTS_PER_PAGE * per_slot;
}
