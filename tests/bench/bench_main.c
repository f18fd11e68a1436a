// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of a page, from labyrinth and from the kernel's allocators.
 *
 * Loading the module measures and prints a line for each operation to the kernel log:
 *
 *	lab_bench: bench NAME MINIMUM MEDIAN
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sort.h>

#include "bench.h"

unsigned int bench_nr_samples = BENCH_SAMPLES;
unsigned int bench_nr_failed;
u32 bench_samples[BENCH_SAMPLES];
static u32 overhead;

static int bench_cmp(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

/* On a real machine an empty sample varies a little, in both directions. */
static u32 bench_net(u32 sample, unsigned int count)
{
	return sample > overhead ? DIV_ROUND_CLOSEST(sample - overhead, count) : 0;
}

void bench_report(const char *name, unsigned int count)
{
	unsigned int nr = bench_nr_samples;

	if (bench_nr_failed) {
		pr_err("%s: %u operations failed\n", name, bench_nr_failed);
		return;
	}
	sort(bench_samples, nr, sizeof(bench_samples[0]), bench_cmp, NULL);
	pr_info("bench %s %u %u\n", name, bench_net(bench_samples[0], count),
		bench_net(bench_samples[nr / 2], count));
}

/* Measure the clock alone first; it is subtracted from all other samples. */
static void bench_empty(void)
{
	bench("empty", 1, bench_nothing, bench_nothing, bench_nothing);
	if (!bench_nr_failed)
		overhead = bench_samples[0];
}

static int __init lab_bench_init(void)
{
	struct cpumask *before;
	int err;

	before = kmalloc(cpumask_size(), GFP_KERNEL);
	if (!before)
		return -ENOMEM;
	cpumask_copy(before, current->cpus_ptr);
	err = set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	if (err)
		goto out;
	bench_empty();
	err = bench_settle() ?: bench_yardsticks() ?: bench_kernel();
	if (!err)
		bench_labyrinth();
	err = err ?: bench_watch();
	pr_info("tsc_khz %u\n", tsc_khz);
	set_cpus_allowed_ptr(current, before);
out:
	kfree(before);
	return err;
}

/* All work is done at load; without this the module could not be unloaded. */
static void __exit lab_bench_exit(void)
{
}

module_init(lab_bench_init);
module_exit(lab_bench_exit);

MODULE_DESCRIPTION("Cost of a page from labyrinth and from the kernel");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
