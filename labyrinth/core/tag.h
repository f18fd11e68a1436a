/* SPDX-License-Identifier: GPL-2.0 */
/* What labyrinth knows of a page, and how to find it. See tag.c. */
#ifndef _LABYRINTH_CORE_TAG_H
#define _LABYRINTH_CORE_TAG_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/types.h>

#include "compat.h"
#include "context.h"

/*
 * The word of a tag says it all:
 *
 *	63      40 39   35 34   32 31   24 23       8 7     0
 *	+---------+-------+-------+-------+----------+-------+
 *	|  owner  | flags | state |  CPU  | context  |  CPU  |
 *	+---------+-------+-------+-------+----------+-------+
 *
 * The upper half is the tag's "head", changed by cmpxchg: an owner compares it in
 * one go. The lower half says "where" the page was taken, the context in those bits
 * in which the preemption count has it.
 */
enum lab_state {
	LAB_FREE,		/* no page: the slot may be claimed */
	LAB_READY,		/* on one of its owner's stacks */
	LAB_OWNED,		/* handed out */
	LAB_QUARANTINED,	/* on its owner's quarantine stack: shared when it was given back */
	LAB_MOVING,		/* one CPU is taking it from one state to another */
	LAB_ARRIVING,		/* the same: to the owner it names, by a transfer */
	LAB_NR_STATES,
};

#define LAB_STATE_MASK		GENMASK(2, 0)
#define LAB_FROM_RESERVE	BIT(3)	/* OWNED and taken from below min */
#define LAB_AWAY		BIT(4)	/* transferred in, or in another table: not recycled */
#define LAB_POISONED		BIT(5)	/* READY or QUARANTINED, and filled with the poison */
#define LAB_ZEROED		BIT(6)	/* READY and known to be zero-filled */
#define LAB_REPORTED		BIT(7)	/* READY, and what is wrong with it has been reported */
#define LAB_FLAGS_MASK		GENMASK(7, 3)
/* Of QUARANTINED tags: how many looks found the page shared. The last of these reports it. */
#define LAB_LOOK		BIT(6)
#define LAB_LOOKS_REPORTED	GENMASK(7, 6)
#define LAB_OWNER_SHIFT		8
#define LAB_OWNER_MAX		(BIT(24) - 1)

/* No tag's: turning from it never succeeds. */
#define LAB_NO_HEAD		U32_MAX

struct lab_tag {
	union {
		u64 word;
		struct {
#ifdef __LITTLE_ENDIAN
			u32 where;
			u32 head;
#else
			u32 head;
			u32 where;
#endif
		};
	};
	struct page *page;	/* NULL: slot is unclaimed */
	atomic_t hop;		/* bit i: slot "this + i" holds a page whose home is here */
	s32 below;		/* bytes to the tag below on the same stack */
	union {
		u64 taken;	/* both of these */
		struct {
			u32 caller;	/* of the allocation, packed */
			u32 time;	/* when, in units of LAB_TIME_JIFFIES */
		};
	};
};

/* Two slots a page at 32 bytes each are the 64 bytes a page that we promise. */
#define LAB_SLOTS_PER_PAGE	2
static_assert(sizeof(struct lab_tag) == 32);
static_assert(CONFIG_NR_CPUS <= 65536);

/* A page lives at most this many slots from its home; also the bits in lab_tag::hop. */
#define LAB_HOP_RANGE		32

/* The first of these are looked at by every call, and need no bit: most tags lie there. */
#define LAB_HOP_NEAR		2

/*
 * Slots that are no page's, at the beginning of a table. The first ends a stack, and is
 * home to the NULL pointer. What these slots say their page is has no reference.
 */
#define LAB_NR_ENDS		LAB_HOP_NEAR
extern struct lab_tag lab_nowhere[LAB_NR_ENDS];
extern struct page lab_no_page;

static inline bool lab_tag_is_end(const struct lab_tag *tag)
{
	return tag->page == &lab_no_page;
}

#define LAB_STACK_DEPTH		8

/* How a page was taken, as its tag tells; unknown where the word is 0. */
struct lab_alloc_track {
	u64 word;
	u64 taken;			/* lab_tag::taken */
	const unsigned long *stack;	/* LAB_STACK_DEPTH entries, or NULL; may change any time */
};

