// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs of alloc and free per second of the wall clock, when 1, 2, 4, ... CPUs do
 * nothing else. Under QEMU this shows how its virtual CPUs share the real ones, and
 * little of the cost of caches.
 *
 * Loading the module measures and prints a line for each to the kernel log:
 *
 *	lab_scale: scale NAME CPUS PAIRS-PER-SECOND-AND-CPU
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/labyrinth.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>

#define SCALE_CPUS	8
#define SCALE_BUDGET	256
#define SCALE_NS	(300 * NSEC_PER_MSEC)
#define SCALE_TURN	64	/* pairs between two readings of the clock */

struct scale_cpu {
	struct labyrinth_owner *owner;
	struct scale_cpu *next;		/* receives pages from this one */
	const struct scale_way *way;
	u64 pairs, ns;
	struct page *box;		/* a page handed to this CPU */
} ____cacheline_aligned;

struct scale_way {
	const char *name;
	bool one_owner;
	bool (*pair)(struct scale_cpu *cpu);
};

static struct scale_cpu scale_cpus[SCALE_CPUS];
static DECLARE_COMPLETION(go);
static DECLARE_COMPLETION(done);
static unsigned int nr_failed;

static bool pair_buddy(struct scale_cpu *cpu)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (!page)
		return false;
	__free_page(page);
	return true;
}

static bool pair_labyrinth(struct scale_cpu *cpu)
{
	struct page *page = labyrinth_alloc_page(cpu->owner);

	return page && !labyrinth_free_page(cpu->owner, page);
}

/* Allocate a page and hand it to the next CPU; free the page handed to this one. */
static bool pair_handed(struct scale_cpu *cpu)
{
	struct page *page = labyrinth_alloc_page(cpu->owner);

	if (!page)
		return false;
	page = xchg(&cpu->next->box, page);
	if (page && labyrinth_free_page(cpu->owner, page))
		return false;
	page = xchg(&cpu->box, NULL);
	return !page || !labyrinth_free_page(cpu->owner, page);
}

static const struct scale_way scale_ways[] = {
	{ "buddy",		false,	pair_buddy },
	{ "lab_owner_each",	false,	pair_labyrinth },
	{ "lab_owner_shared",	true,	pair_labyrinth },
	{ "lab_handed_over",	true,	pair_handed },
};

static int scale_thread(void *data)
{
	struct scale_cpu *cpu = data;
	unsigned int i, failed = 0;
	u64 start;

	wait_for_completion(&go);
	start = ktime_get_ns();
	do {
		for (i = 0; i < SCALE_TURN; i++)
			failed += !cpu->way->pair(cpu);
		cpu->pairs += SCALE_TURN;
		cpu->ns = ktime_get_ns() - start;
		cond_resched();
	} while (cpu->ns < SCALE_NS);
	if (failed)
		WRITE_ONCE(nr_failed, failed);
	/* No code of this module runs after this. */
	kthread_complete_and_exit(&done, 0);
}

static struct labyrinth_owner *scale_owner(unsigned int nr)
{
	char name[LABYRINTH_NAME_LEN];

	snprintf(name, sizeof(name), "scale.%u", nr);
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = SCALE_BUDGET, .nid = NUMA_NO_NODE,
	});
}

/* Start threads on the first @nr online CPUs. Returns how many were started. */
static unsigned int scale_start(unsigned int nr)
{
	unsigned int started = 0;
	struct task_struct *task;
	int cpu;

	for_each_online_cpu(cpu) {
		if (started == nr)
			break;
		task = kthread_create(scale_thread, &scale_cpus[started], "lab_scale/%d", cpu);
		if (IS_ERR(task))
			break;
		kthread_bind(task, cpu);
		wake_up_process(task);
		started++;
	}
	return started;
}

static void scale_tell(const struct scale_way *way, unsigned int nr)
{
	u64 rate = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		rate += div64_u64(scale_cpus[i].pairs * NSEC_PER_SEC, scale_cpus[i].ns);
	if (nr_failed)
		pr_err("%s: %u pairs failed\n", way->name, nr_failed);
	else
		pr_info("scale %s %u %llu\n", way->name, nr, div_u64(rate, nr));
}

static int scale_measure(const struct scale_way *way, unsigned int nr)
{
	unsigned int i, started, nr_owners = way->one_owner ? 1 : nr;
	int err = 0;

	memset(scale_cpus, 0, sizeof(scale_cpus));
	nr_failed = 0;
	for (i = 0; i < nr_owners; i++)
		scale_cpus[i].owner = scale_owner(i);
	for (i = 0; i < nr; i++) {
		scale_cpus[i].owner = scale_cpus[i % nr_owners].owner;
		scale_cpus[i].next = &scale_cpus[(i + 1) % nr];
		scale_cpus[i].way = way;
		if (IS_ERR(scale_cpus[i].owner))
			err = PTR_ERR(scale_cpus[i].owner);
	}
	if (!err) {
		reinit_completion(&go);
		started = scale_start(nr);
		complete_all(&go);
		for (i = 0; i < started; i++)
			wait_for_completion(&done);
		err = started == nr ? 0 : -ENOMEM;
	}
	if (!err)
		scale_tell(way, nr);
	for (i = 0; i < nr; i++)
		if (scale_cpus[i].box)
			labyrinth_free_page(scale_cpus[0].owner, scale_cpus[i].box);
	for (i = 0; i < nr_owners; i++)
		labyrinth_owner_destroy(scale_cpus[i].owner);
	return err;
}

static int __init scale_init(void)
{
	unsigned int way, nr;
	int err = 0;

	for (way = 0; way < ARRAY_SIZE(scale_ways) && !err; way++)
		for (nr = 1; nr <= min(num_online_cpus(), SCALE_CPUS) && !err; nr *= 2)
			err = scale_measure(&scale_ways[way], nr);
	return err;
}

/* All work is done at load; without this the module could not be unloaded. */
static void __exit scale_exit(void)
{
}

module_init(scale_init);
module_exit(scale_exit);

MODULE_DESCRIPTION("Pairs of alloc and free per second, on several CPUs at once");
MODULE_LICENSE("GPL");
