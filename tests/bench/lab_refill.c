// SPDX-License-Identifier: GPL-2.0
/*
 * The whole cost of a page with a stock: alloc, release and __free_page(), and the refill,
 * which a work item does later.
 *
 * As in bench.h a cycle is an instruction under QEMU's -icount. Loading the module measures
 * and prints a line for each way to the kernel log, with the same figure twice:
 *
 *	lab_refill: bench NAME MEAN MEAN
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/timex.h>

#define REFILL_BULK	32
#define REFILL_STOCK	(2 * REFILL_BULK)
#define REFILL_BUDGET	(4 * REFILL_STOCK)
#define REFILL_TURNS	256

/* So often the work item gets the CPU after each turn: a refill of half the stock takes one. */
#define REFILL_YIELDS	4

static struct labyrinth_owner *owner;
static struct page *pages[REFILL_BULK];
static unsigned int nr_failed;

static void nothing(void)
{
}

static void part(struct page *page)
{
	if (page && !labyrinth_release_page(owner, page))
		__free_page(page);
	else
		nr_failed++;
}

static void bulk(void)
{
	unsigned int i, nr = labyrinth_alloc_pages_bulk(owner, REFILL_BULK, pages);

	nr_failed += REFILL_BULK - nr;
	for (i = 0; i < nr; i++)
		part(pages[i]);
}

static void stream(void)
{
	unsigned int i;

	for (i = 0; i < REFILL_BULK; i++)
		part(labyrinth_alloc_page(owner));
}

/* Cycles of all turns, and of the work items that they cause. */
static u64 refill_turns(void (*turn)(void))
{
	u64 start = get_cycles();
	unsigned int i, j;

	for (i = 0; i < REFILL_TURNS; i++) {
		/* As when a network driver polls. */
		local_bh_disable();
		turn();
		local_bh_enable();
		for (j = 0; j < REFILL_YIELDS; j++)
			yield();
	}
	return get_cycles() - start;
}

static int refill_measure(const char *name, void (*turn)(void), unsigned int stock)
{
	u64 cycles;

	owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = "refill", .budget = REFILL_BUDGET, .stock = stock, .nid = NUMA_NO_NODE,
	});
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	nr_failed = 0;
	turn();
	cycles = refill_turns(turn) - refill_turns(nothing);
	cycles = DIV_ROUND_CLOSEST(cycles, REFILL_TURNS * REFILL_BULK);
	if (labyrinth_owner_destroy(owner) || nr_failed)
		pr_err("%s: %u pages failed\n", name, nr_failed);
	else
		pr_info("bench %s %llu %llu\n", name, cycles, cycles);
	return 0;
}

static int __init refill_init(void)
{
	/* The work item must run on this CPU, for its cycles to be counted. */
	if (num_online_cpus() > 1)
		return -EOPNOTSUPP;
	return refill_measure("lab_no_stock_bulk", bulk, 0) ?:
	       refill_measure("lab_stock_bulk", bulk, REFILL_STOCK) ?:
	       refill_measure("lab_no_stock_stream", stream, 0) ?:
	       refill_measure("lab_stock_stream", stream, REFILL_STOCK);
}

/* All work is done at load; without this the module could not be unloaded. */
static void __exit refill_exit(void)
{
}

module_init(refill_init);
module_exit(refill_exit);

MODULE_DESCRIPTION("Cost of a page with a stock, refill included");
MODULE_LICENSE("GPL");
