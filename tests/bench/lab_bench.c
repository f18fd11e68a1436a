// SPDX-License-Identifier: GPL-2.0
/*
 * What a page costs, from labyrinth and from what the kernel has.
 *
 * Each figure is taken around one operation, or one pair of them, with
 * interrupts off: the difference of two readings of the cycle counter, less that
 * of two readings with nothing between. Under QEMU's -icount a cycle is one
 * instruction, and every run gives the same figures.
 *
 * Loading the module measures; the kernel log has a line for each operation:
 *
 *	lab_bench: bench NAME MINIMUM MEDIAN
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/labyrinth.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timex.h>
#ifdef LAB_HAVE_PAGE_POOL_FOLDER
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

#define BENCH_SAMPLES	256
#define BENCH_BULK	32

/* Few enough pages, taken one by one from the kernel, that labyrinth does not read ahead. */
#define BENCH_COLD	16

/* More than the samples take, so that no refill is asked for meanwhile. */
#define BENCH_STOCK	(2 * BENCH_SAMPLES + 2)

static struct labyrinth_owner *owner, *other;
static struct page_pool *pool;
static struct kmem_cache *cache;
static mempool_t *mempool;

static struct page *page;		/* what an operation has for the next */
static struct page *pages[BENCH_BULK];
static unsigned int nr_failed;

static unsigned int nr_samples = BENCH_SAMPLES;
static u32 samples[BENCH_SAMPLES];
static u32 overhead;

static void nothing(void)
{
}

static __always_inline u64 bench_clock(void)
{
	u64 now;

	barrier();
	now = get_cycles();
	barrier();
	return now;
}

