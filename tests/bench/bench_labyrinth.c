// SPDX-License-Identifier: GPL-2.0
/* The cost of labyrinth on each path of a page. */
#include <linux/cpumask.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/trace_events.h>

#include "bench.h"

/* Pages allocated one by one from the kernel. */
#define BENCH_COLD	16

/* Pages used in turn: the place of a page's tag, and so its cost, depends on the page. */
#define BENCH_TURNS	8

/* More than the samples take, so that they trigger no refill. */
#define BENCH_STOCK	(2 * BENCH_SAMPLES + 2)
#define BENCH_MANY	16384

static struct labyrinth_owner *owner, *other;
static struct page *page, *pages[BENCH_BULK];	/* passed between operations */

/* ---- operations */

static __always_inline void lab_take(void)
{
	page = labyrinth_alloc_page(owner);
}

static __always_inline void lab_give(void)
{
	if (unlikely(!page || labyrinth_free_page(owner, page)))
		bench_nr_failed++;
}

static __always_inline void lab_pair(void)
{
	struct page *taken = labyrinth_alloc_page(owner);

	if (unlikely(!taken || labyrinth_free_page(owner, taken)))
		bench_nr_failed++;
}

/* Alloc, release and __free_page(): the owner has one ready page less. */
static __always_inline void lab_part(void)
{
	struct page *taken = labyrinth_alloc_page(owner);

	if (likely(taken && !labyrinth_release_page(owner, taken)))
		__free_page(taken);
	else
		bench_nr_failed++;
}

static __always_inline void lab_release(void)
{
	if (unlikely(!page || labyrinth_release_page(owner, page)))
		bench_nr_failed++;
}

static void lab_part_free(void)
{
	if (page)
		__free_page(page);
}

static void lab_part_finish(void)
{
	lab_release();
	lab_part_free();
}

static __always_inline void lab_check(void)
{
	if (unlikely(labyrinth_check_page(owner, page)))
		bench_nr_failed++;
}

static __always_inline void lab_transfer(void)
{
	if (unlikely(labyrinth_transfer_page(owner, other, page)))
		bench_nr_failed++;
}

static void lab_transfer_back(void)
{
	if (labyrinth_transfer_page(other, owner, page))
		bench_nr_failed++;
	lab_give();
}

static __always_inline void lab_bulk(void)
{
	unsigned int nr;

	nr = labyrinth_alloc_pages_bulk(owner, BENCH_BULK, pages);
	if (unlikely(nr != BENCH_BULK ||
		     labyrinth_free_pages_bulk(owner, nr, pages) != nr))
		bench_nr_failed++;
}

static __always_inline void lab_bulk_part(void)
{
	unsigned int i, nr;

	nr = labyrinth_alloc_pages_bulk(owner, BENCH_BULK, pages);
	bench_nr_failed += BENCH_BULK - nr;
	for (i = 0; i < nr; i++) {
		if (likely(!labyrinth_release_page(owner, pages[i])))
			__free_page(pages[i]);
		else
			bench_nr_failed++;
	}
}

/* Alloc, release and free repeatedly, as by a driver that never frees to labyrinth. */
static __always_inline void lab_stream(void)
{
	unsigned int i;

	for (i = 0; i < BENCH_BULK; i++)
		lab_part();
}

/* Move the recycled page on top below the others, so that another one is used next. */
static void lab_turn(void)
{
	unsigned int nr;

	nr = labyrinth_alloc_pages_bulk(owner, BENCH_TURNS, pages);
	if (nr != BENCH_TURNS)
		bench_nr_failed++;
	if (nr)
		labyrinth_free_page(owner, pages[0]);
	while (nr-- > 1)
		labyrinth_free_page(owner, pages[nr]);
}

static void lab_turn_and_take(void)
{
	lab_turn();
	lab_take();
}

static void lab_take_in_interrupt(void *unused)
{
	lab_take();
}

/* Allocate in an interrupt of another CPU, which is idle again afterwards. */
static void lab_take_elsewhere(void)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());

	page = NULL;
	smp_call_function_single(cpu, lab_take_in_interrupt, NULL, true);
}

/* ---- the measurements, each with an owner of its own, so that they are independent */

static bool owner_begin(const struct labyrinth_owner_params *wish)
{
	struct labyrinth_owner_params params = *wish;

	params.name = "bench";
	params.nid = NUMA_NO_NODE;
	owner = labyrinth_owner_create(&params);
	if (!IS_ERR(owner))
		return true;
	pr_err("no owner: %pe\n", owner);
	return false;
}

static void owner_end(void)
{
	unsigned int out = labyrinth_owner_destroy(owner);

	if (out)
		pr_err("%u pages lost\n", out);
}

#define WITH_OWNER(...)								\
	for (bool once = owner_begin(&(struct labyrinth_owner_params){ __VA_ARGS__ });	\
	     once; owner_end(), once = false)

/*
 * The kernel hands out the page freed last, and the place of a page's tag depends on the
 * page: hold a page back before each sample, so that each sample gets another page.
 */
static struct page *aside[BENCH_COLD * BENCH_BULK];
static unsigned int nr_aside;

static void put_aside(void)
{
	struct page *taken = alloc_page(GFP_ATOMIC);

	if (taken && nr_aside < ARRAY_SIZE(aside))
		aside[nr_aside++] = taken;
	else
		bench_nr_failed++;
}

static void free_aside(void)
{
	while (nr_aside)
		__free_page(aside[--nr_aside]);
}

/* Replace the recycled pages by others: of some sets, all have their tags near their homes. */
static void lab_other_set(void)
{
	unsigned int i;

	lab_bulk_part();
	for (i = 0; i < BENCH_BULK; i++)
		put_aside();
	lab_bulk();
}

