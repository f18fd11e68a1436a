/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of tags, and a look-up in one of them. See table.c. */
#ifndef _LABYRINTH_CORE_TABLE_H
#define _LABYRINTH_CORE_TABLE_H

#include <linux/hash.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "tag.h"

/* Two slots of 32 bytes each are the documented 64 bytes per page. */
#define LAB_SLOTS_PER_PAGE	2

/* A page's tag is at most this many slots from its home; also the bits in lab_tag::hop. */
#define LAB_HOP_RANGE		32

/* Every look-up reads the first of these, which have no bit: most tags are there. */
#define LAB_HOP_NEAR		2

/*
 * Slots at the beginning of a table that are no page's. The first ends a stack, and is the home
 * of NULL. Their page, lab_no_page, has no reference.
 */
#define LAB_NR_ENDS		LAB_HOP_NEAR
extern struct lab_tag lab_nowhere[LAB_NR_ENDS];

static inline bool lab_tag_is_end(const struct lab_tag *tag)
{
	return tag->page == &lab_no_page;
}

#define LAB_STACK_PUSH		BIT_ULL(32)	/* one push, in a stack's head */

/* The slots of a table, for the fast path. */
struct lab_slots {
	struct lab_tag *tags;
	void *pushed;		/* @tags - LAB_STACK_PUSH: see lab_stack_push_all() */
	u32 homes;		/* bytes at the beginning of @tags that are homes */
};

struct lab_table {
	struct lab_slots slots;
	unsigned long (*stacks)[LAB_STACK_DEPTH];	/* a trace per slot, or NULL */
	u32 nr_slots;
	u32 nr;			/* in lab_tables */
	u32 capacity;		/* tags that fit, at half load; guarded by lab_owners_lock */
	u32 reserved;		/* sum of labyrinth_owner::tags of its owners; guarded as well */
	bool closed;		/* takes no tags of other tables' owners */
};

/* Tags of the smallest table; in a larger one more tags are near their homes. */
#define LAB_TABLE_MIN		256U

/* Tags of the largest: lab_tag::below must hold its size in bytes. */
#define LAB_TABLE_MAX		(BIT(31) / sizeof(struct lab_tag) / LAB_SLOTS_PER_PAGE - \
				 LAB_HOP_RANGE)

/* Guards the life of owners, tables and orphans. Alloc and free never take it. */
extern struct mutex lab_owners_lock;

#define LAB_NR_TABLES		64
extern struct lab_table __rcu *lab_tables[LAB_NR_TABLES];
extern unsigned int lab_nr_tables;

static inline bool lab_tag_is_near(const struct lab_tag *home, const struct lab_tag *tag)
{
	return tag - home < LAB_HOP_NEAR;
}

static inline void lab_tag_show(struct lab_tag *home, struct lab_tag *tag)
{
	if (lab_tag_is_near(home, tag))
		return;
	/* T1: the tag is complete before its bit is visible. Pairs with lab_find(). */
	smp_mb__before_atomic();
	atomic_or(BIT(tag - home), &home->hop);
}

/* reciprocal_scale() without its shift, for which the limits of tests/bench have no room. */
static __always_inline u32 lab_scale(u32 hash, u32 range)
{
#ifdef CONFIG_X86_64
	u32 low, high;

	asm("mull %3" : "=a" (low), "=d" (high) : "0" (hash), "rm" (range) : "cc");
	return high;
#else
	return reciprocal_scale(hash, range);
#endif
}

/*
 * The home of @page: Fibonacci hashing of its address, scaled to the table by another
 * multiplication. The home of NULL is slot 0.
 */
static __always_inline struct lab_tag *lab_home(const struct lab_slots *slots,
						const struct page *page)
{
	u32 hash = (u32)(unsigned long)page * GOLDEN_RATIO_32;

	/* Disabling the fast path, and destroy, change these; calls may see either value. */
	return (void *)lab_peek(slots->tags) +
	       (lab_scale(hash, lab_peek(slots->homes)) & -(u32)sizeof(*slots->tags));
}

static inline struct lab_tag *lab_table_home(const struct lab_table *table, const struct page *page)
{
	return lab_home(&table->slots, page);
}

/* True if the tag of @page is near its @home; it is returned in @tag. */
static __always_inline bool lab_find_near(struct lab_tag *home, const struct page *page,
					  struct lab_tag **tag)
{
	BUILD_BUG_ON(LAB_HOP_NEAR != 2);
	*tag = home;
	if (likely(lab_tag_is(home, page)))
		return true;
	*tag = home + 1;
	return lab_tag_is(home + 1, page);
}

/* The same anywhere in the table. The acquire pairs with T1. */
static __always_inline bool lab_find(struct lab_tag *home, const struct page *page,
				     struct lab_tag **tag)
{
	unsigned long hop;

	if (likely(lab_find_near(home, page, tag)))
		return true;
	/* Not for NULL: that is the page of a slot that is being freed. */
	for (hop = page ? (u32)atomic_read_acquire(&home->hop) : 0; hop; hop &= hop - 1) {
		*tag = home + __ffs(hop);
		if (likely(lab_tag_is(*tag, page)))
			return true;
	}
	return false;
}

/* The tag of @page in @table, or NULL. */
static inline struct lab_tag *lab_table_find(const struct lab_table *table, const struct page *page)
{
	struct lab_tag *tag;

	return lab_find(lab_table_home(table, page), page, &tag) ? tag : NULL;
}

/* Free the slot of @page's tag, which the caller has set to LAB_MOVING or LAB_ARRIVING. */
static inline void lab_tag_unbind(struct lab_table *table, struct lab_tag *tag,
				  const struct page *page)
{
	struct lab_tag *home = lab_table_home(table, page);

	if (!lab_tag_is_near(home, tag))
		atomic_andnot(BIT(tag - home), &home->hop);
	lab_tag_drop(tag);
}

/*
 * A transfer between tables moves the tag, and a concurrent look-up may miss both copies. If it
 * must not, this count must be the same before and after it.
 */
extern atomic_t lab_tag_moves;

static __always_inline int lab_tag_moves_before(void)
{
	/* T3: pairs with lab_tag_replace(). */
	return atomic_read_acquire(&lab_tag_moves);
}

static __always_inline bool lab_tag_moved_since(int before)
{
	smp_rmb();	/* T3 */
	return unlikely(atomic_read(&lab_tag_moves) != before);
}

static inline struct lab_table *lab_table_nth(unsigned int i)
{
	/* Preemption is disabled, or an owner or lab_owners_lock keeps the table. */
	return rcu_dereference_raw(lab_tables[i]);
}

/* A walk over all tags, in process context. */
struct lab_walk {
	unsigned int nr;	/* table, 0 to begin with */
	u32 slot;		/* last slot read in it, 0 to begin with */
	struct lab_table *table;	/* set by each step */
};

struct lab_tag *lab_walk_next(struct lab_walk *walk);

void *lab_table_mem(size_t size);
struct lab_table *lab_table_get(u32 budget, bool stacks);
u32 lab_table_room(const struct lab_table *table);
bool lab_table_resize(struct lab_table *table, u32 from, u32 to);
void lab_table_put(struct lab_table *table, u32 budget);
void lab_table_reap(void);
size_t lab_table_bytes(const struct lab_table *table, u32 budget);

#endif /* _LABYRINTH_CORE_TABLE_H */
