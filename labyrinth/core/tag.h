/* SPDX-License-Identifier: GPL-2.0 */
/* What labyrinth knows of a page: its tag. See table.h for how it is found. */
#ifndef _LABYRINTH_CORE_TAG_H
#define _LABYRINTH_CORE_TAG_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/smp.h>
#include <linux/types.h>

#include "compat.h"
#include "context.h"

/*
 * The meta word of a tag:
 *
 *	63      40 39   35 34   32 31   24 23       8 7     0
 *	+---------+-------+-------+-------+----------+-------+
 *	|  owner  | flags | phase |  CPU  | context  |  CPU  |
 *	+---------+-------+-------+-------+----------+-------+
 *
 * The upper half is the tag's state, changed by cmpxchg; an owner compares it as a whole.
 * The lower half is where the page was taken; the context has the bits of the preemption
 * count.
 */
enum lab_phase {
	LAB_FREE,		/* no page: the slot may be claimed */
	LAB_READY,		/* on one of its owner's stacks, or cached */
	LAB_OWNED,		/* handed out */
	LAB_QUARANTINED,	/* on its owner's quarantine stack: shared when freed or popped */
	LAB_MOVING,		/* one CPU is changing it from one phase to another */
	LAB_ARRIVING,		/* the same, in a transfer to the owner it names */
	LAB_NR_PHASES,
};

#define LAB_PHASE_MASK		GENMASK(2, 0)
#define LAB_FROM_RESERVE	BIT(3)	/* OWNED and taken from below min */
#define LAB_CACHED		BIT(3)	/* READY and on no stack, see cache.h */
#define LAB_AWAY		BIT(4)	/* transferred in, or in another table: not recycled */
#define LAB_POISONED		BIT(5)	/* READY or QUARANTINED, and filled with the poison */
#define LAB_ZEROED		BIT(6)	/* READY and known to be zero-filled */
#define LAB_REPORTED		BIT(7)	/* READY, and its misuse has been reported */
#define LAB_FLAGS_MASK		GENMASK(7, 3)
/* QUARANTINED: how many scans found the page shared. The last one reports it. */
#define LAB_LOOK		BIT(6)
#define LAB_LOOKS_REPORTED	GENMASK(7, 6)
/* QUARANTINED: the page was freed behind labyrinth's back, and that has been reported. */
#define LAB_FREE_REPORTED	BIT(3)
#define LAB_OWNER_SHIFT		8
#define LAB_OWNER_MAX		(BIT(24) - 1)

/* No tag's: a transition from it never succeeds. */
#define LAB_NO_STATE		U32_MAX

