// SPDX-License-Identifier: GPL-2.0
/* An owner's statistics, derived from its per-CPU counters. */
#include <linux/cpumask.h>
#include <linux/minmax.h>

#include "owner.h"

/*
 * Pages handed out; exact while no call runs. The sum is computed modulo 2^32, and an owner has
 * fewer pages. Context: any.
 */
long lab_owner_owned(const struct labyrinth_owner *owner)
{
	u32 owned = atomic_long_read(&owner->transferred_in);
	int cpu;

	for_each_possible_cpu(cpu)
		owned += lab_cpu_owned(per_cpu_ptr(owner->cpu, cpu));
	return (s32)owned;
}

/*
 * Most pages owned at once: exact if one CPU takes and frees them, else an upper bound, since
 * it includes pages recycled on other CPUs.
 */
long lab_owner_peak(const struct labyrinth_owner *owner)
{
	return READ_ONCE(owner->peak);
}

unsigned long lab_owner_allocs(const struct labyrinth_owner *owner)
{
	unsigned long allocs = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		allocs += local_read(&per_cpu_ptr(owner->cpu, cpu)->allocs);
	return allocs;
}

/* Derived from the other counters; below 0 only while calls run. */
long lab_owner_frees(const struct labyrinth_owner *owner)
{
	long frees = lab_owner_allocs(owner) + atomic_long_read(&owner->transferred_in) -
		     lab_owner_owned(owner);
	int cpu;

	for_each_possible_cpu(cpu)
		frees -= READ_ONCE(per_cpu_ptr(owner->cpu, cpu)->left);
	return max(frees, 0L);
}

/* Ready pages, on any stack. */
long lab_owner_stocked(const struct labyrinth_owner *owner)
{
	long ready = atomic_read(&owner->charged) + atomic_read(&owner->nr_stocked);
	int cpu;

	for_each_possible_cpu(cpu)
		ready += READ_ONCE(per_cpu_ptr(owner->cpu, cpu)->uncharged);
	return max(ready - lab_owner_owned(owner) - atomic_read(&owner->quarantined), 0L);
}