#define LAB_STACK_PUSH		BIT_ULL(32)	/* in a stack's head: one more in the count */

/* The slots of a table, as the fast path wants to know of them. */
struct lab_slots {
	struct lab_tag *tags;
	void *pushed;		/* @tags less LAB_STACK_PUSH: see lab_stack_push_all() */
	u32 homes;		/* bytes of @tags, from the first on, that are homes */
};

struct lab_table {
	struct lab_slots slots;
	unsigned long (*stacks)[LAB_STACK_DEPTH];	/* a trace per slot, or NULL */
	u32 nr_slots;
	u32 capacity;		/* tags that fit, at half load; guarded by lab_owners_lock */
	u32 reserved;		/* labyrinth_owner::tags of those admitted; guarded as well */
	bool closed;		/* takes no page of an owner of another table */
};

/* Tags of the smallest table: in a larger one more lie near their homes. */
#define LAB_TABLE_MIN		256U

/* Tags of the largest: its bytes can be told by lab_tag::below. */
#define LAB_TABLE_MAX		(BIT(31) / sizeof(struct lab_tag) / LAB_SLOTS_PER_PAGE - \
				 LAB_HOP_RANGE)

/* Guards the life of owners, tables and orphans; no page's way takes it. */
extern struct mutex lab_owners_lock;

#define LAB_NR_TABLES		64
extern struct lab_table __rcu *lab_tables[LAB_NR_TABLES];
extern unsigned int lab_nr_tables;

static inline u32 lab_head(u32 owner, u32 flags, enum lab_state state)
{
	return owner << LAB_OWNER_SHIFT | flags | state;
}

static inline u32 lab_word_head(u64 word)
{
	return word >> 32;
}

static inline enum lab_state lab_head_state(u32 head)
{
	return head & LAB_STATE_MASK;
}

static inline u32 lab_word_owner(u64 word)
{
	return word >> (32 + LAB_OWNER_SHIFT);
}

static inline u32 lab_word_flags(u64 word)
{
	return (word >> 32) & LAB_FLAGS_MASK;
}

static inline enum lab_state lab_word_state(u64 word)
{
	return lab_head_state(lab_word_head(word));
}

static inline bool lab_word_from_reserve(u64 word)
{
	return lab_word_state(word) == LAB_OWNED && lab_word_flags(word) & LAB_FROM_RESERVE;
}

/* One CPU has the tag to itself: nobody else may change it. */
static inline bool lab_state_moves(enum lab_state state)
{
	return state >= LAB_MOVING;
}

/* What the public is told of a state that is only passed through. */
static inline enum labyrinth_state lab_state_public(enum lab_state state)
{
	switch (state) {
	case LAB_READY:
		return LABYRINTH_READY;
	case LAB_QUARANTINED:
		return LABYRINTH_QUARANTINED;
	default:
		return LABYRINTH_OWNED;
	}
}

static inline unsigned int lab_word_cpu(u64 word)
{
	return (word & 0xff) | (word >> 16 & 0xff00);
}

static inline enum labyrinth_context lab_word_context(u64 word)
{
	return lab_context_decode(word >> 8 & 0xffff);
}

static inline u64 lab_word(u32 head, u32 where)
{
	return (u64)head << 32 | where;
}

/* CPU and context; both halves of the CPU's number stay clear of the context's 16 bits. */
static inline u32 lab_where(unsigned int cpu, u32 context)
{
	return (cpu & 0xff) | context << 8 | (cpu & 0xff00) << 16;
}

/* A word for this CPU and context. Needs preemption disabled. */
static inline u64 lab_word_here(u32 head)
{
	return lab_word(head, lab_where(raw_smp_processor_id(), lab_context_bits()));
}

/* 13 to 20 ms a unit: wraps after more than a year. */
#define LAB_TIME_JIFFIES	BIT(ilog2(HZ / 50))

static inline u32 lab_time_now(void)
{
	return (u32)(jiffies / LAB_TIME_JIFFIES);
}

static inline u64 lab_time_age_ms(u32 then)
{
	return jiffies64_to_msecs((u64)(u32)(lab_time_now() - then) * LAB_TIME_JIFFIES);
}