struct lab_tag {
	union {
		u64 meta;
		struct {
#ifdef __LITTLE_ENDIAN
			u32 where;
			u32 state;
#else
			u32 state;
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

static_assert(sizeof(struct lab_tag) == 32);
static_assert(CONFIG_NR_CPUS <= 65536);

/* The page of slots that are no page's: without mark and reference. */
extern struct page lab_no_page;

#define LAB_STACK_DEPTH		8

/* How a page was taken, from its tag; unknown if @meta is 0. */
struct lab_alloc_track {
	u64 meta;
	u64 taken;			/* lab_tag::taken */
	const unsigned long *stack;	/* LAB_STACK_DEPTH entries, or NULL; may change any time */
};

static inline u32 lab_state(u32 owner, u32 flags, enum lab_phase phase)
{
	return owner << LAB_OWNER_SHIFT | flags | phase;
}

static inline u32 lab_meta_state(u64 meta)
{
	return meta >> 32;
}

static inline enum lab_phase lab_state_phase(u32 state)
{
	return state & LAB_PHASE_MASK;
}

static inline u32 lab_meta_owner(u64 meta)
{
	return meta >> (32 + LAB_OWNER_SHIFT);
}

static inline u32 lab_meta_flags(u64 meta)
{
	return (meta >> 32) & LAB_FLAGS_MASK;
}

static inline enum lab_phase lab_meta_phase(u64 meta)
{
	return lab_state_phase(lab_meta_state(meta));
}

static inline bool lab_meta_from_reserve(u64 meta)
{
	return lab_meta_phase(meta) == LAB_OWNED && lab_meta_flags(meta) & LAB_FROM_RESERVE;
}

/* In these phases only one CPU may change the tag. */
static inline bool lab_phase_moves(enum lab_phase phase)
{
	return phase >= LAB_MOVING;
}

/* The public state; transient phases are shown as owned. */
static inline enum labyrinth_state lab_phase_public(enum lab_phase phase)
{
	switch (phase) {
	case LAB_READY:
		return LABYRINTH_READY;
	case LAB_QUARANTINED:
		return LABYRINTH_QUARANTINED;
	default:
		return LABYRINTH_OWNED;
	}
}

static inline unsigned int lab_meta_cpu(u64 meta)
{
	return (meta & 0xff) | (meta >> 16 & 0xff00);
}

static inline enum labyrinth_context lab_meta_context(u64 meta)
{
	return lab_context_decode(meta >> 8 & 0xffff);
}

static inline u64 lab_meta(u32 state, u32 where)
{
	return (u64)state << 32 | where;
}

/* Both halves of the CPU's number stay clear of the context's 16 bits. */
static inline u32 lab_where(unsigned int cpu, u32 context)
{
	return (cpu & 0xff) | context << 8 | (cpu & 0xff00) << 16;
}

/* The meta word of a page taken here. Needs preemption disabled. */
static inline u64 lab_meta_here(u32 state)
{
	return lab_meta(state, lab_where(raw_smp_processor_id(), lab_context_bits()));
}

/* A unit is 13 to 20 ms: it wraps after more than a year. */
#define LAB_TIME_JIFFIES	BIT(ilog2(HZ / 50))

static inline u32 lab_time_now(void)
{
	return (u32)(jiffies / LAB_TIME_JIFFIES);
}

static inline u64 lab_time_age_ms(u32 then)
{
	return jiffies64_to_msecs((u64)(u32)(lab_time_now() - then) * LAB_TIME_JIFFIES);
}

struct lab_table;
extern struct lab_table __rcu *lab_tables[];

/*
 * The kernel and its modules are within 2 GiB of each other, so the lower half of a caller's
 * address is enough, relative to an address in labyrinth.
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

/* The value of lab_tag::taken for a page that is taken now. */
static __always_inline u64 lab_taken(unsigned long caller)
{
#ifdef __LITTLE_ENDIAN
	return (u64)lab_time_now() << 32 | lab_caller_pack(caller);
#else
	return (u64)lab_caller_pack(caller) << 32 | lab_time_now();
#endif
}

/* Not atomic as a whole: a report may mix two allocations of the page. */
static inline void lab_tag_fill(struct lab_tag *tag, u64 meta, unsigned long caller)
{
	WRITE_ONCE(tag->caller, lab_caller_pack(caller));
	WRITE_ONCE(tag->time, lab_time_now());
	/* P3: reads of the tag as that of a ready page come before. */
	smp_store_release(&tag->meta, meta);
}

static inline unsigned long lab_tag_caller(const struct lab_tag *tag)
{
	return lab_caller_unpack(READ_ONCE(tag->caller));
}

/* Is @tag that of @page? T2: its other fields are read afterwards. */
static __always_inline bool lab_tag_is(const struct lab_tag *tag, const struct page *page)
{
	if (lab_peek(tag->page) != page)
		return false;
	smp_acquire__after_ctrl_dep();
	return true;
}

/*
 * F1: the one step that decides between callers. Of two that found @tag with @state, one wins.
 * The slot may have been given to another page with the same state meanwhile; a caller that
 * finds that by lab_tag_is() has lost, and must revert it.
 */
static __always_inline bool lab_tag_try_transition(struct lab_tag *tag, u32 state, u32 changed)
{
	return likely(try_cmpxchg(&tag->state, &state, changed));
}

static inline void lab_tag_revert(struct lab_tag *tag, u32 state, u32 changed)
{
	/* The audit may have seen a ready page, and have reported it. */
	if (cmpxchg(&tag->state, changed, state) != changed)
		cmpxchg(&tag->state, changed | LAB_REPORTED, state);
}

/* A transition, reverted if the tag is another page's by now. */
static inline bool lab_tag_transition(struct lab_tag *tag, const struct page *page, u32 state,
				      u32 changed)
{
	if (!lab_tag_try_transition(tag, state, changed))
		return false;
	if (likely(lab_tag_is(tag, page)))
		return true;
	lab_tag_revert(tag, state, changed);
	return false;
}

/* Free the slot of a tag that has no hop bit, or not any more. */
static inline void lab_tag_drop(struct lab_tag *tag)
{
	WRITE_ONCE(tag->meta, 0);
	/* T2: the slot is empty before it can be claimed again. Pairs with the claim's cmpxchg. */
	smp_store_release(&tag->page, NULL);
}

/* A tag with the caller and the time of @track. */
static inline struct lab_tag lab_track_tag(const struct lab_alloc_track *track)
{
	return (struct lab_tag){ .meta = track->meta, .taken = track->taken };
}

/* Return address of the call that took the page; 0 if unknown. */
static inline unsigned long lab_track_caller(const struct lab_alloc_track *track)
{
	struct lab_tag tag = lab_track_tag(track);

	return track->meta ? lab_tag_caller(&tag) : 0;
}

#endif /* _LABYRINTH_CORE_TAG_H */
