// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured: the same work by labyrinth and by its peers, by one CPU or by two at once, on
 * data of their own or the same.
 */
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/objpool.h>
#include <linux/spinlock.h>
#include <net/page_pool/helpers.h>

#include "core/stock.h"
#include "cases.h"

#define BURST	64
#define BULK	32

struct data {
	struct labyrinth_owner *owner, *other;
	struct page_pool *pool;
	struct objpool_head objects;
	struct page *array[BURST];
	unsigned int nr;
	struct page *pages[BURST];
	struct cross cross;
	spinlock_t lock ____cacheline_aligned;
};

/* ---- set-up */

static struct data *new_data(void)
{
	return native_memory(sizeof(struct data), PAGE_SIZE);
}

static void *owner_setup(void)
{
	struct data *d = new_data();

	d->owner = native_owner(256, 0);
	d->other = native_owner(256, 0);
	return d;
}

static void *stock_setup(void)
{
	struct data *d = new_data();

	d->owner = native_owner(256, 64);
	return d;
}

static void *pool_setup(void)
{
	struct data *d = new_data();

	d->pool = native_pool(256);
	return d;
}

static void *objects_setup(void)
{
	struct data *d = new_data();

	native_check(!objpool_init(&d->objects, 256, 64, GFP_KERNEL, NULL, NULL, NULL),
		     "an objpool is not created");
	return d;
}

static void *array_setup(void)
{
	struct data *d = new_data();

	while (d->nr < BURST)
		d->array[d->nr++] = alloc_page(GFP_ATOMIC);
	return d;
}

/* ---- what is compared; d is the data */

#define LAB_TAKE		labyrinth_alloc_page(d->owner)
#define LAB_GIVE(page)		labyrinth_free_page(d->owner, page)
#define POOL_TAKE		page_pool_alloc_pages(d->pool, GFP_ATOMIC)
#define DIRECT_GIVE(page)	page_pool_recycle_direct(d->pool, page)
#define RING_GIVE(page)		page_pool_put_full_page(d->pool, page, false)
#define OBJECT_TAKE		objpool_pop(&d->objects)
#define OBJECT_GIVE(object)	objpool_push(object, &d->objects)
#define ARRAY_TAKE		array_pop(d)
#define ARRAY_GIVE(page)	array_push(d, page)

static noinline struct page *array_pop(struct data *d)
{
	return d->nr ? d->array[--d->nr] : NULL;
}

static noinline void array_push(struct data *d, struct page *page)
{
	d->array[d->nr++] = page;
}

/* ---- one page out and back */

