/* SPDX-License-Identifier: GPL-2.0 */
/* What labyrinth knows of a page, and how to find it by PFN. See tag.c. */
#ifndef _LABYRINTH_TAG_H
#define _LABYRINTH_TAG_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/types.h>

#include "context.h"

/*
 * The word of a tag, changed by cmpxchg, says it all:
 *
 *	63      40 39   35 34   32 31      16 15      0
 *	+---------+-------+-------+----------+---------+
 *	|  owner  | flags | state |   CPU    | context |
 *	+---------+-------+-------+----------+---------+
 *
 * The upper half is the tag's "head": an owner compares it in one go.
 */
enum lab_state {
	LAB_FREE,		/* no page: the slot may be claimed */
	LAB_READY,		/* on one of its owner's stacks */
	LAB_OWNED,		/* handed out */
	LAB_QUARANTINED,	/* given back while somebody else held it */
	LAB_MOVING,		/* one CPU is taking it from one state to another */
	LAB_ARRIVING,		/* the same: to the owner it names, by a transfer */
	LAB_NR_STATES,
};

#define LAB_STATE_MASK		GENMASK(2, 0)
#define LAB_FROM_RESERVE	BIT(3)	/* taken from below min */
#define LAB_AWAY		BIT(4)	/* transferred in, or in another bank: not recycled */
#define LAB_ZEROED		BIT(5)	/* READY and known to be zero-filled */
#define LAB_POISONED		BIT(6)	/* READY and filled with the poison */
#define LAB_RESTORED		BIT(7)	/* READY, but somebody freed it meanwhile: see page.c */
#define LAB_FLAGS_MASK		GENMASK(7, 3)
#define LAB_OWNER_SHIFT		8
#define LAB_OWNER_MAX		(BIT(24) - 1)

struct lab_tag {
	u64 word;
	unsigned long pfn;	/* 0: slot is unclaimed */
	atomic_t hop;		/* bit i: slot "this + i" holds a page whose home is here */
	u32 next;		/* slot of the tag below on the same stack, 0 at the bottom */
	u32 caller;		/* who took the page, packed */
	u32 time;		/* when, in units of LAB_TIME_JIFFIES */
};

/* Two slots a page at 32 bytes each are the 64 bytes a page that we promise. */
#define LAB_SLOTS_PER_PAGE	2
static_assert(sizeof(struct lab_tag) == 32);
static_assert(CONFIG_NR_CPUS <= 65536);

/* A page lives at most this many slots from its home; also the bits in lab_tag::hop. */
#define LAB_HOP_RANGE		32

#define LAB_STACK_DEPTH		8

struct lab_bank {
	struct lab_tag *tags;	/* slot 0 is never used: index 0 ends a stack */
	unsigned long (*stacks)[LAB_STACK_DEPTH];	/* a trace per slot, or NULL */
	u32 nr_homes;
	u32 nr_slots;
	u32 capacity;		/* tags that fit, at half load; guarded by lab_owners_lock */
	u32 reserved;		/* lab_owner_tags() of those admitted; guarded by lab_owners_lock */
	bool closed;		/* takes no page of an owner of another bank */
};

#define LAB_NR_BANKS		64
extern struct lab_bank __rcu *lab_banks[LAB_NR_BANKS];
extern unsigned int lab_nr_banks;

static inline u32 lab_head(u32 owner, u32 flags, enum lab_state state)
{
	return owner << LAB_OWNER_SHIFT | flags | state;
}

static inline u32 lab_word_head(u64 word)
{
	return word >> 32;
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
	return (word >> 32) & LAB_STATE_MASK;
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
	return (word >> 16) & 0xffff;
}

static inline enum labyrinth_context lab_word_context(u64 word)
{
	return lab_context_decode(word & 0xffff);
}

static inline u64 lab_word(u32 head, u32 where)
{
	return (u64)head << 32 | where;
}

/* CPU and context */
static inline u32 lab_word_where(u64 word)
{
	return word;
}

/* The same tag under another head: who took the page, and where, stays. */
static inline u64 lab_word_with_head(u64 word, u32 head)
{
	return lab_word(head, lab_word_where(word));
}

/* A word for this CPU and context. Needs preemption disabled. */
static inline u64 lab_word_here(u32 head)
{
	return lab_word(head, (u32)raw_smp_processor_id() << 16 | lab_context_bits());
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
	unsigned long near = (unsigned long)lab_banks;

	return near + (s32)(caller - (u32)near);
}

/* Who took its page, where and when: not one step, so a report may mix two holders. */
static inline void lab_tag_fill(struct lab_tag *tag, u64 word, unsigned long caller)
{
	WRITE_ONCE(tag->caller, lab_caller_pack(caller));
	WRITE_ONCE(tag->time, lab_time_now());
	WRITE_ONCE(tag->word, word);
}

static inline unsigned long lab_tag_caller(const struct lab_tag *tag)
{
	return lab_caller_unpack(READ_ONCE(tag->caller));
}

static inline void lab_tag_show(struct lab_tag *home, struct lab_tag *tag)
{
	/* T1: the tag is whole before its bit shows. Pairs with lab_bank_find(). */
	smp_mb__before_atomic();
	atomic_or(BIT(tag - home), &home->hop);
}

