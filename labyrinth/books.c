// SPDX-License-Identifier: GPL-2.0
/* What an owner has and has had, worked out from its counters. */
#include <linux/cpumask.h>
#include <linux/minmax.h>

#include "owner.h"

/* Pages handed out; exact when nothing moves meanwhile. Context: any. */
long lab_owner_owned(const struct labyrinth_owner *owner)
{
	long owned = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct lab_cpu *c = per_cpu_ptr(owner->cpu, cpu);

		owned += READ_ONCE(c->peak) - READ_ONCE(c->slack);
	}
	return owned;
}

/*
 * Most pages owned at once: exact where one CPU takes and frees them, else an
 * upper bound, since the CPUs' peaks need not have come together.
 */
long lab_owner_peak(const struct labyrinth_owner *owner)
{
	long peak = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		peak += READ_ONCE(per_cpu_ptr(owner->cpu, cpu)->peak);
	return min_t(long, peak, READ_ONCE(owner->bound_peak));
}

unsigned long lab_owner_allocs(const struct labyrinth_owner *owner)
{
	unsigned long allocs = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		allocs += READ_ONCE(per_cpu_ptr(owner->cpu, cpu)->allocs);
	return allocs;
}

/* The others as they follow from what is counted; below 0 only while something moves. */

long lab_owner_frees(const struct labyrinth_owner *owner)
{
	long came = lab_owner_allocs(owner) + atomic_long_read(&owner->arrived);

	return max(came - lab_owner_owned(owner) - atomic_long_read(&owner->left), 0L);
}

/* Pages ready, wherever they lie. */
long lab_owner_stocked(const struct labyrinth_owner *owner)
{
	long ready = atomic_read(&owner->bound) + atomic_read(&owner->nr_stocked);
	int cpu;

	for_each_possible_cpu(cpu)
		ready += READ_ONCE(per_cpu_ptr(owner->cpu, cpu)->spares);
	return max(ready - lab_owner_owned(owner) - atomic_read(&owner->quarantined), 0L);
}

/* Bytes that the owner costs: its tags, its handle, and a fixed part per possible CPU. */
size_t lab_owner_bytes(const struct labyrinth_owner *owner)
{
	return lab_bank_bytes(owner->bank, lab_owner_tags(owner)) + sizeof(*owner) +
	       num_possible_cpus() * sizeof(struct lab_cpu);
}