static int bench_cmp(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

/*
 * Measure @op, which counts @count operations. All three functions are inlined:
 * what is measured is @op as a driver would have it.
 */
static __always_inline void bench(const char *name, unsigned int count, void (*before)(void),
				  void (*op)(void), void (*after)(void))
{
	unsigned int i;

	nr_failed = 0;
	for (i = 0; i < nr_samples; i++) {
		unsigned long flags;
		u64 start, end;

		before();
		local_irq_save(flags);
		start = bench_clock();
		op();
		end = bench_clock();
		local_irq_restore(flags);
		after();
		samples[i] = end - start;
	}
	if (nr_failed) {
		pr_err("%s: %u operations failed\n", name, nr_failed);
		return;
	}
	sort(samples, nr_samples, sizeof(samples[0]), bench_cmp, NULL);
	pr_info("bench %s %u %u\n", name, DIV_ROUND_CLOSEST(samples[0] - overhead, count),
		DIV_ROUND_CLOSEST(samples[nr_samples / 2] - overhead, count));
	if (op == nothing)
		overhead = samples[0];
}

/* The same with softirqs off, as where a network driver polls. */
static __always_inline void bench_bh(const char *name, unsigned int count, void (*before)(void),
				     void (*op)(void), void (*after)(void))
{
	local_bh_disable();
	bench(name, count, before, op, after);
	local_bh_enable();
}

/* Yardstick: the least that a cache of pages can do, with nothing known of them. */
struct bench_stack {
	unsigned int nr;
	struct page *pages[BENCH_BULK];
};

static struct bench_stack __percpu *stacks;

static noinline struct page *stack_pop(void)
{
	struct page *top = NULL;
	struct bench_stack *stack;
	unsigned long flags;

	local_irq_save(flags);
	stack = this_cpu_ptr(stacks);
	if (likely(stack->nr))
		top = stack->pages[--stack->nr];
	local_irq_restore(flags);
	return top;
}

static noinline void stack_push(struct page *pushed)
{
	struct bench_stack *stack;
	unsigned long flags;

	local_irq_save(flags);
	stack = this_cpu_ptr(stacks);
	if (likely(stack->nr < BENCH_BULK))
		stack->pages[stack->nr++] = pushed;
	local_irq_restore(flags);
}

static __always_inline void stack_pair(void)
{
	struct page *popped = stack_pop();

	if (likely(popped))
		stack_push(popped);
	else
		nr_failed++;
}

/* Yardsticks: what the kernel has. */
static __always_inline void buddy_pair(void)
{
	struct page *taken = alloc_page(GFP_ATOMIC);

	if (likely(taken))
		__free_page(taken);
	else
		nr_failed++;
}

static __always_inline void pool_direct_pair(void)
{
	struct page *taken = page_pool_alloc_pages(pool, GFP_ATOMIC);

	if (likely(taken))
		page_pool_put_full_page(pool, taken, true);
	else
		nr_failed++;
}

static __always_inline void pool_ring_pair(void)
{
	struct page *taken = page_pool_alloc_pages(pool, GFP_ATOMIC);

	if (likely(taken))
		page_pool_put_full_page(pool, taken, false);
	else
		nr_failed++;
}

static __always_inline void slub_pair(void)
{
	void *object = kmem_cache_alloc(cache, GFP_ATOMIC);

	if (likely(object))
		kmem_cache_free(cache, object);
	else
		nr_failed++;
}

static __always_inline void mempool_pair(void)
{
	void *taken = mempool_alloc(mempool, GFP_ATOMIC);

	if (likely(taken))
		mempool_free(taken, mempool);
	else
		nr_failed++;
}

/* labyrinth */
static __always_inline void lab_take(void)
{
	page = labyrinth_void_alloc_page_gfp_atomic_exclusive(owner);
}

static __always_inline void lab_give(void)
{
	if (unlikely(!page || labyrinth_void_free_page_exclusive(owner, page)))
		nr_failed++;
}

static __always_inline void lab_pair(void)
{
	struct page *taken = labyrinth_void_alloc_page_gfp_atomic_exclusive(owner);

	if (unlikely(!taken || labyrinth_void_free_page_exclusive(owner, taken)))
		nr_failed++;
}

/* Out of labyrinth and back to the kernel: the owner has one ready page less. */
static __always_inline void lab_part(void)
{
	struct page *taken = labyrinth_void_alloc_page_gfp_atomic_exclusive(owner);

	if (likely(taken && !labyrinth_void_release_page_exclusive(owner, taken)))
		__free_page(taken);
	else
		nr_failed++;
}

static __always_inline void lab_part_release(void)
{
	if (unlikely(!page || labyrinth_void_release_page_exclusive(owner, page)))
		nr_failed++;
}

static void lab_part_free(void)
{
	if (page)
		__free_page(page);
}

static void lab_part_finish(void)
{
	lab_part_release();
	lab_part_free();
}

static __always_inline void lab_check(void)
{
	if (unlikely(labyrinth_void_check_page_exclusive(owner, page)))
		nr_failed++;
}

static __always_inline void lab_transfer(void)
{
	if (unlikely(labyrinth_void_transfer_page_exclusive(owner, other, page)))
		nr_failed++;
}

static void lab_transfer_back(void)
{
	if (labyrinth_void_transfer_page_exclusive(other, owner, page))
		nr_failed++;
}

static __always_inline void lab_bulk(void)
{
	unsigned int i, nr;

	nr = labyrinth_void_alloc_pages_bulk_gfp_atomic_exclusive(owner, BENCH_BULK, pages);
	nr_failed += BENCH_BULK - nr;
	for (i = 0; i < nr; i++)
		if (unlikely(labyrinth_void_free_page_exclusive(owner, pages[i])))
			nr_failed++;
}

/* Taken, released and freed, again and again, as by a driver that never gives back. */
static __always_inline void lab_stream(void)
{
	unsigned int i;

	for (i = 0; i < BENCH_BULK; i++)
		lab_part();
}

static struct labyrinth_owner *bench_owner(const char *name, unsigned int budget,
					   unsigned int stock, unsigned int flags)
{
	const struct labyrinth_owner_params params = {
		.name = name,
		.budget = budget,
		.stock = stock,
		.nid = NUMA_NO_NODE,
		.flags = flags,
	};
	struct labyrinth_owner *made = labyrinth_owner_create(&params);

	if (IS_ERR(made)) {
		pr_err("no owner %s: %pe\n", name, made);
		return NULL;
	}
	return made;
}

/* An owner of its own for each figure: nothing but itself is in its way. */
static bool bench_owner_begin(unsigned int budget, unsigned int stock, unsigned int flags)
{
	owner = bench_owner("bench", budget, stock, flags);
	return owner;
}

static void bench_owner_end(void)
{
	unsigned int out = labyrinth_owner_destroy(owner);

	if (out)
		pr_err("%u pages lost\n", out);
}

static void bench_lab_recycled(void)
{
	if (!bench_owner_begin(BENCH_BULK, 0, 0))
		return;
	bench("lab_recycled_pair", 1, nothing, lab_pair, nothing);
	bench("lab_recycled_alloc", 1, nothing, lab_take, lab_give);
	bench("lab_recycled_free", 1, lab_take, lab_give, nothing);
	bench("lab_check", 1, lab_take, lab_check, lab_give);
	bench("lab_bulk_pair", BENCH_BULK, nothing, lab_bulk, nothing);
	bench_owner_end();
}

static void bench_lab_stock(void)
{
	if (!bench_owner_begin(BENCH_STOCK, BENCH_STOCK, 0))
		return;
	bench("lab_stock_pair", 1, nothing, lab_pair, lab_part);
	bench_owner_end();
}

static void bench_lab_release(void)
{
	if (!bench_owner_begin(BENCH_BULK, 0, 0))
		return;
	bench("lab_release", 1, lab_take, lab_part_release, lab_part_free);
	bench_owner_end();
}

/* Nothing recycled, nothing in stock: the page comes from the kernel, and goes back to it. */
static void bench_lab_cold(void)
{
	nr_samples = BENCH_COLD;
	if (bench_owner_begin(BENCH_BULK, 0, 0)) {
		bench("lab_cold_pair", 1, nothing, lab_part, nothing);
		bench_owner_end();
	}
	if (bench_owner_begin(BENCH_BULK, 0, 0)) {
		bench_bh("lab_cold_pair_bh", 1, nothing, lab_part, nothing);
		bench_owner_end();
	}
	if (bench_owner_begin(BENCH_BULK, 0, 0)) {
		bench("lab_cold_alloc", 1, nothing, lab_take, lab_part_finish);
		bench_owner_end();
	}
	nr_samples = BENCH_SAMPLES;
	if (bench_owner_begin(BENCH_BULK, 0, 0)) {
		bench("lab_stream_pair", BENCH_BULK, nothing, lab_stream, nothing);
		bench_owner_end();
	}
}

static void bench_lab_transfer(void)
{
	if (!bench_owner_begin(BENCH_BULK, 0, 0))
		return;
	other = bench_owner("other", BENCH_BULK, 0, 0);
	lab_take();
	if (other && page)
		bench("lab_transfer", 1, nothing, lab_transfer, lab_transfer_back);
	lab_give();
	bench_owner_end();
	labyrinth_owner_destroy(other);
}

static void bench_lab_flags(void)
{
	if (bench_owner_begin(BENCH_BULK, 0, LABYRINTH_ZERO)) {
		bench("lab_zero_pair", 1, nothing, lab_pair, nothing);
		bench_owner_end();
	}
	if (bench_owner_begin(BENCH_BULK, 0, LABYRINTH_POISON)) {
		bench("lab_poison_pair", 1, nothing, lab_pair, nothing);
		bench_owner_end();
	}
	if (bench_owner_begin(BENCH_BULK, 0, LABYRINTH_STACK)) {
		bench("lab_stack_pair", 1, nothing, lab_pair, nothing);
		bench_owner_end();
	}
}

static void bench_yardsticks(void)
{
	bench("percpu_stack_pair", 1, nothing, stack_pair, nothing);
	bench_bh("page_pool_direct_pair_bh", 1, nothing, pool_direct_pair, nothing);
	bench_bh("page_pool_ring_pair_bh", 1, nothing, pool_ring_pair, nothing);
	bench("page_pool_ring_pair", 1, nothing, pool_ring_pair, nothing);
	bench("slub_4k_pair", 1, nothing, slub_pair, nothing);
	bench("buddy_pair", 1, nothing, buddy_pair, nothing);
	bench_bh("buddy_pair_bh", 1, nothing, buddy_pair, nothing);
	bench("mempool_pair", 1, nothing, mempool_pair, nothing);
}

static void bench_exit(void)
{
	mempool_destroy(mempool);
	kmem_cache_destroy(cache);
	if (!IS_ERR_OR_NULL(pool))
		page_pool_destroy(pool);
	free_percpu(stacks);
}

static int __init lab_bench_init(void)
{
	const struct page_pool_params params = {
		.pool_size = 2 * BENCH_BULK,
		.nid = NUMA_NO_NODE,
	};
	struct bench_stack *stack;
	int cpu;

	stacks = alloc_percpu(struct bench_stack);
	pool = page_pool_create(&params);
	cache = kmem_cache_create("lab_bench", PAGE_SIZE, 0, 0, NULL);
	mempool = mempool_create_page_pool(BENCH_BULK, 0);
	if (!stacks || IS_ERR(pool) || !cache || !mempool) {
		bench_exit();
		return -ENOMEM;
	}
	/* It is never looked into: any pointer will do. */
	for_each_possible_cpu(cpu) {
		stack = per_cpu_ptr(stacks, cpu);
		stack->pages[stack->nr++] = ZERO_PAGE(0);
	}

	bench("empty", 1, nothing, nothing, nothing);
	bench_yardsticks();
	bench_lab_recycled();
	bench_lab_stock();
	bench_lab_release();
	bench_lab_cold();
	bench_lab_transfer();
	bench_lab_flags();
	bench_exit();
	return 0;
}

/* All is done and undone at load; this lets the module be unloaded. */
static void __exit lab_bench_exit(void)
{
}

module_init(lab_bench_init);
module_exit(lab_bench_exit);

MODULE_DESCRIPTION("Cost of a page from labyrinth and from the kernel");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
