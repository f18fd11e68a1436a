/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cache of a CPU: pages freed there, to be allocated there again without a locked
 * instruction on a list. In front of the CPU's stack of recycled pages, for owners with the fast
 * path enabled.
 *
 * Its slots are hints. The state of a tag is the truth: a tag in LAB_READY with LAB_CACHED
 * belongs to the CPU that changes it by cmpxchg, however it found it. So other CPUs can take a
 * cached page without a write to the cache, and leave a stale hint behind; the cache's own CPU
 * drops it later. A tag may have several hints.
 *
 * Only its own CPU writes to a cache, with preemption disabled and by plain stores, and marks it
 * as busy meanwhile. What interrupts that, in any context, sees the mark and uses the stack; it
 * has ended before the interrupted writer goes on. A cache full of stale hints has the same
 * effect.
 *
 * Every cached tag is found in a slot below the number of hints of some cache, but for one whose
 * free is not complete.
 */
#ifndef _LABYRINTH_CORE_CACHE_H
#define _LABYRINTH_CORE_CACHE_H

#include "table.h"

/* A burst of 64 pages, and as many more as make struct lab_cpu whole cache lines. */
#define LAB_CACHE_SLOTS		80

struct lab_cache {
	/*
	 * Tags ever added, in the upper bits, and the number of hints: one store counts a free and
	 * shows its hint.
	 */
	u64 added_and_hints;
	u64 busy;			/* its own CPU is writing */
	u32 slots[LAB_CACHE_SLOTS];	/* offsets of tags in their table, in bytes */
};

#define LAB_CACHE_ADDED_SHIFT	8
#define LAB_CACHE_ADD		(BIT_ULL(LAB_CACHE_ADDED_SHIFT) + 1)
static_assert(!(LAB_CACHE_SLOTS >> LAB_CACHE_ADDED_SHIFT));

static __always_inline unsigned long lab_cache_hints(u64 added_and_hints)
{
	return added_and_hints & GENMASK(LAB_CACHE_ADDED_SHIFT - 1, 0);
}

static inline u64 lab_cache_added(u64 added_and_hints)
{
	return added_and_hints >> LAB_CACHE_ADDED_SHIFT;
}

static __always_inline struct lab_tag *lab_cache_tag(const struct lab_cache *cache,
						     const struct lab_slots *slots,
						     unsigned long nr)
{
	return (void *)lab_peek(slots->tags) + READ_ONCE(cache->slots[nr]);
}

static __always_inline void lab_cache_set(struct lab_cache *cache, const struct lab_slots *slots,
					  unsigned long nr, const struct lab_tag *tag)
{
	WRITE_ONCE(cache->slots[nr], (void *)tag - (void *)lab_peek(slots->tags));
}

/*
 * Mark this CPU's cache as busy. False if it is: then this interrupts the writer. Only now may
 * the count be read: until then, an interrupt may change it.
 */
static __always_inline bool lab_cache_begin(struct lab_cache *cache)
{
	if (unlikely(READ_ONCE(cache->busy)))
		return false;
	WRITE_ONCE(cache->busy, 1);
	barrier();
	return true;
}

static __always_inline void lab_cache_end(struct lab_cache *cache)
{
	barrier();
	WRITE_ONCE(cache->busy, 0);
}

/*
 * Add a tag that this CPU has set to LAB_READY. False if that is not possible now. Misuse of
 * the page may be reported at this instant, and then once more later.
 */
static __always_inline bool lab_cache_add(struct lab_cache *cache, const struct lab_slots *slots,
					  struct lab_tag *tag, u32 cached)
{
	unsigned long hints;
	bool room;
	u64 count;

	if (!lab_cache_begin(cache))
		return false;
	count = cache->added_and_hints;
	hints = lab_cache_hints(count);
	room = likely(hints < LAB_CACHE_SLOTS);
	if (room) {
		lab_cache_set(cache, slots, hints, tag);
		WRITE_ONCE(tag->state, cached);
		/* C1: a CPU that sees the hint counted sees the hint. Pairs with C2. */
		smp_store_release(&cache->added_and_hints, count + LAB_CACHE_ADD);
	}
	lab_cache_end(cache);
	return room;
}

/*
 * Take the tag at the top of this CPU's cache, from @cached to @ready: it is then as if popped
 * from a stack. False if that fails, see lab_cache_drop().
 */
static __always_inline bool lab_cache_take(struct lab_cache *cache, const struct lab_slots *slots,
					   u32 cached, u32 ready, struct lab_tag **tag)
{
	bool taken = false;
	u64 count;

	if (!lab_cache_begin(cache))
		return false;
	count = cache->added_and_hints;
	if (likely(lab_cache_hints(count))) {
		*tag = lab_cache_tag(cache, slots, lab_cache_hints(count) - 1);
		taken = lab_tag_try_transition(*tag, cached, ready);
		if (likely(taken))
			WRITE_ONCE(cache->added_and_hints, count - 1);
	}
	lab_cache_end(cache);
	return taken;
}

/*
 * Drop stale hints from the top of this CPU's cache. A hint stays whose page is cached, but has
 * been reported for misuse: lab_cache_claim() takes that.
 */
static inline void lab_cache_drop(struct lab_cache *cache, const struct lab_slots *slots,
				  u32 cached)
{
	u64 count;

	if (!lab_cache_begin(cache))
		return;
	for (count = cache->added_and_hints; lab_cache_hints(count); count--) {
		struct lab_tag *tag = lab_cache_tag(cache, slots, lab_cache_hints(count) - 1);

		if ((READ_ONCE(tag->state) & ~LAB_REPORTED) == cached)
			break;
		WRITE_ONCE(cache->added_and_hints, count - 1);
	}
	lab_cache_end(cache);
}

/*
 * Claim a tag of any CPU's cache: it is then as if popped from a stack. NULL if there is none.
 * Bounded by the slots.
 */
static inline struct lab_tag *lab_cache_claim(const struct lab_cache *cache,
					      const struct lab_slots *slots, u32 cached)
{
	unsigned long nr = lab_cache_hints(smp_load_acquire(&cache->added_and_hints));	/* C2 */

	while (nr--) {
		struct lab_tag *tag = lab_cache_tag(cache, slots, nr);
		u32 state = READ_ONCE(tag->state);

		if ((state & ~LAB_REPORTED) == cached &&
		    lab_tag_try_transition(tag, state, state & ~LAB_CACHED))
			return tag;
	}
	return NULL;
}

/* Most hints that are copied at a time. */
#define LAB_CACHE_COPIES	16

/*
 * Copy hints of another CPU's cache to this CPU's, for its next calls. The pages are in the
 * other's until they are taken: at no instant can one not be found.
 */
static inline void lab_cache_copy(struct lab_cache *cache, const struct lab_cache *there,
				  const struct lab_slots *slots, u32 cached)
{
	unsigned long nr = lab_cache_hints(smp_load_acquire(&there->added_and_hints));	/* C2 */
	unsigned int copies = 0;
	u64 count;

	if (!lab_cache_begin(cache))
		return;
	count = cache->added_and_hints;
	while (nr-- && copies < LAB_CACHE_COPIES && lab_cache_hints(count) < LAB_CACHE_SLOTS) {
		struct lab_tag *tag = lab_cache_tag(there, slots, nr);

		if (READ_ONCE(tag->state) != cached)
			continue;
		lab_cache_set(cache, slots, lab_cache_hints(count++), tag);
		copies++;
	}
	/* C1 */
	smp_store_release(&cache->added_and_hints, count);
	lab_cache_end(cache);
}

#endif /* _LABYRINTH_CORE_CACHE_H */
