// SPDX-License-Identifier: GPL-2.0
/*
 * The most that one call can cost where it may not wait: each path of alloc and
 * free that keeps away from the kernel's allocator, in NMI, the worst of many.
 *
 * As with lab_bench.c a cycle is an instruction under QEMU's -icount, and loading
 * measures; the kernel log has a line for each path:
 *
 *	lab_worst: worst NAME MAXIMUM
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/timex.h>

#include <asm/apic.h>
#include <asm/nmi.h>

#define WORST_SAMPLES	200
#define WORST_STOCK	64

#define lab_alloc	labyrinth_void_alloc_page_gfp_atomic_exclusive
#define lab_free	labyrinth_void_free_page_exclusive

/* One with a stock, one whose budget is spent, one for transfers and foreign frees. */
static struct labyrinth_owner *stocked, *spent, *other;
static struct page *page, *plain, *spent_page;
static long result;

static void nothing(void)
{
}

static void take(void)
{
	page = lab_alloc(stocked);
}

static void give(void)
{
	result = lab_free(stocked, page);
}

static void release(void)
{
	if (page && !labyrinth_void_release_page_exclusive(stocked, page))
		__free_page(page);
}

/* From the stock: what is recycled here must be out of the way. */
static struct page *kept[2 * WORST_STOCK];
static unsigned int nr_kept;

static void keep(void)
{
	if (page && nr_kept < ARRAY_SIZE(kept))
		kept[nr_kept++] = page;
}

static void take_spent(void)
{
	struct page *none = lab_alloc(spent);

	result = none ? -EINVAL : 0;
}

static void take_nothing_ready(void)
{
	page = lab_alloc(other);
}

static void take_and_share(void)
{
	take();
	get_page(page);
}

static void put(void)
{
	put_page(page);
}

static void give_foreign(void)
{
	result = lab_free(other, page);
}

static void give_plain(void)
{
	result = lab_free(stocked, plain);
}

static void take_and_give(void)
{
	take();
	give();
}

static void take_and_transfer(void)
{
	take();
	labyrinth_void_transfer_page_exclusive(stocked, other, page);
}

static void give_other(void)
{
	result = lab_free(other, page);
}

static const struct worst_path {
	const char *name;
	void (*before)(void);
	void (*op)(void);
	void (*after)(void);
	unsigned int samples;
	long result;	/* that the operation must have */
} worst_paths[] = {
	{ "nothing",			nothing, nothing, nothing, WORST_SAMPLES },
	{ "alloc_stock",		nothing, take, keep, WORST_STOCK },
	{ "alloc_recycled",		nothing, take, give, WORST_SAMPLES },
	{ "alloc_refused_budget",	nothing, take_spent, nothing, WORST_SAMPLES },
	{ "alloc_refused_context",	nothing, take_nothing_ready, nothing, WORST_SAMPLES },
	{ "free",			take, give, nothing, WORST_SAMPLES },
	{ "free_transferred",		take_and_transfer, give_other, nothing, WORST_SAMPLES },
	{ "free_shared",		take_and_share, give, put, WORST_STOCK / 2, -EBUSY },
	{ "free_twice",			take_and_give, give, nothing, WORST_SAMPLES, -EALREADY },
	{ "free_foreign",		take, give_foreign, release, WORST_SAMPLES, -EPERM },
	{ "free_plain",			nothing, give_plain, nothing, WORST_SAMPLES, -ENOENT },
};

static const struct worst_path *path;
static u64 cost, overhead;
static int wanted;

static int worst_nmi(unsigned int type, struct pt_regs *regs)
{
	u64 start;

	if (cmpxchg(&wanted, 1, 2) != 1)
		return NMI_DONE;
	result = 0;
	start = get_cycles();
	path->op();
	cost = get_cycles() - start;
	WRITE_ONCE(wanted, 0);
	return NMI_HANDLED;
}

static void worst_measure(void)
{
	unsigned int i, wrong = 0;
	u64 most = 0;

	for (i = 0; i < path->samples; i++) {
		path->before();
		WRITE_ONCE(wanted, 1);
		preempt_disable();
		apic->send_IPI(smp_processor_id(), NMI_VECTOR);
		while (READ_ONCE(wanted))
			cpu_relax();
		preempt_enable();
		wrong += result != path->result;
		path->after();
		most = max(most, cost);
	}
	if (path->op == nothing)
		overhead = most;
	if (wrong)
		pr_err("%s: %u calls went another way\n", path->name, wrong);
	else
		pr_info("worst %s %llu\n", path->name, most - overhead);
}

static struct labyrinth_owner *worst_owner(const char *name, unsigned int budget,
					   unsigned int stock)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .stock = stock, .nid = NUMA_NO_NODE,
	});
}

static void worst_end(void)
{
	while (nr_kept)
		lab_free(stocked, kept[--nr_kept]);
	if (spent_page)
		lab_free(spent, spent_page);
	labyrinth_owner_destroy(stocked);
	labyrinth_owner_destroy(spent);
	labyrinth_owner_destroy(other);
	if (plain)
		__free_page(plain);
}

static int __init worst_init(void)
{
	int err = -ENOMEM;

	stocked = worst_owner("stocked", 4 * WORST_STOCK, 2 * WORST_STOCK);
	spent = worst_owner("spent", 1, 0);
	other = worst_owner("other", WORST_STOCK, 0);
	plain = alloc_page(GFP_KERNEL);
	if (IS_ERR(stocked) || IS_ERR(spent) || IS_ERR(other) || !plain)
		goto end;
	spent_page = lab_alloc(spent);
	err = register_nmi_handler(NMI_LOCAL, worst_nmi, 0, "lab_worst");
	if (err)
		goto end;
	for (path = worst_paths; path < worst_paths + ARRAY_SIZE(worst_paths); path++)
		worst_measure();
	unregister_nmi_handler(NMI_LOCAL, "lab_worst");
end:
	worst_end();
	return err;
}

/* All is done and undone at load; this lets the module be unloaded. */
static void __exit worst_exit(void)
{
}

module_init(worst_init);
module_exit(worst_exit);

MODULE_DESCRIPTION("The most that one call of labyrinth can cost");
MODULE_LICENSE("GPL");
