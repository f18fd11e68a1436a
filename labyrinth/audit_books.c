// SPDX-License-Identifier: GPL-2.0
/*
 * Are an owner's counters what its tags add up to? Asked without stopping it.
 *
 * Counters and tags change together, with preemption disabled. So where no counter
 * has changed from before a grace period before the walk to after the one behind it,
 * no tag has changed in the walk, nor is a change of either still under way. The one
 * exception is a place in the budget, which is taken before a page is looked for:
 * see LAB_AUDIT_PATIENCE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/string.h>

#include "audit.h"
#include "owner.h"
#include "report.h"

/*
 * More places taken than the pages that are there may be those of calls which are in
 * the kernel's allocator: believed of an owner that has not moved for so long.
 */
#define LAB_AUDIT_PATIENCE	(60 * HZ)

static void lab_print(u64 *print, u64 value)
{
	*print = (*print ^ value) * GOLDEN_RATIO_64;
	*print ^= *print >> 32;
}

/*
 * What the counters say, each read once, and a fingerprint of them all. Pages that
 * come and go show in it though as many do: pushes, allocs and the like only grow.
 */
static u64 lab_books_read(const struct labyrinth_owner *owner, long counted[LAB_NR_BOOKS])
{
	u32 bound = atomic_read(&owner->bound), arrived = atomic_long_read(&owner->arrived);
	u32 stocked = atomic_read(&owner->nr_stocked), owned = arrived;
	long ready = (long)bound + (s32)stocked;
	u64 print = lab_owner_refused(owner);
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct lab_cpu *there = per_cpu_ptr(owner->cpu, cpu);
		struct lab_cpu now = {
			.recycled.head = READ_ONCE(there->recycled.head),
			.left = READ_ONCE(there->left),
			.unkept = READ_ONCE(there->unkept),
			.spares = READ_ONCE(there->spares),
		};

		local_set(&now.allocs, local_read(&there->allocs));
		owned += lab_cpu_owned(&now);
		ready += now.spares;
		lab_print(&print, now.recycled.head);
		lab_print(&print, now.left);
		lab_print(&print, now.unkept);
		lab_print(&print, now.spares);
		lab_print(&print, local_read(&now.allocs));
	}
	counted[LAB_BOOK_OWNED] = (s32)owned;
	counted[LAB_BOOK_QUARANTINED] = atomic_read(&owner->quarantined);
	counted[LAB_BOOK_FROM_RESERVE] = atomic_read(&owner->from_reserve);
	counted[LAB_BOOK_READY] = ready - (s32)owned - counted[LAB_BOOK_QUARANTINED];
	lab_print(&print, READ_ONCE(owner->stocked.head));
	lab_print(&print, (u64)bound << 32 | stocked);
	lab_print(&print, arrived);
	lab_print(&print, counted[LAB_BOOK_QUARANTINED]);
	lab_print(&print, counted[LAB_BOOK_FROM_RESERVE]);
	return print;
}

/* Before the walk, and before a grace period. Needs lab_owners_lock. */
void lab_books_open(struct labyrinth_owner *owner)
{
	struct lab_audit_books *books = &owner->audit;
	long counted[LAB_NR_BOOKS];
	u64 print = lab_books_read(owner, counted);

	lockdep_assert_held(&lab_owners_lock);
	memset(books->tags, 0, sizeof(books->tags));
	if (!books->since || books->print != print)
		books->since = get_jiffies_64();
	books->print = print;
}

/* Are the counters off by other than was told before? */
static bool lab_books_wrong(struct labyrinth_owner *owner, const long counted[LAB_NR_BOOKS])
{
	struct lab_audit_books *books = &owner->audit;
	bool moved_lately = get_jiffies_64() - books->since < LAB_AUDIT_PATIENCE;
	long off[LAB_NR_BOOKS];
	unsigned int i;

	for (i = 0; i < LAB_NR_BOOKS; i++)
		off[i] = counted[i] - books->tags[i];
	if (moved_lately && off[LAB_BOOK_READY] > 0 &&
	    off[LAB_BOOK_READY] != books->told[LAB_BOOK_READY])
		off[LAB_BOOK_READY] = 0;
	if (!memcmp(off, books->told, sizeof(off)))
		return false;
	memcpy(books->told, off, sizeof(off));
	return memchr_inv(off, 0, sizeof(off));
}

/* After the walk, and after a grace period. Needs lab_owners_lock. */
void lab_books_close(struct lab_audit *audit, struct labyrinth_owner *owner)
{
	const long *tags = owner->audit.tags;
	long counted[LAB_NR_BOOKS];

	audit->owners++;
	if (lab_books_read(owner, counted) != owner->audit.print) {
		audit->busy++;
		return;
	}
	if (!lab_books_wrong(owner, counted))
		return;
	pr_warn("owner %s: owned %ld, ready %ld, quarantined %ld, from_reserve %ld by its counters, %ld, %ld, %ld, %ld by its tags\n",
		owner->name, counted[LAB_BOOK_OWNED], counted[LAB_BOOK_READY],
		counted[LAB_BOOK_QUARANTINED], counted[LAB_BOOK_FROM_RESERVE],
		tags[LAB_BOOK_OWNED], tags[LAB_BOOK_READY], tags[LAB_BOOK_QUARANTINED],
		tags[LAB_BOOK_FROM_RESERVE]);
	lab_report_violation(&(struct lab_incident){
		.kind = LAB_MISCOUNTED,
		.owner = owner,
	});
	audit->found++;
}