/*
 * Kernel and modules lie within 2 GiB of each other: the lower half of a caller
 * says how far it is from anything of labyrinth's own.
 */
static inline u32 lab_caller_pack(unsigned long ip)
{
	return (u32)ip;
}

static inline unsigned long lab_caller_unpack(u32 caller)
{
	unsigned long near = (unsigned long)lab_tables;

	return near + (s32)(caller - (u32)near);
}

/* What goes into lab_tag::taken of a page that is taken now. */
static __always_inline u64 lab_taken(unsigned long caller)
{
#ifdef __LITTLE_ENDIAN
	return (u64)lab_time_now() << 32 | lab_caller_pack(caller);
#else
	return (u64)lab_caller_pack(caller) << 32 | lab_time_now();
#endif
}

/* Caller, place and time of an allocation: not one step, so a report may mix two holders. */
static inline void lab_tag_fill(struct lab_tag *tag, u64 word, unsigned long caller)
{
	WRITE_ONCE(tag->caller, lab_caller_pack(caller));
	WRITE_ONCE(tag->time, lab_time_now());
	/* P3: all that was read of it as the tag of a ready page was read before. */
	smp_store_release(&tag->word, word);
}

static inline unsigned long lab_tag_caller(const struct lab_tag *tag)
{
	return lab_caller_unpack(READ_ONCE(tag->caller));
}

static inline bool lab_tag_is_near(const struct lab_tag *home, const struct lab_tag *tag)
{
	return tag - home < LAB_HOP_NEAR;
}

static inline void lab_tag_show(struct lab_tag *home, struct lab_tag *tag)
{
	if (lab_tag_is_near(home, tag))
		return;
	/* T1: the tag is whole before its bit shows. Pairs with lab_find(). */
	smp_mb__before_atomic();
	atomic_or(BIT(tag - home), &home->hop);
}

/* reciprocal_scale(), which compilers shift for though the processor has the upper half apart. */
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
 * The home of @page: Fibonacci hashing of its address, scaled to the bytes by one more
 * multiplication. NULL's is slot 0.
 */
static __always_inline struct lab_tag *lab_home(const struct lab_slots *slots,
						const struct page *page)
{
	u32 hash = (u32)(unsigned long)page * GOLDEN_RATIO_32;

	/* Only an owner's death changes these, and calls in flight may have either. */
	return (void *)lab_peek(slots->tags) +
	       (lab_scale(hash, lab_peek(slots->homes)) & -(u32)sizeof(*slots->tags));
}

static inline struct lab_tag *lab_table_home(const struct lab_table *table, const struct page *page)
{
	return lab_home(&table->slots, page);
}

/* Is @tag that of @page? T2: what else it says is read afterwards. */
static __always_inline bool lab_tag_is(const struct lab_tag *tag, const struct page *page)
{
	if (lab_peek(tag->page) != page)
		return false;
	smp_acquire__after_ctrl_dep();
	return true;
}

/* True where the tag of @page lies near its @home, and is in @tag. */
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

/* The same wherever it lies. The acquire pairs with T1. */
static __always_inline bool lab_find(struct lab_tag *home, const struct page *page,
				     struct lab_tag **tag)
{
	unsigned long hop;

