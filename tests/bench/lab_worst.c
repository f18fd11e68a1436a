// SPDX-License-Identifier: GPL-2.0
/*
 * The highest cost of one call that may not wait: each path of alloc and free that
 * does not call the kernel's allocator, the worst of many samples, in NMI and in a
 * hard interrupt.
 *
 * As in bench.h a cycle is an instruction under QEMU's -icount. Loading the module
 * measures and prints a line for each path in each context to the kernel log:
 *
 *	lab_worst: worst_nmi NAME MAXIMUM
 *	lab_worst: worst_hardirq NAME MAXIMUM
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/timex.h>

#include <asm/apic.h>
#include <asm/nmi.h>

#define WORST_SAMPLES	200
/* More than half of the stock, so that the samples include a kick of the refill. */
#define WORST_STOCK	72

#define lab_alloc	labyrinth_alloc_page
#define lab_free	labyrinth_free_page

/* One owner with a stock, one with its budget spent, one for transfers and foreign frees. */
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
	if (page && !labyrinth_release_page(stocked, page))
		__free_page(page);
}

/* Pages of the stock are kept, because recycled pages would be used before the stock. */
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
	result = page ? -EINVAL : 0;
}

/* From 7.x on, a call in NMI may get a page from the kernel. */
static void give_any(void)
{
	if (page)
		lab_free(other, page);
}

static void take_and_share(void)
{
	take();
	if (page)
		get_page(page);
}

static void put(void)
{
	if (page)
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
	labyrinth_transfer_page(stocked, other, page);
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
	long result;	/* expected from the operation */
	bool nmi_only;	/* in an interrupt the kernel's allocator would be called */
} worst_paths[] = {
	{ "nothing",			nothing, nothing, nothing, WORST_SAMPLES },
	{ "alloc_stock",		nothing, take, keep, WORST_STOCK },
	{ "alloc_recycled",		nothing, take, give, WORST_SAMPLES },
	{ "alloc_refused_budget",	nothing, take_spent, nothing, WORST_SAMPLES },
	{ "alloc_refused_context",	nothing, take_nothing_ready, give_any, WORST_SAMPLES, 0,
	  true },
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

static void worst_once(void)
{
	u64 start;

	result = 0;
	start = get_cycles();
	path->op();
	cost = get_cycles() - start;
	WRITE_ONCE(wanted, 0);
}

static int worst_nmi(unsigned int type, struct pt_regs *regs)
{
	if (cmpxchg(&wanted, 1, 2) != 1)
		return NMI_DONE;
	worst_once();
	return NMI_HANDLED;
}

static void worst_hardirq(struct irq_work *work)
{
	worst_once();
}

static struct irq_work worst_work = IRQ_WORK_INIT_HARD(worst_hardirq);

static void send_nmi(void)
{
	apic->send_IPI(smp_processor_id(), NMI_VECTOR);
}

static void send_hardirq(void)
{
	irq_work_queue(&worst_work);
}

/* Measure @path in the interrupt that @send sends to this CPU. */
static void worst_measure(const char *context, void (*send)(void))
{
	unsigned int i, wrong = 0;
	u64 most = 0;

	for (i = 0; i < path->samples; i++) {
		path->before();
		preempt_disable();
		WRITE_ONCE(wanted, 1);
		send();
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
		pr_err("%s: %u calls returned a wrong result\n", path->name, wrong);
	else
		pr_info("worst_%s %s %llu\n", context, path->name, most - min(most, overhead));
}

/* Free the pages of keep(). */
static void worst_give_kept(void)
{
	while (nr_kept)
		lab_free(stocked, kept[--nr_kept]);
}

static struct labyrinth_owner *worst_owner(const char *name, unsigned int budget,
					   unsigned int stock)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .stock = stock, .nid = NUMA_NO_NODE,
	});
}

static int worst_begin(void)
{
	stocked = worst_owner("stocked", 4 * WORST_STOCK, WORST_STOCK + WORST_STOCK / 2);
	spent = worst_owner("spent", 1, 0);
	other = worst_owner("other", WORST_STOCK, 0);
	plain = alloc_page(GFP_KERNEL);
	if (IS_ERR(stocked) || IS_ERR(spent) || IS_ERR(other) || !plain)
		return -ENOMEM;
	spent_page = lab_alloc(spent);
	return spent_page ? 0 : -ENOMEM;
}

static void worst_end(void)
{
	worst_give_kept();
	if (spent_page)
		lab_free(spent, spent_page);
	spent_page = NULL;
	labyrinth_owner_destroy(stocked);
	labyrinth_owner_destroy(spent);
	labyrinth_owner_destroy(other);
	if (plain)
		__free_page(plain);
}

/* Each context has owners of its own, so that they do not influence each other. */
static int worst_measure_all(const char *context, void (*send)(void), bool nmi)
{
	int err = worst_begin();

	if (!err)
		for (path = worst_paths; path < worst_paths + ARRAY_SIZE(worst_paths); path++)
			if (nmi || !path->nmi_only)
				worst_measure(context, send);
	worst_end();
	return err;
}

static int __init worst_init(void)
{
	int err;

	err = register_nmi_handler(NMI_LOCAL, worst_nmi, 0, "lab_worst");
	if (err)
		return err;
	err = worst_measure_all("nmi", send_nmi, true) ?:
	      worst_measure_all("hardirq", send_hardirq, false);
	irq_work_sync(&worst_work);
	unregister_nmi_handler(NMI_LOCAL, "lab_worst");
	return err;
}

/* All work is done at load; without this the module could not be unloaded. */
static void __exit worst_exit(void)
{
}

module_init(worst_init);
module_exit(worst_exit);

MODULE_DESCRIPTION("Highest cost of one call of labyrinth");
MODULE_LICENSE("GPL");
