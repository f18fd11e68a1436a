/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ring of records that any context may write without locks, and process context
 * read. A record begins with its number; a reader throws a torn one away.
 */
#ifndef _LABYRINTH_DIAG_RING_H
#define _LABYRINTH_DIAG_RING_H

#include <linux/atomic.h>
#include <linux/string.h>
#include <linux/types.h>

#define LAB_RING_BUSY	U64_MAX		/* instead of the number, while it is written */

/*
 * Begin to write an entry. False where a writer that all others have lapped is
 * still at it: then this record is not kept.
 */
static inline bool lab_ring_open(u64 *entry_seq)
{
	u64 seq = READ_ONCE(*entry_seq);

	/* R1: the mark shows before any field changes. Pairs with R3. */
	return seq != LAB_RING_BUSY && cmpxchg(entry_seq, seq, LAB_RING_BUSY) == seq;
}

static inline void lab_ring_close(u64 *entry_seq, u64 seq)
{
	/* R2: the fields are whole before the number shows. Pairs with the acquire below. */
	smp_store_release(entry_seq, seq);
}

/* Copy entry @seq of a ring. False where it is overwritten, or not whole. */
static inline bool lab_ring_read(void *copy, const void *entry, size_t size, u64 seq)
{
	const u64 *entry_seq = entry;

	/* Pairs with R2. */
	if (smp_load_acquire(entry_seq) != seq)
		return false;
	/* A writer may lap us: then the copy is torn, and thrown away. */
	data_race(memcpy(copy, entry, size));
	/* R3: the fields are read before the number is looked at again. Pairs with R1. */
	smp_rmb();
	return READ_ONCE(*entry_seq) == seq;
}

/*
 * Copy an entry that is whole and newer than @seen of the same place, which is the number
 * seen there last. A writer that is late may leave places behind and in any order.
 */
static inline bool lab_ring_news(void *copy, const void *entry, size_t size, u64 *seen)
{
	u64 seq = READ_ONCE(*(const u64 *)entry);

	if (seq == LAB_RING_BUSY || seq <= *seen || !lab_ring_read(copy, entry, size, seq))
		return false;
	*seen = seq;
	return true;
}

/* The oldest number that a ring of @size still has, where @last is the newest. */
static inline u64 lab_ring_first(u64 last, unsigned int size)
{
	return last > size ? last - size + 1 : 1;
}

#endif /* _LABYRINTH_DIAG_RING_H */
