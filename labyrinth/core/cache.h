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
 * Only its own CPU writes to a cache, with preemption disabled and no locked instruction, and
 * marks it as busy meanwhile. What interrupts that, in any context, sees the mark and uses the
 * stack; it has ended before the interrupted writer goes on. A cache full of stale hints has the
 * same effect.
 *
 * Every cached tag is found in a slot below the number of hints of some cache, but for one whose
 * free is not complete.
 */
#ifndef _LABYRINTH_CORE_CACHE_H
#define _LABYRINTH_CORE_CACHE_H

#include "cpu.h"

/*
 * Mark this CPU's cache as busy. False if it is: then this interrupts the writer. Only now may
 * the number of hints be read: until then, an interrupt may change it.
 */
static __always_inline bool lab_cache_begin(struct lab_cpu *here)
{
	if (unlikely(READ_ONCE(here->busy)))
		return false;
	WRITE_ONCE(here->busy, 1);
	barrier();
	return true;
}

static __always_inline void lab_cache_end(struct lab_cpu *here)
{
	barrier();
	WRITE_ONCE(here->busy, 0);
}

/*
 * Add a tag that this CPU has set to LAB_READY. False if that is not possible now. Misuse of
 * the page may be reported at this instant, and then once more later.
 */
static __always_inline bool lab_cache_add(struct lab_cpu *here, struct lab_tag *tag, u32 cached)
{
	bool room;
	u32 hints;

	if (!lab_cache_begin(here))
		return false;
	hints = here->hints;
	room = likely(hints < LAB_CACHE_SLOTS);
	if (room) {
		WRITE_ONCE(here->slots[hints], tag);
		WRITE_ONCE(tag->state, cached);
		/* C1: a CPU that sees the hint counted sees the hint. Pairs with C2. */
		smp_store_release(&here->hints, hints + 1);
	}
	lab_cache_end(here);
	return room;
}

/*
 * Take the tag at the top of this CPU's cache, from @cached to @ready: it is then as if popped
 * from a stack, but lab_cpu_owned() counts it. False if that fails, see lab_cache_drop().
 */
static __always_inline bool lab_cache_take(struct lab_cpu *here, u32 cached, u32 ready,
					   struct lab_tag **tag)
{
	bool taken = false;
	u32 hints;

	if (!lab_cache_begin(here))
		return false;
	hints = here->hints;
	if (likely(hints)) {
		*tag = here->slots[hints - 1];
		taken = lab_tag_try_transition(*tag, cached, ready);
		if (likely(taken))
			WRITE_ONCE(here->hints, hints - 1);
	}
	lab_cache_end(here);
	return taken;
}

/*
 * Drop stale hints from the top of this CPU's cache; false if there was none. A hint stays whose
 * page is cached, but has been reported for misuse: lab_cache_claim() takes that.
 */
static inline bool lab_cache_drop(struct lab_cpu *here, u32 cached)
{
	long stale = 0;
	u32 hints;

	if (!lab_cache_begin(here))
		return false;
	hints = here->hints;
	while (stale < hints &&
	       (READ_ONCE(here->slots[hints - 1 - stale]->state) & ~LAB_REPORTED) != cached)
		stale++;
	if (stale)
		lab_cpu_add(here, -stale, -stale);
	lab_cache_end(here);
	return stale;
}

/*
 * Claim a tag of any CPU's cache: it is then as if popped from a stack. NULL if there is none.
 * Bounded by the slots.
 */
static inline struct lab_tag *lab_cache_claim(const struct lab_cpu *there, u32 cached)
{
	u32 nr = smp_load_acquire(&there->hints);	/* C2 */

	while (nr--) {
		struct lab_tag *tag = READ_ONCE(there->slots[nr]);
		u32 state = READ_ONCE(tag->state);

		if ((state & ~LAB_REPORTED) == cached &&
		    lab_tag_try_transition(tag, state, state & ~LAB_CACHED))
			return tag;
	}
	return NULL;
}

/* Most hints that are copied at a time. */
#define LAB_CACHE_COPIES	16U

/*
 * Copy hints of another CPU's cache to this CPU's, for its next calls. The pages are in the
 * other's until they are taken: at no instant can one not be found.
 */
static inline void lab_cache_copy(struct lab_cpu *here, const struct lab_cpu *there, u32 cached)
{
	u32 nr = smp_load_acquire(&there->hints);	/* C2 */
	long copies = 0;
	u32 room;

	if (!lab_cache_begin(here))
		return;
	room = min(LAB_CACHE_SLOTS - here->hints, LAB_CACHE_COPIES);
	while (nr-- && copies < room) {
		struct lab_tag *tag = READ_ONCE(there->slots[nr]);

		if (READ_ONCE(tag->state) == cached)
			WRITE_ONCE(here->slots[here->hints + copies++], tag);
	}
	smp_wmb();	/* C1 */
	lab_cpu_add(here, copies, copies);
	lab_cache_end(here);
}

#endif /* _LABYRINTH_CORE_CACHE_H */
