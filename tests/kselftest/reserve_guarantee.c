// SPDX-License-Identifier: GPL-2.0
/*
 * The guarantee: a stock of S pages gives S pages in a row to any CPU in any context,
 * whichever CPU's list they are on, while the page allocator has no page.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "stub.h"
#include "reserve.h"

#define GUARANTEE_WORKERS	16

static struct page *guarantee_pages[STUB_PAGES];

static void guarantee_idle(struct work_struct *work)
{
	msleep(50);
}

/*
 * Create enough workers beforehand. During the shortage a refill waits for memory, and
 * creating another worker would invoke the OOM killer.
 */
static void guarantee_make_workers(void)
{
	static struct work_struct works[GUARANTEE_WORKERS];
	unsigned int i;
	int cpu;

	for (i = 0; i < GUARANTEE_WORKERS; i++) {
		INIT_WORK(&works[i], guarantee_idle);
		queue_work(system_unbound_wq, &works[i]);
	}
	for (i = 0; i < GUARANTEE_WORKERS; i++)
		flush_work(&works[i]);
	for_each_online_cpu(cpu) {
		for (i = 0; i < GUARANTEE_WORKERS / 4; i++)
			queue_work_on(cpu, system_wq, &works[i]);
		for (i = 0; i < GUARANTEE_WORKERS / 4; i++)
			flush_work(&works[i]);
	}
}

/* From here until the pages are freed, do not sleep for long: other tasks wait for memory. */
static void guarantee_hog(struct reserve_hoard *hoard)
{
	int cpu;

	/* Twice, since pages of a per-CPU list may have returned to their zone meanwhile. */
	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		reserve_drain(hoard, RESERVE_TO_NOTHING);
	}
	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		reserve_drain(hoard, RESERVE_TO_NOTHING);
	}
}

/* Does the kernel have a page for GFP_ATOMIC on this CPU? */
static bool guarantee_kernel_gives(void)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (page)
		__free_page(page);
	return page;
}

/* @verb: STUB_ALLOC, page by page, or STUB_BULK, in one call. */
static void guarantee_run(struct labyrinth_owner *owner, enum stub_context context,
			  enum stub_verb verb, unsigned int stock, struct reserve_guarantee *g)
{
	struct stub_call call = {
		.verb = verb, .owner = owner, .page = guarantee_pages,
		.nr = stock, .times = verb == STUB_BULK ? 1 : stock,
	};

	g->runs++;
	g->kernel_gave += guarantee_kernel_gives();
	stub_call_in(context, -1, &call);
	if (call.ret != stock)
		g->too_few++;
	call = (struct stub_call){
		.verb = STUB_FREE, .owner = owner, .page = guarantee_pages, .times = call.ret,
	};
	if (!call.times)
		return;
	stub_call_in(context, -1, &call);
	if (call.ret)
		g->errors++;
}

static struct labyrinth_owner *guarantee_owner(const char *name, unsigned int stock,
					       unsigned int flags)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = stock, .stock = stock, .flags = flags,
		.reserve_pct = LABYRINTH_RESERVE_NONE, .nid = NUMA_NO_NODE,
	});
}

/*
 * One CPU after the other, so that each finds the pages on the lists of another CPU. Bulk calls
 * have an owner of their own: its first call finds the stock full.
 */
int reserve_guarantee(unsigned int stock, unsigned int flags, struct reserve_guarantee *g)
{
	struct labyrinth_owner *owner, *bulk;
	struct reserve_hoard hoard = {};
	int cpu, context;

	if (stock > STUB_PAGES)
		return -EINVAL;
	owner = guarantee_owner("guarantee", stock, flags);
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	bulk = guarantee_owner("guarantee.bulk", stock, flags);
	if (IS_ERR(bulk)) {
		labyrinth_owner_destroy(owner);
		return PTR_ERR(bulk);
	}
	guarantee_make_workers();
	guarantee_hog(&hoard);
	for (context = 0; context < STUB_NR_CONTEXTS; context++)
		for_each_online_cpu(cpu) {
			set_cpus_allowed_ptr(current, cpumask_of(cpu));
			guarantee_run(owner, context, STUB_ALLOC, stock, g);
			guarantee_run(bulk, context, STUB_BULK, stock, g);
		}
	reserve_give_back(&hoard, hoard.nr);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	g->out = labyrinth_owner_destroy(owner) + labyrinth_owner_destroy(bulk);
	return 0;
}
