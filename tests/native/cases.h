/* SPDX-License-Identifier: GPL-2.0 */
/* What the cases of the kernel's half share. */
#ifndef _LABYRINTH_TESTS_NATIVE_CASES_H
#define _LABYRINTH_TESTS_NATIVE_CASES_H

#include <linux/cache.h>
#include <linux/processor.h>
#include <linux/types.h>

#include "native.h"

struct labyrinth_owner;
struct page_pool;

static inline void native_check(bool good, const char *what)
{
	if (unlikely(!good))
		native_die(what);
}

/* Never destroyed. Names are numbered. */
struct labyrinth_owner *native_owner(unsigned int budget, unsigned int stock);
struct page_pool *native_pool(unsigned int size);

/* ---- a ring of batches from one CPU to another */

#define CROSS_BATCH	32
#define CROSS_BATCHES	2

struct cross {
	unsigned int sent ____cacheline_aligned;
	unsigned int done ____cacheline_aligned;
	void *slots[CROSS_BATCHES][CROSS_BATCH] ____cacheline_aligned;
};

/* Room for a batch, once there is some. */
static inline void **cross_room(struct cross *cross)
{
	/* Pairs with cross_done(). */
	while (cross->sent - smp_load_acquire(&cross->done) == CROSS_BATCHES)
		cpu_relax();
	return cross->slots[cross->sent % CROSS_BATCHES];
}

static inline void cross_send(struct cross *cross)
{
	/* Pairs with cross_wait(). */
	smp_store_release(&cross->sent, cross->sent + 1);
}

/* The next batch, once it has been sent. */
static inline void **cross_wait(struct cross *cross)
{
	/* Pairs with cross_send(). */
	while (smp_load_acquire(&cross->sent) == cross->done)
		cpu_relax();
	return cross->slots[cross->done % CROSS_BATCHES];
}

static inline void cross_done(struct cross *cross)
{
	/* Pairs with cross_room(). */
	smp_store_release(&cross->done, cross->done + 1);
}

#endif /* _LABYRINTH_TESTS_NATIVE_CASES_H */
