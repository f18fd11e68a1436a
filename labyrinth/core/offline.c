// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that goes offline, and its struct pages with it.
 *
 * The kernel isolates the range first. From then on no page of it is allocated, and freed pages
 * stay free. Isolation fails, before any notifier is called, at a page of labyrinth with good
 * memory: it has a reference and is not on the LRU. So drivers' pages keep memory online, like
 * those of any kernel code; the kernel logs the page frame number, and "lookup" shows its
 * owner. The notifier handles
 *
 * - pages with bad memory, which isolation skips: idle ones are freed, and an owned one makes
 *   offlining fail, with its owner's name in the log;
 * - tags of pages that were freed behind labyrinth's back, which may be in any use by now;
 * - orphans, which belong to their holders and may be movable by now.
 *
 * With lab_owners_lock held, the struct page of a tag or an orphan that was found may be used:
 * MEM_OFFLINE waits for the lock, and no orphan is left when it has ended.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": offline: " fmt

#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "freed_behind.h"
#include "offline.h"
#include "owner.h"
#include "page.h"
#include "quarantine.h"
#include "ready.h"
#include "stock.h"
#include "track.h"

/* Scans until popped tags are back on a stack. */
#define LAB_OFFLINE_TRIES	3

/* Most owners that one attempt names. */
#define LAB_OFFLINE_TOLD	8

struct lab_range {
	unsigned long start_pfn, end_pfn;
	unsigned int idle;	/* ready, quarantined, or in flight */
	unsigned int owned;	/* handed out */
};

static bool lab_range_has(const struct lab_range *range, const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn >= range->start_pfn && pfn < range->end_pfn;
}

/*
 * Free the idle pages of @owner in the range. On its stacks they cannot be told from others
 * before they are popped, and this is done only if one has bad memory: so all ready pages are
 * freed, and the stock is refilled from memory that stays.
 */
static void lab_offline_give_back(struct labyrinth_owner *owner)
{
	lab_quarantine_look(owner);
	while (lab_shrink_recycled(owner) || lab_shrink_stocked(owner))
		cond_resched();
	preempt_disable();
	lab_refill_kick(owner);
	preempt_enable();
}

/* The owner of @meta, or NULL; destroy handles the tags of a dead one. */
static struct labyrinth_owner *lab_offline_owner(u64 meta)
{
	struct labyrinth_owner *owner;

	preempt_disable();
	owner = lab_owner_by_id(lab_meta_owner(meta));
	preempt_enable();
	return owner && !lab_owner_dead(owner) ? owner : NULL;
}

/* Count an owner's page in the range, unless it was freed behind labyrinth's back. */
static void lab_offline_tag(struct lab_range *range, struct lab_table *table, struct lab_tag *tag,
			    struct page *page)
{
	u64 meta = READ_ONCE(tag->meta);
	bool owned = lab_meta_phase(meta) == LAB_OWNED, gone = false;
	struct labyrinth_owner *owner = lab_offline_owner(meta);

	if (owned && !lab_page_marked(page)) {
		preempt_disable();
		gone = lab_owned_freed_behind(table, tag, page, meta, 0);
		preempt_enable();
	}
	if (gone)
		return;
	range->owned += owned;
	range->idle += !owned;
	if (owner) {
		owner->offline.owned += owned;
		owner->offline.idle += !owned;
	}
}

/* Count pages in the range, by owner. */
static void lab_offline_count(struct lab_range *range)
{
	struct labyrinth_owner *owner;
	struct lab_walk walk = {};
	struct lab_tag *tag;

	range->idle = 0;
	range->owned = 0;
	list_for_each_entry(owner, &lab_owners, list)
		memset(&owner->offline, 0, sizeof(owner->offline));
	while ((tag = lab_walk_next(&walk))) {
		struct page *page = READ_ONCE(tag->page);	/* NULL once the slot is free */

		cond_resched();
		if (page && lab_range_has(range, page))
			lab_offline_tag(range, walk.table, tag, page);
	}
}

