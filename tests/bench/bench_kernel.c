// SPDX-License-Identifier: GPL-2.0
/* The kernel's own allocators and caches. */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#ifdef LAB_HAVE_OBJPOOL
#include <linux/objpool.h>
#endif
/* A kernel built for the tests may lack it. */
#if defined(LAB_HAVE_PAGE_POOL_FOLDER) && defined(CONFIG_PAGE_POOL)
#include <net/page_pool/helpers.h>
#elif defined(CONFIG_PAGE_POOL)
#include <net/page_pool.h>
#endif

#include "bench.h"

static struct page *page, *pages[BENCH_BULK];

static __always_inline void buddy_pair(void)
{
	struct page *taken = alloc_page(GFP_ATOMIC);

	if (likely(taken))
		__free_page(taken);
	else
		bench_nr_failed++;
}

static __always_inline void buddy_alloc(void)
{
	page = alloc_page(GFP_ATOMIC);
}

static __always_inline void buddy_zero_alloc(void)
{
	page = alloc_page(GFP_ATOMIC | __GFP_ZERO);
}

static void buddy_free(void)
{
	if (page)
		__free_page(page);
	else
		bench_nr_failed++;
}

/* The kernel fills only entries that are NULL. */
static void buddy_bulk_clear(void)
{
	memset(pages, 0, sizeof(pages));
}

static __always_inline void buddy_bulk_pair(void)
{
	unsigned int i, nr;

#ifdef LAB_HAVE_ALLOC_PAGES_BULK_NODE
	nr = alloc_pages_bulk(GFP_ATOMIC, BENCH_BULK, pages);
#else
	nr = alloc_pages_bulk_array(GFP_ATOMIC, BENCH_BULK, pages);
#endif
	bench_nr_failed += BENCH_BULK - nr;
	for (i = 0; i < nr; i++)
		__free_page(pages[i]);
}

void bench_buddy_pair(const char *name)
{
	bench_alloc(name, 1, bench_nothing, buddy_pair, bench_nothing);
}

static void bench_buddy(void)
{
	bench_buddy_pair("buddy_pair");
	bench_bh("buddy_pair_bh", 1, bench_nothing, buddy_pair, bench_nothing);
	bench_alloc("buddy_alloc", 1, bench_nothing, buddy_alloc, buddy_free);
	bench_alloc("buddy_zero_alloc", 1, bench_nothing, buddy_zero_alloc, buddy_free);
	bench_alloc("buddy_bulk_pair", BENCH_BULK, buddy_bulk_clear, buddy_bulk_pair,
		    bench_nothing);
}

static struct kmem_cache *cache;

static __always_inline void slub_pair(void)
{
	void *object = kmem_cache_alloc(cache, GFP_ATOMIC);

	if (likely(object))
		kmem_cache_free(cache, object);
	else
		bench_nr_failed++;
}

static int bench_slub(void)
{
	cache = kmem_cache_create("lab_bench", PAGE_SIZE, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	bench_alloc("slub_4k_pair", 1, bench_nothing, slub_pair, bench_nothing);
	kmem_cache_destroy(cache);
	return 0;
}

static mempool_t *mempool;

static __always_inline void mempool_pair(void)
{
	void *taken = mempool_alloc(mempool, GFP_ATOMIC);

	if (likely(taken))
		mempool_free(taken, mempool);
	else
		bench_nr_failed++;
}

static int bench_mempool(void)
{
	mempool = mempool_create_page_pool(BENCH_BULK, 0);
	if (!mempool)
		return -ENOMEM;
	bench_alloc("mempool_pair", 1, bench_nothing, mempool_pair, bench_nothing);
	mempool_destroy(mempool);
	return 0;
}

#ifdef LAB_HAVE_OBJPOOL
static struct objpool_head objpool;

static __always_inline void objpool_pair(void)
{
	void *taken = objpool_pop(&objpool);

	if (unlikely(!taken || objpool_push(taken, &objpool)))
		bench_nr_failed++;
}

static int bench_objpool(void)
{
	int err = objpool_init(&objpool, BENCH_BULK, sizeof(long), GFP_KERNEL, NULL, NULL, NULL);

	if (err)
		return err;
	bench("objpool_pair", 1, bench_nothing, objpool_pair, bench_nothing);
	objpool_fini(&objpool);
	return 0;
}
#else
static int bench_objpool(void)
{
	return 0;
}
#endif

#ifdef CONFIG_PAGE_POOL
static struct page_pool *pool;

static __always_inline void pool_pair(bool direct)
{
	struct page *taken = page_pool_alloc_pages(pool, GFP_ATOMIC);

	if (likely(taken))
		page_pool_put_full_page(pool, taken, direct);
	else
		bench_nr_failed++;
}

static __always_inline void pool_direct_pair(void)
{
	pool_pair(true);
}

static __always_inline void pool_ring_pair(void)
{
	pool_pair(false);
}

static int bench_page_pool(void)
{
	const struct page_pool_params params = {
		.pool_size = 2 * BENCH_BULK,
		.nid = NUMA_NO_NODE,
	};

	pool = page_pool_create(&params);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	bench_bh("page_pool_direct_pair_bh", 1, bench_nothing, pool_direct_pair, bench_nothing);
	bench_bh("page_pool_ring_pair_bh", 1, bench_nothing, pool_ring_pair, bench_nothing);
	bench_alloc("page_pool_ring_pair", 1, bench_nothing, pool_ring_pair, bench_nothing);
	page_pool_destroy(pool);
	return 0;
}
#else
static int bench_page_pool(void)
{
	return 0;
}
#endif

int bench_kernel(void)
{
	int err = bench_page_pool() ?: bench_objpool() ?: bench_slub() ?: bench_mempool();

	if (!err)
		bench_buddy();
	return err;
}