#define PAIR(name, take, give)						\
static void name(void *data, unsigned long pages)			\
{									\
	struct data *d __maybe_unused = data;				\
									\
	while (pages--) {						\
		void *it = take;					\
									\
		native_check(it, #name ": no page");			\
		give;							\
	}								\
}

PAIR(lab_pair, LAB_TAKE, LAB_GIVE(it))
PAIR(pool_direct_pair, POOL_TAKE, DIRECT_GIVE(it))
PAIR(pool_ring_pair, POOL_TAKE, RING_GIVE(it))
PAIR(objpool_pair, OBJECT_TAKE, OBJECT_GIVE(it))
PAIR(kernel_pair, alloc_page(GFP_ATOMIC), __free_page(it))
PAIR(array_pair, ARRAY_TAKE, ARRAY_GIVE(it))

/* ---- many out, then all back */

#define BURST_OF(name, take, give)					\
static void name(void *data, unsigned long pages)			\
{									\
	struct data *d = data;						\
	unsigned int i;							\
									\
	for (; pages; pages -= BURST) {					\
		for (i = 0; i < BURST; i++) {				\
			d->pages[i] = take;				\
			native_check(d->pages[i], #name ": no page");	\
		}							\
		for (i = 0; i < BURST; i++)				\
			give(d->pages[i]);				\
	}								\
}

BURST_OF(lab_burst, LAB_TAKE, LAB_GIVE)
BURST_OF(pool_direct_burst, POOL_TAKE, DIRECT_GIVE)
BURST_OF(pool_ring_burst, POOL_TAKE, RING_GIVE)
BURST_OF(objpool_burst, OBJECT_TAKE, OBJECT_GIVE)
BURST_OF(array_burst, ARRAY_TAKE, ARRAY_GIVE)

static void lab_bulk(void *data, unsigned long pages)
{
	struct data *d = data;

	for (; pages; pages -= BULK) {
		native_check(labyrinth_alloc_pages_bulk(d->owner, BULK, d->pages) == BULK,
			     "bulk: few pages");
		labyrinth_free_pages_bulk(d->owner, BULK, d->pages);
	}
}

/* ---- other calls */

static void *held_setup(void)
{
	struct data *d = owner_setup();

	d->pages[0] = labyrinth_alloc_page(d->owner);
	native_check(d->pages[0], "no page to hold");
	return d;
}

static void lab_check(void *data, unsigned long pages)
{
	struct data *d = data;

	while (pages--)
		native_check(!labyrinth_check_page(d->owner, d->pages[0]), "not the owner's");
}

static void lab_transfer(void *data, unsigned long pages)
{
	struct data *d = data;

	for (; pages; pages -= 2) {
		native_check(!labyrinth_transfer_page(d->owner, d->other, d->pages[0]), "transfer");
		native_check(!labyrinth_transfer_page(d->other, d->owner, d->pages[0]), "return");
	}
}

/* From the kernel, released, and back to the kernel. */
static void lab_cold(void *data, unsigned long pages)
{
	struct data *d = data;

	while (pages--) {
		struct page *page = labyrinth_alloc_page(d->owner);

		native_check(page && !labyrinth_release_page(d->owner, page), "cold: not released");
		__free_page(page);
	}
}

static void lab_stock(void *data, unsigned long pages)
{
	struct data *d = data;
	unsigned int i;

	for (; pages; pages -= BULK) {
		for (i = 0; i < BULK; i++) {
			d->pages[i] = labyrinth_alloc_page(d->owner);
			native_check(d->pages[i], "stock: no page");
		}
		for (i = 0; i < BULK; i++) {
			labyrinth_release_page(d->owner, d->pages[i]);
			__free_page(d->pages[i]);
		}
		lab_refill_now(d->owner);
	}
}

/* ---- two CPUs: each page is taken on the first, and given back on the second */

#define CROSS(name, take, give)						\
static void name##_take(void *data, unsigned long pages)		\
{									\
	struct data *d = data;						\
									\
	for (; pages; pages -= CROSS_BATCH) {				\
		void **to = cross_room(&d->cross);			\
		unsigned int i;						\
									\
		for (i = 0; i < CROSS_BATCH; i++) {			\
			to[i] = take;					\
			native_check(to[i], #name ": no page");		\
		}							\
		cross_send(&d->cross);					\
	}								\
}									\
									\
static void name##_give(void *data, unsigned long pages)		\
{									\
	struct data *d = data;						\
									\
	for (; pages; pages -= CROSS_BATCH) {				\
		void **from = cross_wait(&d->cross);			\
		unsigned int i;						\
									\
		for (i = 0; i < CROSS_BATCH; i++)			\
			give(from[i]);					\
		cross_done(&d->cross);					\
	}								\
}

#define NO_GIVE(it)		((void)READ_ONCE(it))

CROSS(lab_cross, LAB_TAKE, LAB_GIVE)
CROSS(pool_ring_cross, POOL_TAKE, RING_GIVE)
CROSS(objpool_cross, OBJECT_TAKE, OBJECT_GIVE)
CROSS(nothing_cross, d, NO_GIVE)

/* A page_pool allocates for one CPU at a time: others need a lock. */
static struct page *pool_alloc_locked(struct data *d)
{
	struct page *page;

	spin_lock(&d->lock);
	page = POOL_TAKE;
	spin_unlock(&d->lock);
	return page;
}

PAIR(pool_locked_pair, pool_alloc_locked(d), RING_GIVE(it))

#define ONE(name, setup, batch)		{ #name, { name }, setup, batch, false }
#define UNLOCKED(name, setup, batch)	{ #name "_unlocked", { name }, setup, batch, false, true }
#define TWO(name, run0, run1, setup, batch, shared) \
	{ #name, { run0, run1 }, setup, batch, shared }
#define CROSSED(name, setup) \
	TWO(name, name##_take, name##_give, setup, CROSS_BATCH, true)

const struct native_case native_cases[] = {
	ONE(lab_pair, owner_setup, 1),
	ONE(pool_direct_pair, pool_setup, 1),
	ONE(pool_ring_pair, pool_setup, 1),
	ONE(objpool_pair, objects_setup, 1),
	ONE(array_pair, array_setup, 1),
	ONE(lab_burst, owner_setup, BURST),
	ONE(pool_direct_burst, pool_setup, BURST),
	ONE(pool_ring_burst, pool_setup, BURST),
	ONE(objpool_burst, objects_setup, BURST),
	ONE(array_burst, array_setup, BURST),
	ONE(lab_bulk, owner_setup, BULK),
	ONE(lab_check, held_setup, 1),
	ONE(lab_transfer, held_setup, 2),
	ONE(lab_cold, owner_setup, 1),
	ONE(lab_stock, stock_setup, BULK),
	ONE(kernel_pair, array_setup, 1),
	UNLOCKED(lab_pair, owner_setup, 1),
	UNLOCKED(lab_burst, owner_setup, BURST),
	UNLOCKED(lab_bulk, owner_setup, BULK),
	TWO(lab_own, lab_pair, lab_pair, owner_setup, 1, false),
	TWO(lab_shared, lab_pair, lab_pair, owner_setup, 1, true),
	TWO(pool_direct_own, pool_direct_pair, pool_direct_pair, pool_setup, 1, false),
	TWO(pool_ring_own, pool_ring_pair, pool_ring_pair, pool_setup, 1, false),
	TWO(pool_ring_shared, pool_locked_pair, pool_locked_pair, pool_setup, 1, true),
	TWO(objpool_own, objpool_pair, objpool_pair, objects_setup, 1, false),
	TWO(objpool_shared, objpool_pair, objpool_pair, objects_setup, 1, true),
	CROSSED(lab_cross, owner_setup),
	CROSSED(pool_ring_cross, pool_setup),
	CROSSED(objpool_cross, objects_setup),
	CROSSED(nothing_cross, array_setup),
};

const unsigned int native_nr_cases = ARRAY_SIZE(native_cases);
