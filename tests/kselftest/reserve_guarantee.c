// SPDX-License-Identifier: GPL-2.0
/*
 * The guarantee: a stock of S pages gives S pages in a row to any one CPU in any
 * context, wherever they lie, while the whole machine has no page.
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
 * Have workers enough that none must be made while there is no page: a refill will
 * be waiting for memory then, and for who makes workers the kernel would kill.
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

/* Nothing may sleep for long here: whoever needs a page now waits for us. */
static void guarantee_hog(struct reserve_hoard *hoard)
{
	int cpu;

	/* Twice, since what lay in a CPU's list may have gone to a zone meanwhile. */
	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		reserve_drain(hoard, RESERVE_TO_NOTHING);
	}
	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		reserve_drain(hoard, RESERVE_TO_NOTHING);
	}
}

/* Does the kernel have a page here for the most urgent of requests? */
static bool guarantee_kernel_gives(void)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (page)
		__free_page(page);
	return page;
}

static void guarantee_run(struct labyrinth_owner *owner, enum stub_context context,
			  unsigned int stock, struct reserve_guarantee *g)
{
	struct stub_call call = {
		.verb = STUB_ALLOC, .owner = owner, .page = guarantee_pages, .times = stock,
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

/* Each CPU after the other, so that it finds the pages in another's cache. */
int reserve_guarantee(unsigned int stock, unsigned int flags, struct reserve_guarantee *g)
{
	struct reserve_hoard hoard = {};
	struct labyrinth_owner *owner;
	int cpu, context;

	if (stock > STUB_PAGES)
		return -EINVAL;
	owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = "guarantee", .budget = stock, .stock = stock, .flags = flags,
		.reserve_pct = LABYRINTH_RESERVE_NONE, .nid = NUMA_NO_NODE,
	});
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	guarantee_make_workers();
	guarantee_hog(&hoard);
	for (context = 0; context < STUB_NR_CONTEXTS; context++)
		for_each_online_cpu(cpu) {
			set_cpus_allowed_ptr(current, cpumask_of(cpu));
			guarantee_run(owner, context, stock, g);
		}
	reserve_give_back(&hoard, hoard.nr);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	g->out = labyrinth_owner_destroy(owner);
	return 0;
}
