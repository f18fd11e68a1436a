// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured as something grows: the number of owners, or of pages that are taken at once.
 * This is also where owners and pools are made.
 */
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <net/page_pool/helpers.h>

#include "cases.h"

struct labyrinth_owner *native_owner(unsigned int budget, unsigned int stock)
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
	native_check(!IS_ERR(owner), "an owner is not created");
	return owner;
}

struct page_pool *native_pool(unsigned int size)
{
	struct page_pool *pool = page_pool_create(&(struct page_pool_params){
		.pool_size = size, .nid = NUMA_NO_NODE,
	});

	native_check(!IS_ERR(pool), "a page_pool is not created");
	return pool;
}

void native_waste_pages(unsigned int nr)
{
	while (nr--)
		native_check(alloc_page(GFP_ATOMIC), "no page to waste");
}

/* ---- many owners */

struct cold {
	struct labyrinth_owner *owner;
	struct page *pages[NATIVE_MANY];
	unsigned int next;
};

void *native_cold_setup(unsigned int nr_owners)
{
	struct cold *c = native_memory(sizeof(*c), PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < nr_owners; i++)
		c->owner = native_owner(256, 0);
	for (i = 0; i < NATIVE_MANY; i++)
		c->pages[i] = alloc_page(GFP_ATOMIC);
	return c;
}

/* From the kernel, released, and back to the kernel once @nr others have been taken. */
static void cold_in_turn(struct cold *c, unsigned int nr, unsigned long pages)
{
	while (pages--) {
		struct page *page = labyrinth_alloc_page(c->owner);

		native_check(page && !labyrinth_release_page(c->owner, page), "cold: not released");
		swap(page, c->pages[c->next++ % nr]);
		__free_page(page);
	}
}

void native_cold_few(void *data, unsigned long pages)
{
	cold_in_turn(data, NATIVE_FEW, pages);
}

void native_cold_many(void *data, unsigned long pages)
{
	cold_in_turn(data, NATIVE_MANY, pages);
}

/* ---- many pages */

struct stack {
	struct labyrinth_owner *owner;
	struct page_pool *pool;
	struct page **array;
	unsigned long nr;
	struct page **pages;
};

static struct stack *new_stack(unsigned long nr)
{
	struct stack *s = native_memory(sizeof(*s), 64);

	s->pages = native_memory(nr * sizeof(*s->pages), PAGE_SIZE);
	return s;
}

static void *lab_setup(unsigned long nr)
{
	struct stack *s = new_stack(nr);

	s->owner = native_owner(nr, 0);
	return s;
}

/* Its cache holds 128 pages, its ring the others. */
static void *pool_setup(unsigned long nr)
{
	struct stack *s = new_stack(nr);

	s->pool = native_pool(nr);
	return s;
}

static void *array_setup(unsigned long nr)
{
	struct stack *s = new_stack(nr);

	s->array = native_memory(nr * sizeof(*s->array), PAGE_SIZE);
	while (s->nr < nr) {
		s->array[s->nr] = alloc_page(GFP_ATOMIC);
		native_check(s->array[s->nr++], "array: no page");
	}
	return s;
}

static noinline struct page *array_pop(struct stack *s)
{
	return s->nr ? s->array[--s->nr] : NULL;
}

static noinline void array_push(struct stack *s, struct page *page)
{
	s->array[s->nr++] = page;
}

#define STACK_OF(name, take, give)						\
static void name(void *data, unsigned long nr, const unsigned int *order)	\
{										\
	struct stack *s = data;							\
	unsigned long i;							\
										\
	for (i = 0; i < nr; i++) {						\
		s->pages[i] = take;						\
		native_check(s->pages[i], #name ": no page");			\
	}									\
	for (i = 0; i < nr; i++)						\
		give(s->pages[order[i]]);					\
}

#define LAB_GIVE(page)		labyrinth_free_page(s->owner, page)
#define POOL_GIVE(page)		page_pool_recycle_direct(s->pool, page)
#define ARRAY_GIVE(page)	array_push(s, page)

STACK_OF(lab_stack, labyrinth_alloc_page(s->owner), LAB_GIVE)
STACK_OF(pool_stack, page_pool_alloc_pages(s->pool, GFP_ATOMIC), POOL_GIVE)
STACK_OF(array_stack, array_pop(s), ARRAY_GIVE)

/* page_pool_init() refuses a larger ring. */
#define POOL_MOST	32768

const struct native_stack native_stacks[] = {
	{ "lab", lab_setup, lab_stack, ULONG_MAX },
	{ "pool", pool_setup, pool_stack, POOL_MOST },
	{ "array", array_setup, array_stack, ULONG_MAX },
};

const unsigned int native_nr_stacks = ARRAY_SIZE(native_stacks);