	if (likely(lab_find_near(home, page, tag)))
		return true;
	/* A slot that is just being left says NULL. */
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

/*
 * The one step that decides between callers: F1. Of two that found @tag for
 * @page with @head, one wins. The tag may have gone to another page meanwhile and
 * carry the same head again: a caller that finds that by lab_tag_is() has lost, and puts
 * it back.
 */
static __always_inline bool lab_tag_turn(struct lab_tag *tag, u32 head, u32 changed)
{
	return likely(try_cmpxchg(&tag->head, &head, changed));
}

static inline void lab_tag_turn_back(struct lab_tag *tag, u32 head, u32 changed)
{
	/* The audit may have taken it for a ready page, and have reported something. */
	if (cmpxchg(&tag->head, changed, head) != changed)
		cmpxchg(&tag->head, changed | LAB_REPORTED, head);
}

/* All of it. */
static inline bool lab_tag_change(struct lab_tag *tag, const struct page *page, u32 head,
				  u32 changed)
{
	if (!lab_tag_turn(tag, head, changed))
		return false;
	if (likely(lab_tag_is(tag, page)))
		return true;
	lab_tag_turn_back(tag, head, changed);
	return false;
}

struct lab_tag *lab_tag_find_elsewhere(const struct lab_table *first, const struct page *page,
				       struct lab_table **where);

/* The tag of @page in any table, looking in @first (may be NULL) before the others. */
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

struct lab_tag *lab_tag_bind(struct lab_table *first, struct page *page, u64 word,
			     unsigned long caller, struct lab_table **where);

/* Give a tag's slot back, of which nobody looks for a page there any more. */
static inline void lab_tag_drop(struct lab_tag *tag)
{
	WRITE_ONCE(tag->word, 0);
	/* T2: the slot is empty before it can be claimed again. Pairs with the claim's cmpxchg. */
	smp_store_release(&tag->page, NULL);
}

/* The caller has the tag of @page to itself, and in LAB_MOVING: out of look-ups, and gone. */
static inline void lab_tag_unbind(struct lab_table *table, struct lab_tag *tag,
				  const struct page *page)
{
	struct lab_tag *home = lab_table_home(table, page);

	if (!lab_tag_is_near(home, tag))
		atomic_andnot(BIT(tag - home), &home->hop);
	lab_tag_drop(tag);
}

struct lab_tag *lab_tag_copy(struct lab_table *table, const struct lab_tag *tag, u32 head);
void lab_tag_replace(struct lab_table *from, struct lab_tag *tag, struct lab_table *to,
		     struct lab_tag *copy, u32 head);

static inline struct lab_table *lab_table_nth(unsigned int i)
{
	/* Readers disable preemption; owners of a table and lab_owners_lock keep it as well. */
	return rcu_dereference_raw(lab_tables[i]);
}

/*
 * A transfer between tables takes the tag along, and a look-up just then may have passed by
 * both of its places. Where that must not be, this count must be the same before it
 * and after.
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

/* Has @page no tag in any table but @first? Needs preemption disabled. */
static __always_inline bool lab_tag_nowhere_but(const struct lab_table *first,
						const struct page *page)
{
	unsigned int i, nr = READ_ONCE(lab_nr_tables);

	if (likely(nr == 1))
		return true;
	for (i = 0; i < nr; i++) {
		struct lab_table *table = lab_table_nth(i);

		if (table && table != first && lab_table_find(table, page))
			return false;
	}
	return true;
}

/* A walk over all tags, in process context. */
struct lab_walk {
	unsigned int nr;	/* table, 0 to begin with */
	u32 slot;		/* slot in it that was looked at last, 0 to begin with */
	struct lab_table *table;	/* set by each step */
};

struct lab_tag *lab_walk_next(struct lab_walk *walk);

struct lab_table *lab_table_get(u32 budget, bool stacks);
u32 lab_table_room(const struct lab_table *table);
bool lab_table_resize(struct lab_table *table, u32 from, u32 to);
void lab_table_put(struct lab_table *table, u32 budget);
void lab_table_reap(void);
size_t lab_table_bytes(const struct lab_table *table, u32 budget);
void lab_tag_save_stack(struct lab_table *table, struct lab_tag *tag);
const unsigned long *lab_tag_stack(const struct lab_table *table, const struct lab_tag *tag);

static inline struct lab_alloc_track lab_tag_track(const struct lab_table *table,
						   const struct lab_tag *tag)
{
	return (struct lab_alloc_track){
		.word = READ_ONCE(tag->word),
		.taken = READ_ONCE(tag->taken),
		.stack = lab_tag_stack(table, tag),
	};
}

/* As a tag of its own, which has the caller and the time. */
static inline struct lab_tag lab_track_tag(const struct lab_alloc_track *track)
{
	return (struct lab_tag){ .word = track->word, .taken = track->taken };
}

/* Return address of the call that took the page, 0 where that is unknown. */
static inline unsigned long lab_track_caller(const struct lab_alloc_track *track)
{
	struct lab_tag tag = lab_track_tag(track);

	return track->word ? lab_tag_caller(&tag) : 0;
}

#endif /* _LABYRINTH_CORE_TAG_H */
