// SPDX-License-Identifier: GPL-2.0
/*
 * Compares an owner's counters with the sum of its tags, while the owner is in use.
 *
 * Counters and tags change together, with preemption disabled. The counters are read before
 * the grace period that precedes the walk, and again after the one that follows it. If they
 * are the same, no tag has changed during the walk, and no change of either is in flight. The
 * one exception is a charge of the budget, which a call makes before it looks for a page: see
 * LAB_AUDIT_PATIENCE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/string.h>

#include "../core/owner.h"
#include "audit.h"
#include "event.h"
#include "owner_diag.h"

/*
 * More charges than pages may be those of calls that are in the kernel's allocator. They are
 * an error only if the owner's counters have not changed for this long.
 */
#define LAB_AUDIT_PATIENCE	(60 * HZ)

static void lab_print(u64 *print, u64 value)
{
	*print = (*print ^ value) * GOLDEN_RATIO_64;
	*print ^= *print >> 32;
}

/*
 * The counters, each read once. Returns a fingerprint of them all, which differs even if as
 * many pages came as went: pushes, allocs and the like only grow.
 */
static u64 lab_counters_read(const struct labyrinth_owner *owner, long counted[LAB_NR_COUNTERS])
{
	u32 charged = atomic_read(&owner->charged);
	u32 arrived = atomic_long_read(&owner->transferred_in);
	u32 stocked = atomic_read(&owner->nr_stocked), owned = arrived;
	long ready = (long)charged + (s32)stocked;
	u64 print = lab_owner_refused(owner);
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct lab_cpu *there = per_cpu_ptr(owner->cpu, cpu);
		u64 balance_and_hints = local_read(&there->balance_and_hints);
		u64 head = READ_ONCE(there->recycled.head);
		long left = READ_ONCE(there->left), uncharged = READ_ONCE(there->uncharged);

		owned += lab_owned_from(balance_and_hints, head, left);
		ready += uncharged;
		lab_print(&print, head);
		lab_print(&print, balance_and_hints);
		lab_print(&print, left);
		lab_print(&print, uncharged);
		lab_print(&print, local_read(&there->allocs));
	}
	counted[LAB_COUNTER_OWNED] = (s32)owned;
	counted[LAB_COUNTER_QUARANTINED] = atomic_read(&owner->quarantined);
	counted[LAB_COUNTER_FROM_RESERVE] = atomic_read(&owner->from_reserve);
	counted[LAB_COUNTER_READY] = ready - (s32)owned - counted[LAB_COUNTER_QUARANTINED];
	lab_print(&print, READ_ONCE(owner->stocked.head));
	lab_print(&print, (u64)charged << 32 | stocked);
	lab_print(&print, arrived);
	lab_print(&print, counted[LAB_COUNTER_QUARANTINED]);
	lab_print(&print, counted[LAB_COUNTER_FROM_RESERVE]);
	return print;
}

/* Before the walk, and before a grace period. Needs lab_owners_lock. */
void lab_counters_open(struct labyrinth_owner *owner)
{
	struct lab_audit_counters *counters = &owner->diag->audit;
	long counted[LAB_NR_COUNTERS];
	u64 print = lab_counters_read(owner, counted);

	lockdep_assert_held(&lab_owners_lock);
	memset(counters->tags, 0, sizeof(counters->tags));
	if (!counters->since || counters->print != print)
		counters->since = get_jiffies_64();
	counters->print = print;
}

/* Are the counters wrong, and by other amounts than last reported? */
static bool lab_counters_wrong(struct labyrinth_owner *owner, const long counted[LAB_NR_COUNTERS])
{
	struct lab_audit_counters *counters = &owner->diag->audit;
	bool moved_lately = get_jiffies_64() - counters->since < LAB_AUDIT_PATIENCE;
	long off[LAB_NR_COUNTERS];
	unsigned int i;

	for (i = 0; i < LAB_NR_COUNTERS; i++)
		off[i] = counted[i] - counters->tags[i];
	if (moved_lately && off[LAB_COUNTER_READY] > 0 &&
	    off[LAB_COUNTER_READY] != counters->reported[LAB_COUNTER_READY])
		off[LAB_COUNTER_READY] = 0;
	if (!memcmp(off, counters->reported, sizeof(off)))
		return false;
	memcpy(counters->reported, off, sizeof(off));
	return memchr_inv(off, 0, sizeof(off));
}

/* After the walk, and after a grace period. Needs lab_owners_lock. */
void lab_counters_close(struct lab_audit *audit, struct labyrinth_owner *owner)
{
	const long *tags = owner->diag->audit.tags;
	long counted[LAB_NR_COUNTERS];

	audit->owners++;
	if (lab_counters_read(owner, counted) != owner->diag->audit.print) {
		audit->busy++;
		return;
	}
	if (!lab_counters_wrong(owner, counted))
		return;
	pr_warn("owner %s: owned %ld, ready %ld, quarantined %ld, from_reserve %ld by its counters, %ld, %ld, %ld, %ld by its tags\n",
		owner->name, counted[LAB_COUNTER_OWNED], counted[LAB_COUNTER_READY],
		counted[LAB_COUNTER_QUARANTINED], counted[LAB_COUNTER_FROM_RESERVE],
		tags[LAB_COUNTER_OWNED], tags[LAB_COUNTER_READY], tags[LAB_COUNTER_QUARANTINED],
		tags[LAB_COUNTER_FROM_RESERVE]);
	lab_event_violation(&(struct lab_violation_info){
		.kind = LAB_MISCOUNTED,
		.owner = owner,
	});
	audit->found++;
}