static inline struct lab_tag *lab_bank_home(const struct lab_bank *bank, unsigned long pfn)
{
	return bank->tags + 1 + reciprocal_scale(__hash_32(pfn), bank->nr_homes);
}

/* The tag of @pfn in @bank, or NULL. Its acquire pairs with T1. */
static inline struct lab_tag *lab_bank_find(const struct lab_bank *bank, unsigned long pfn)
{
	struct lab_tag *home = lab_bank_home(bank, pfn);
	unsigned long hop = (u32)atomic_read_acquire(&home->hop);

	while (hop) {
		struct lab_tag *tag = home + __ffs(hop);

		if (READ_ONCE(tag->pfn) == pfn)
			return tag;
		hop &= hop - 1;
	}
	return NULL;
}

/*
 * The same, quicker for a tag at its home, where most are: true where it is
 * found. Its home is told as well.
 */
static __always_inline bool lab_bank_find_near(const struct lab_bank *bank, unsigned long pfn,
					       struct lab_tag **home, struct lab_tag **tag)
{
	*home = lab_bank_home(bank, pfn);
	*tag = *home;
	if (likely(atomic_read_acquire(&(*home)->hop) & 1 && READ_ONCE((*tag)->pfn) == pfn))
		return true;
	*tag = lab_bank_find(bank, pfn);
	return *tag;
}

/*
 * The one step that decides between callers: F1. Of two that found @tag for
 * @pfn with @word, one wins. The tag may have gone to another page meanwhile and
 * carry the same word again: whoever finds that puts it back and has lost.
 */
static inline bool lab_tag_change(struct lab_tag *tag, unsigned long pfn, u64 word, u64 changed)
{
	u64 old = word;

	if (unlikely(!try_cmpxchg(&tag->word, &old, changed)))
		return false;
	if (likely(READ_ONCE(tag->pfn) == pfn))
		return true;
	cmpxchg(&tag->word, changed, word);
	return false;
}

struct lab_tag *lab_tag_find_elsewhere(const struct lab_bank *first, unsigned long pfn,
				       struct lab_bank **where);

/* The tag of @pfn in any bank, looking in @first (may be NULL) before the others. */
static inline struct lab_tag *lab_tag_find(struct lab_bank *first, unsigned long pfn,
					   struct lab_bank **where)
{
	if (first) {
		struct lab_tag *tag = lab_bank_find(first, pfn);

		*where = first;
		if (tag || READ_ONCE(lab_nr_banks) == 1)
			return tag;
	}
	return lab_tag_find_elsewhere(first, pfn, where);
}

struct lab_tag *lab_tag_bind(struct lab_bank *first, unsigned long pfn, u64 word,
			     unsigned long caller, struct lab_bank **where);

/* Take the tag out of look-ups; the slot stays claimed. */
static inline void lab_tag_hide_from(struct lab_tag *home, struct lab_tag *tag)
{
	atomic_andnot(BIT(tag - home), &home->hop);
}

static inline void lab_tag_hide(struct lab_bank *bank, struct lab_tag *tag)
{
	lab_tag_hide_from(lab_bank_home(bank, tag->pfn), tag);
}

/* Give a hidden tag's slot back. */
static inline void lab_tag_drop(struct lab_tag *tag)
{
	WRITE_ONCE(tag->word, 0);
	/* T2: the slot is empty before it can be claimed again. Pairs with the claim's cmpxchg. */
	smp_store_release(&tag->pfn, 0);
}

/* The caller has the tag to itself, by its cmpxchg: see lab_state_moves(). */
static inline void lab_tag_unbind(struct lab_bank *bank, struct lab_tag *tag)
{
	lab_tag_hide(bank, tag);
	lab_tag_drop(tag);
}

struct lab_tag *lab_tag_copy(struct lab_bank *bank, unsigned long pfn, const struct lab_tag *tag,
			     u64 word);
void lab_tag_replace(struct lab_bank *from, struct lab_tag *tag,
		     struct lab_bank *to, struct lab_tag *copy, u64 word);

static inline struct lab_bank *lab_bank_nth(unsigned int i)
{
	/* Readers disable preemption; owners of a bank and lab_owners_lock keep it as well. */
	return rcu_dereference_raw(lab_banks[i]);
}

/* A walk over all tags, in process context. */
struct lab_walk {
	unsigned int nr;	/* bank, 0 to begin with */
	u32 slot;		/* slot in it that was looked at last, 0 to begin with */
	struct lab_bank *bank;	/* set by each step */
};

struct lab_tag *lab_walk_next(struct lab_walk *walk);

struct lab_bank *lab_bank_get(u32 budget, bool stacks);
void lab_bank_put(struct lab_bank *bank, u32 budget);
void lab_bank_reap(void);
size_t lab_bank_bytes(const struct lab_bank *bank, u32 budget);
void lab_tag_save_stack(struct lab_bank *bank, struct lab_tag *tag);
const unsigned long *lab_tag_stack(const struct lab_bank *bank, const struct lab_tag *tag);

#endif /* _LABYRINTH_TAG_H */
