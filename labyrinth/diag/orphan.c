// SPDX-License-Identifier: GPL-2.0
/*
 * Orphans: ordinary pages of their holders, recorded so that a leak can be traced. Labyrinth
 * keeps no reference, so it can only see that such a page has been freed. A page that was
 * freed and allocated again between two scans stays listed.
 *
 * Nor does labyrinth pin the page's memory: it may go offline and be removed together with
 * its struct page. The records of orphans in it are dropped before, under lab_owners_lock:
 * see offline.c. So under that lock the struct page is there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core/owner.h"
#include "orphan.h"
#include "symbol.h"

LIST_HEAD(lab_orphans);

/* Names of callers whose module was unloaded. Guarded by lab_owners_lock. */
static LIST_HEAD(lab_orphan_callers);

/* Reclaim memory for a record, but without the OOM killer. */
#define LAB_GFP_ORPHAN	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* The name has one user and is on no list. NULL if memory is short. */
static struct lab_orphan_name *lab_orphan_name_new(const char *text, gfp_t gfp)
{
	size_t len = strlen(text);
	struct lab_orphan_name *name = kzalloc(struct_size(name, text, len + 1), gfp);

	if (!name)
		return NULL;
	INIT_LIST_HEAD(&name->list);
	name->users = 1;
	memcpy(name->text, text, len);
	return name;
}

static void lab_orphan_name_put(struct lab_orphan_name *name)
{
	if (!name || --name->users)
		return;
	list_del(&name->list);
	kfree(name);
}

/**
 * lab_orphan_prepare - allocate records for the pages that an owner still owns
 * @batch: the memory, for lab_orphan_add() and lab_orphan_finish()
 * @owner: a dead owner, whose pages can only become fewer
 *
 * The records are allocated here since lab_owners_lock must not be held for as long as
 * reclaim may take. If memory is short there are fewer records than pages: the orphans
 * without one are reported, but not listed.
 *
 * Context: process, without lab_owners_lock.
 */
void lab_orphan_prepare(struct lab_orphan_batch *batch, const struct labyrinth_owner *owner)
{
	long nr = lab_owner_owned(owner);

	INIT_LIST_HEAD(&batch->unused);
	batch->owner = nr > 0 ? lab_orphan_name_new(owner->name, LAB_GFP_ORPHAN) : NULL;
	while (batch->owner && nr-- > 0) {
		struct lab_orphan *orphan = kmalloc(sizeof(*orphan), LAB_GFP_ORPHAN);

		if (!orphan)
			break;
		list_add(&orphan->list, &batch->unused);
		cond_resched();
	}
}

/* Context: process, with lab_owners_lock held. */
void lab_orphan_add(struct lab_orphan_batch *batch, struct labyrinth_owner *owner,
		    const struct lab_table *table, const struct lab_tag *tag, u64 meta)
{
	struct lab_orphan *orphan;

	lockdep_assert_held(&lab_owners_lock);
	lab_event_violation(&(struct lab_violation_info){
		.kind = LAB_ORPHAN,
		.owner = owner,
		.page = tag->page,
		.track = lab_tag_track(table, tag),
	});
	orphan = list_first_entry_or_null(&batch->unused, struct lab_orphan, list);
	if (!orphan)
		return;	/* reported, but not listed */
	orphan->pfn = page_to_pfn(tag->page);
	orphan->born = get_jiffies_64() -
		       (u64)(u32)(lab_time_now() - READ_ONCE(tag->time)) * LAB_TIME_JIFFIES;
	orphan->owner = batch->owner;
	orphan->owner->users++;
	orphan->caller = lab_tag_caller(tag);
	orphan->caller_name = NULL;
	orphan->cpu = lab_meta_cpu(meta);
	orphan->context = lab_meta_context(meta);
	orphan->from_reserve = lab_meta_flags(meta) & LAB_FROM_RESERVE;
	list_move_tail(&orphan->list, &lab_orphans);
}