/* Free what can be freed, and count the rest. Needs lab_owners_lock. */
static void lab_offline_clear(struct lab_range *range)
{
	unsigned int try;

	for (try = 0; try < LAB_OFFLINE_TRIES; try++) {
		int moves = lab_tag_moves_before();
		struct labyrinth_owner *owner;

		lab_offline_count(range);
		/* The walk may have missed a tag that moved to another table. */
		if (!range->idle && !lab_tag_moved_since(moves))
			return;
		list_for_each_entry(owner, &lab_owners, list)
			if (owner->offline.idle)
				lab_offline_give_back(owner);
		/* A CPU with a popped tag has preemption disabled: it is done by then. */
		synchronize_rcu();
	}
	lab_offline_count(range);
}

/* Log the owners whose pages prevent offlining. Needs lab_owners_lock. */
static void lab_offline_tell(const struct lab_range *range)
{
	unsigned int told = 0, rest = range->owned + range->idle;
	const struct labyrinth_owner *owner;

	list_for_each_entry(owner, &lab_owners, list) {
		unsigned int owned = owner->offline.owned, idle = owner->offline.idle;

		if (!owned && !idle)
			continue;
		if (told++ == LAB_OFFLINE_TOLD)
			break;
		pr_warn("pfn %lu to %lu: owner %s of %s has %u pages handed out and %u in quarantine there\n",
			range->start_pfn, range->end_pfn - 1, owner->name, owner->module_name,
			owned, idle);
		rest -= owned + idle;
	}
	if (rest)
		pr_warn("pfn %lu to %lu: other owners have %u pages there\n", range->start_pfn,
			range->end_pfn - 1, rest);
}

/**
 * lab_offline_prepare - free what can be freed of memory that goes offline
 * @start_pfn: its first page frame
 * @end_pfn: the first page frame after it
 *
 * The range is isolated: freed pages stay free.
 *
 * Context: process, may sleep.
 * Return: 0, or -EBUSY if an owner has a page left there, which is logged.
 */
int lab_offline_prepare(unsigned long start_pfn, unsigned long end_pfn)
{
	struct lab_range range = { .start_pfn = start_pfn, .end_pfn = end_pfn };
	unsigned int left;

	mutex_lock(&lab_owners_lock);
	lab_offline_clear(&range);
	left = range.owned + range.idle;
	if (left)
		lab_offline_tell(&range);
	mutex_unlock(&lab_owners_lock);
	lab_track_offline(start_pfn, end_pfn);
	lab_page_flush();
	return left ? -EBUSY : 0;
}

/**
 * lab_offline_forget - drop the orphans in memory that has gone offline
 * @start_pfn: its first page frame
 * @end_pfn: the first page frame after it
 *
 * Its struct pages are removed after this. No tag is left there, or lab_offline_prepare() would
 * have refused, and no page of the range has been allocated since.
 *
 * Context: process, may sleep.
 */
void lab_offline_forget(unsigned long start_pfn, unsigned long end_pfn)
{
	mutex_lock(&lab_owners_lock);
	lab_event_offline(start_pfn, end_pfn);
	/* Calls that found a tag there have ended by then. */
	synchronize_rcu();
	mutex_unlock(&lab_owners_lock);
}

static int lab_offline_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct memory_notify *memory = data;
	unsigned long end_pfn = memory->start_pfn + memory->nr_pages;

	switch (event) {
	case MEM_GOING_OFFLINE:
		return notifier_from_errno(lab_offline_prepare(memory->start_pfn, end_pfn));
	case MEM_OFFLINE:
		lab_offline_forget(memory->start_pfn, end_pfn);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block lab_offline_nb = {
	.notifier_call = lab_offline_event,
};

int lab_offline_init(void)
{
	return register_memory_notifier(&lab_offline_nb);
}

/* No tag and no orphan is left. */
void lab_offline_exit(void)
{
	unregister_memory_notifier(&lab_offline_nb);
}
