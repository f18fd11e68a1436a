// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured: the same work by labyrinth and by its peers. Each case runs on one CPU, on
 * data of its own or on data that it shares with another CPU.
 */
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/objpool.h>
#include <linux/slab.h>
#include <net/page_pool/helpers.h>

#include "core/stock.h"
#include "native.h"

#define BURST	64
#define BULK	32

struct data {
	struct labyrinth_owner *owner, *other;
	struct page_pool *pool;
	struct objpool_head objects;
	struct page *array[BURST];
	unsigned int nr;
	struct page *pages[BURST];
};

static void check(bool good, const char *what)
{
	if (unlikely(!good))
		native_die(what);
}

/* ---- set-up */

static struct data *new_data(void)
{
	return native_memory(sizeof(struct data), PAGE_SIZE);
}

static struct labyrinth_owner *new_owner(unsigned int budget, unsigned int stock)
{
	static unsigned int nr;
	char name[] = "owner-00000";
	unsigned int i, n = nr++;
	struct labyrinth_owner *owner;

	for (i = sizeof(name) - 2; n; n /= 10)
		name[i--] += n % 10;
	owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .stock = stock, .nid = NUMA_NO_NODE,
	});
	check(!IS_ERR(owner), "an owner is not created");
	return owner;
}

static void *owner_setup(unsigned int cpu)
{
	struct data *d = new_data();

	d->owner = new_owner(256, 0);
	d->other = new_owner(256, 0);
	return d;
}

static void *stock_setup(unsigned int cpu)
{
	struct data *d = new_data();

	d->owner = new_owner(256, 64);
	return d;
}

static void *pool_setup(unsigned int cpu)
{
	struct data *d = new_data();

	d->pool = page_pool_create(&(struct page_pool_params){
		.pool_size = 256, .nid = NUMA_NO_NODE,
	});
	check(!IS_ERR(d->pool), "a page_pool is not created");
	return d;
}

static void *objects_setup(unsigned int cpu)
{
	struct data *d = new_data();

	check(!objpool_init(&d->objects, 256, 64, GFP_KERNEL, NULL, NULL, NULL),
	      "an objpool is not created");
	return d;
}

static void *array_setup(unsigned int cpu)
{
	struct data *d = new_data();

	while (d->nr < BURST)
		d->array[d->nr++] = alloc_page(GFP_ATOMIC);
	return d;
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
		check(it, #name ": no page");				\
		give;							\
	}								\
}

PAIR(lab_pair, labyrinth_alloc_page(d->owner), labyrinth_free_page(d->owner, it))
PAIR(pool_direct_pair, page_pool_alloc_pages(d->pool, GFP_ATOMIC),
     page_pool_recycle_direct(d->pool, it))
PAIR(pool_ring_pair, page_pool_alloc_pages(d->pool, GFP_ATOMIC),
     page_pool_put_full_page(d->pool, it, false))
PAIR(objpool_pair, objpool_pop(&d->objects), objpool_push(it, &d->objects))
PAIR(kernel_pair, alloc_page(GFP_ATOMIC), __free_page(it))

static noinline struct page *array_pop(struct data *d)
{
	return d->nr ? d->array[--d->nr] : NULL;
}

static noinline void array_push(struct data *d, struct page *page)
{
	d->array[d->nr++] = page;
}

PAIR(array_pair, array_pop(d), array_push(d, it))

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
			check(d->pages[i], #name ": no page");		\
		}							\
		for (i = 0; i < BURST; i++)				\
			give(d->pages[i]);				\
	}								\
}

#define LAB_GIVE(page)		labyrinth_free_page(d->owner, page)
#define DIRECT_GIVE(page)	page_pool_recycle_direct(d->pool, page)
#define RING_GIVE(page)		page_pool_put_full_page(d->pool, page, false)
#define OBJECT_GIVE(object)	objpool_push(object, &d->objects)
#define ARRAY_GIVE(page)	array_push(d, page)

BURST_OF(lab_burst, labyrinth_alloc_page(d->owner), LAB_GIVE)
BURST_OF(pool_direct_burst, page_pool_alloc_pages(d->pool, GFP_ATOMIC), DIRECT_GIVE)
BURST_OF(pool_ring_burst, page_pool_alloc_pages(d->pool, GFP_ATOMIC), RING_GIVE)
BURST_OF(objpool_burst, objpool_pop(&d->objects), OBJECT_GIVE)
BURST_OF(array_burst, array_pop(d), ARRAY_GIVE)

static void lab_bulk(void *data, unsigned long pages)
{
	struct data *d = data;

	for (; pages; pages -= BULK) {
		check(labyrinth_alloc_pages_bulk(d->owner, BULK, d->pages) == BULK, "bulk: few pages");
		labyrinth_free_pages_bulk(d->owner, BULK, d->pages);
	}
}

/* ---- other calls */

static void *held_setup(unsigned int cpu)
{
	struct data *d = owner_setup(cpu);

	d->pages[0] = labyrinth_alloc_page(d->owner);
	check(d->pages[0], "no page to hold");
	return d;
}

static void lab_check(void *data, unsigned long pages)
{
	struct data *d = data;

	while (pages--)
		check(!labyrinth_check_page(d->owner, d->pages[0]), "check: not the owner's");
}

static void lab_transfer(void *data, unsigned long pages)
{
	struct data *d = data;

	for (; pages; pages -= 2) {
		check(!labyrinth_transfer_page(d->owner, d->other, d->pages[0]), "transfer there");
		check(!labyrinth_transfer_page(d->other, d->owner, d->pages[0]), "transfer back");
	}
}

/* From the kernel, released, and back to the kernel. */
static void lab_cold(void *data, unsigned long pages)
{
	struct data *d = data;

	while (pages--) {
		struct page *page = labyrinth_alloc_page(d->owner);

		check(page && !labyrinth_release_page(d->owner, page), "cold: not released");
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
			check(d->pages[i], "stock: no page");
		}
		for (i = 0; i < BULK; i++) {
			labyrinth_release_page(d->owner, d->pages[i]);
			__free_page(d->pages[i]);
		}
		lab_refill_now(d->owner);
	}
}

const struct native_case native_cases[] = {
	{ "lab_pair", lab_pair, owner_setup, 1 },
	{ "pool_direct_pair", pool_direct_pair, pool_setup, 1 },
	{ "pool_ring_pair", pool_ring_pair, pool_setup, 1 },
	{ "objpool_pair", objpool_pair, objects_setup, 1 },
	{ "array_pair", array_pair, array_setup, 1 },
	{ "lab_burst", lab_burst, owner_setup, BURST },
	{ "pool_direct_burst", pool_direct_burst, pool_setup, BURST },
	{ "pool_ring_burst", pool_ring_burst, pool_setup, BURST },
	{ "objpool_burst", objpool_burst, objects_setup, BURST },
	{ "array_burst", array_burst, array_setup, BURST },
	{ "lab_bulk", lab_bulk, owner_setup, BULK },
	{ "lab_check", lab_check, held_setup, 1 },
	{ "lab_transfer", lab_transfer, held_setup, 2 },
	{ "lab_cold", lab_cold, owner_setup, 1 },
	{ "lab_stock", lab_stock, stock_setup, BULK },
	{ "kernel_pair", kernel_pair, array_setup, 1 },
};
const unsigned int native_nr_cases = ARRAY_SIZE(native_cases);