static void bench_recycled(void)
{
	WITH_OWNER(.budget = BENCH_BULK) {
		bench("lab_recycled_pair", 1, lab_turn, lab_pair, bench_nothing);
		bench("lab_recycled_alloc", 1, lab_turn, lab_take, lab_give);
		bench("lab_recycled_free", 1, lab_turn_and_take, lab_give, bench_nothing);
		bench("lab_check", 1, lab_turn_and_take, lab_check, lab_give);
	}
	bench_nr_samples = BENCH_COLD;
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_bulk_pair", BENCH_BULK, lab_other_set, lab_bulk, bench_nothing);
	free_aside();
	bench_nr_samples = BENCH_SAMPLES;
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_release", 1, lab_turn_and_take, lab_release, lab_part_free);
}

static void bench_stock(void)
{
	WITH_OWNER(.budget = BENCH_STOCK, .stock = BENCH_STOCK)
		bench_alloc("lab_stock_pair", 1, bench_nothing, lab_pair, lab_part);
	WITH_OWNER(.budget = BENCH_STOCK, .stock = BENCH_STOCK)
		bench("lab_stock_alloc", 1, bench_nothing, lab_take, lab_part_finish);
	WITH_OWNER(.budget = BENCH_STOCK, .stock = BENCH_STOCK, .flags = LABYRINTH_ZERO)
		bench("lab_stock_zero_alloc", 1, bench_nothing, lab_take, lab_part_finish);
}

/* No recycled page and no stock: the page comes from the kernel and goes back to it. */
static void bench_cold(void)
{
	bench_nr_samples = BENCH_COLD;
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_cold_pair", 1, put_aside, lab_part, bench_nothing);
	free_aside();
	WITH_OWNER(.budget = BENCH_BULK)
		bench_bh("lab_cold_pair_bh", 1, put_aside, lab_part, bench_nothing);
	free_aside();
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_cold_alloc", 1, put_aside, lab_take, lab_part_finish);
	free_aside();
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_stream_pair", BENCH_BULK, put_aside, lab_stream, bench_nothing);
	free_aside();
	bench_nr_samples = BENCH_SAMPLES;
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_cold_bulk_pair", BENCH_BULK, bench_nothing, lab_bulk_part,
			    bench_nothing);
}

static struct labyrinth_owner *neighbour(const char *name, unsigned int budget)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .nid = NUMA_NO_NODE,
	});
}

/* The same among other owners, of which one is too large for the existing table. */
static void bench_cold_among_others(void)
{
	struct labyrinth_owner *first = neighbour("first", BENCH_BULK);
	struct labyrinth_owner *second = neighbour("second", BENCH_MANY);

	bench_nr_samples = BENCH_COLD;
	if (!IS_ERR(first) && !IS_ERR(second))
		WITH_OWNER(.budget = BENCH_BULK)
			bench_alloc("lab_cold_pair_among_others", 1, put_aside, lab_part,
				    bench_nothing);
	free_aside();
	bench_nr_samples = BENCH_SAMPLES;
	labyrinth_owner_destroy(second);
	labyrinth_owner_destroy(first);
}

static void bench_transfer(void)
{
	other = neighbour("other", BENCH_BULK);
	if (IS_ERR(other))
		return;
	WITH_OWNER(.budget = BENCH_BULK)
		bench_alloc("lab_transfer", 1, lab_turn_and_take, lab_transfer, lab_transfer_back);
	labyrinth_owner_destroy(other);
}

/* The stock is for kernels on which an interrupt cannot get other pages. */
static void bench_remote(void)
{
	if (num_online_cpus() == 1)
		return;
	WITH_OWNER(.budget = BENCH_BULK, .stock = BENCH_BULK)
		bench("lab_remote_free", 1, lab_take_elsewhere, lab_give, bench_nothing);
}

static void bench_wishes(void)
{
	WITH_OWNER(.budget = BENCH_BULK, .flags = LABYRINTH_ZERO)
		bench("lab_zero_pair", 1, lab_turn, lab_pair, bench_nothing);
	WITH_OWNER(.budget = BENCH_BULK, .flags = LABYRINTH_POISON)
		bench("lab_poison_pair", 1, lab_turn, lab_pair, bench_nothing);
	WITH_OWNER(.budget = BENCH_BULK, .flags = LABYRINTH_STACK)
		bench("lab_stack_pair", 1, lab_turn, lab_pair, bench_nothing);
	WITH_OWNER(.budget = BENCH_BULK, .scope = LABYRINTH_SCOPE_PROCESS)
		bench("lab_process_pair", 1, lab_turn, lab_pair, bench_nothing);
}

static bool trace(bool on)
{
	return IS_ENABLED(CONFIG_EVENT_TRACING) &&
	       !trace_set_clr_event("labyrinth", "alloc", on) &&
	       !trace_set_clr_event("labyrinth", "free", on);
}

/* Events go to the ring buffer. All other measurements run with the events off. */
static void bench_traced(void)
{
	if (trace(true))
		WITH_OWNER(.budget = BENCH_BULK) {
			bench("lab_traced_pair", 1, lab_turn, lab_pair, bench_nothing);
			bench("lab_traced_alloc", 1, lab_turn, lab_take, lab_give);
			bench("lab_traced_free", 1, lab_turn_and_take, lab_give, bench_nothing);
		}
	trace(false);
	/* Tracing must leave no cost behind. */
	WITH_OWNER(.budget = BENCH_BULK)
		bench("lab_untraced_pair", 1, lab_turn, lab_pair, bench_nothing);
}

void bench_labyrinth(void)
{
	bench_recycled();
	bench_stock();
	bench_cold();
	bench_transfer();
	bench_remote();
	bench_wishes();
	bench_cold_among_others();
	bench_traced();
}
