// SPDX-License-Identifier: GPL-2.0
/*
 * Orphans: ordinary pages of whoever holds them, remembered so that a leak can
 * be traced. Labyrinth keeps no reference, so all it can see is that such a page
 * has been freed; one that was freed and taken again between two looks stays
 * listed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/slab.h>

#include "orphan.h"
#include "owner.h"
#include "report.h"
#include "symbol.h"

LIST_HEAD(lab_orphans);

/* Context: process, with lab_owners_lock held. */
void lab_orphan_add(struct labyrinth_owner *owner, const struct lab_bank *bank,
		    const struct lab_tag *tag, u64 word)
{
	struct lab_orphan *orphan;

	lockdep_assert_held(&lab_owners_lock);
	lab_report_violation(&(struct lab_incident){
		.kind = LAB_ORPHAN,
		.owner = owner,
		.page = tag->page,
		.taking = lab_tag_taking(bank, tag),
	});
	orphan = kzalloc(sizeof(*orphan), GFP_KERNEL);
	if (!orphan)
		return;	/* the report stands */
	orphan->pfn = page_to_pfn(tag->page);
	orphan->born = get_jiffies_64() -
		       (u64)(u32)(lab_time_now() - READ_ONCE(tag->time)) * LAB_TIME_JIFFIES;
	orphan->context = lab_word_context(word);
	orphan->cpu = lab_word_cpu(word);
	orphan->from_reserve = lab_word_flags(word) & LAB_FROM_RESERVE;
	strscpy(orphan->owner, owner->name, sizeof(orphan->owner));
	lab_caller_name(lab_tag_caller(tag), orphan->caller, sizeof(orphan->caller));
	list_add_tail(&orphan->list, &lab_orphans);
}

static void lab_orphan_free(struct lab_orphan *orphan)
{
	list_del(&orphan->list);
	kfree(orphan);
}

/* Forget the orphans that have been freed. Needs lab_owners_lock. */
void lab_orphan_reap(void)
{
	struct lab_orphan *orphan, *next;

	lockdep_assert_held(&lab_owners_lock);
	list_for_each_entry_safe(orphan, next, &lab_orphans, list)
		if (!page_ref_count(pfn_to_page(orphan->pfn)))
			lab_orphan_free(orphan);
}

void lab_orphan_exit(void)
{
	struct lab_orphan *orphan, *next;

	list_for_each_entry_safe(orphan, next, &lab_orphans, list) {
		if (page_ref_count(pfn_to_page(orphan->pfn)))
			pr_warn("orphan: pfn %lu of owner %s, taken by %s, is still out as labyrinth leaves\n",
				orphan->pfn, orphan->owner, orphan->caller);
		lab_orphan_free(orphan);
	}
}