/* Free the unused records. Context: process, with lab_owners_lock held. */
void lab_orphan_finish(struct lab_orphan_batch *batch)
{
	struct lab_orphan *orphan, *next;

	lockdep_assert_held(&lab_owners_lock);
	list_for_each_entry_safe(orphan, next, &batch->unused, list)
		kfree(orphan);
	lab_orphan_name_put(batch->owner);
}

static void lab_orphan_free(struct lab_orphan *orphan)
{
	list_del(&orphan->list);
	lab_orphan_name_put(orphan->owner);
	lab_orphan_name_put(orphan->caller_name);
	kfree(orphan);
}

/* Does the page still have references? Not if its memory is offline. */
static bool lab_orphan_out(const struct lab_orphan *orphan)
{
	const struct page *page = pfn_to_online_page(orphan->pfn);

	return page && page_ref_count(page);
}

/* Drop the records of orphans that have been freed. Needs lab_owners_lock. */
void lab_orphan_reap(void)
{
	struct lab_orphan *orphan, *next;

	lockdep_assert_held(&lab_owners_lock);
	list_for_each_entry_safe(orphan, next, &lab_orphans, list) {
		if (!lab_orphan_out(orphan))
			lab_orphan_free(orphan);
		cond_resched();
	}
}

/* The memory of these page frames is about to be removed. Needs lab_owners_lock. */
void lab_orphan_offline(unsigned long start_pfn, unsigned long end_pfn)
{
	struct lab_orphan *orphan, *next;

	lockdep_assert_held(&lab_owners_lock);
	list_for_each_entry_safe(orphan, next, &lab_orphans, list) {
		if (orphan->pfn >= start_pfn && orphan->pfn < end_pfn)
			lab_orphan_free(orphan);
		cond_resched();
	}
}

/* The name of a caller in a leaving module, with one more user. NULL if memory is short. */
static struct lab_orphan_name *lab_orphan_caller(unsigned long caller)
{
	static char text[KSYM_SYMBOL_LEN];	/* guarded by lab_owners_lock; large for a stack */
	struct lab_orphan_name *name;

	list_for_each_entry(name, &lab_orphan_callers, list)
		if (name->caller == caller)
			goto found;
	lab_caller_name(caller, text, sizeof(text));
	list_for_each_entry(name, &lab_orphan_callers, list)
		if (!strcmp(name->text, text))
			goto found;
	name = lab_orphan_name_new(text, GFP_NOWAIT | __GFP_NOWARN);
	if (!name)
		return NULL;
	name->caller = caller;
	list_add(&name->list, &lab_orphan_callers);
	return name;
found:
	name->caller = caller;
	name->users++;
	return name;
}

/*
 * Callers in @leaving are kept by name, as another module may take its addresses. If there is
 * no memory for a name, the caller is LAB_CALLER_GONE. Needs lab_owners_lock.
 */
void lab_orphan_forget(const struct lab_leaving *leaving)
{
	struct lab_orphan_name *name;
	struct lab_orphan *orphan;

	lockdep_assert_held(&lab_owners_lock);
	list_for_each_entry(orphan, &lab_orphans, list) {
		cond_resched();
		if (orphan->caller_name || !lab_leaving_has(leaving, orphan->caller))
			continue;
		orphan->caller_name = lab_orphan_caller(orphan->caller);
		orphan->caller = LAB_CALLER_GONE;
	}
	list_for_each_entry(name, &lab_orphan_callers, list)
		name->caller = 0;
}

/* Report all orphans that are not freed. Context: process, without lab_owners_lock. */
void lab_orphan_exit(void)
{
	static char text[KSYM_SYMBOL_LEN];
	struct lab_orphan *orphan, *next;

	mutex_lock(&lab_owners_lock);
	list_for_each_entry_safe(orphan, next, &lab_orphans, list) {
		if (lab_orphan_out(orphan)) {
			lab_caller_name(orphan->caller, text, sizeof(text));
			pr_warn("orphan: pfn %lu of owner %s, taken by %s, is still out as labyrinth leaves\n",
				orphan->pfn, orphan->owner->text,
				orphan->caller_name ? orphan->caller_name->text : text);
		}
		lab_orphan_free(orphan);
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
}
