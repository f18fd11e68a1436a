/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lockless ring of records, written in any context and read in process context. A record
 * begins with its number; a reader discards a torn one.
 */
#ifndef _LABYRINTH_DIAG_RING_H
#define _LABYRINTH_DIAG_RING_H

#include <linux/atomic.h>
#include <linux/string.h>
#include <linux/types.h>

#define LAB_RING_BUSY	U64_MAX		/* replaces the number while the record is written */

/*
 * Open an entry to write it. False if a writer that the others have lapped has it open: then
 * the new record is dropped.
 */
static inline bool lab_ring_open(u64 *entry_seq)
{
	u64 seq = READ_ONCE(*entry_seq);

	/* R1: the entry is marked busy before any field changes. Pairs with R3. */
	return seq != LAB_RING_BUSY && cmpxchg(entry_seq, seq, LAB_RING_BUSY) == seq;
}

static inline void lab_ring_close(u64 *entry_seq, u64 seq)
{
	/* R2: the fields are complete before the number is set. Pairs with the acquire below. */
	smp_store_release(entry_seq, seq);
}

/* Copy entry @seq of a ring. False if it is overwritten or incomplete. */
static inline bool lab_ring_read(void *copy, const void *entry, size_t size, u64 seq)
{
	const u64 *entry_seq = entry;

	/* Pairs with R2. */
	if (smp_load_acquire(entry_seq) != seq)
		return false;
	/* A writer may lap the reader: then the copy is torn, and discarded. */
	data_race(memcpy(copy, entry, size));
	/* R3: the fields are read before the number is read again. Pairs with R1. */
	smp_rmb();
	return READ_ONCE(*entry_seq) == seq;
}

/*
 * Copy an entry that is complete and newer than *@seen, the number last seen in its place.
 * Since writers may be late, places may be out of order.
 */
static inline bool lab_ring_news(void *copy, const void *entry, size_t size, u64 *seen)
{
	u64 seq = READ_ONCE(*(const u64 *)entry);

	if (seq == LAB_RING_BUSY || seq <= *seen || !lab_ring_read(copy, entry, size, seq))
		return false;
	*seen = seq;
	return true;
}

/* The oldest number in a ring of @size whose newest is @last. */
static inline u64 lab_ring_first(u64 last, unsigned int size)
{
	return last > size ? last - size + 1 : 1;
}

#endif /* _LABYRINTH_DIAG_RING_H */
