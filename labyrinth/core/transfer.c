// SPDX-License-Identifier: GPL-2.0
/* Transfer: at no instant does the page have no owner or two. */
#include <linux/export.h>
#include <linux/mm.h>
#include <trace/events/labyrinth.h>

#include "quarantine.h"
#include "ready.h"
#include "verify.h"
#include "work.h"

/* Charge @to for one page, if need be by evicting one of its recycled pages. */
static int lab_make_room(struct labyrinth_owner *to, struct page **evicted,
			 struct lab_finding *found)
{
	unsigned int turn, sure = 0;
	struct lab_tag *tag;
	long out;

	if (lab_owner_dead(to)) {
		found->info.offender = to;
		found->info.kind = LAB_DEAD_OWNER;
		return -EINVAL;
	}
	/* A page may move to a CPU that we have passed: see lab_steal(). */
	for (turn = 0; turn < LAB_FAR_TURNS && sure < LAB_SURE_TURNS; turn++) {
		if (lab_budget_charge(to))
			return 0;
		tag = lab_recycles_uncharged(to) ? NULL : lab_pop_recycled(to);
		if (tag) {
			*evicted = lab_discard(to, tag);
			return 0;
		}
		/* A page that was shared for an instant stays charged until it is scanned. */
		if (unlikely(atomic_read(&to->quarantined)) && lab_quarantine_reclaim(to)) {
			sure = 0;
			continue;
		}
		out = lab_owner_owned(to) + lab_quarantine_idle(to);
		sure = out >= READ_ONCE(to->budget) ? sure + 1 : 0;
	}
	found->info.offender = to;
	found->info.kind = LAB_RECEIVER_FULL;
	return -ENOSPC;
}

int labyrinth_transfer_page(struct labyrinth_owner *from, struct labyrinth_owner *to,
			    struct page *page)
{
	struct lab_finding found;
	struct page *evicted = NULL;
	struct lab_tag *copy = NULL;
	u32 arriving, state;
	int err;

	if (lab_no_owner(from) || lab_no_owner(to) || lab_no_pointer(page))
		return lab_bad_argument(from, page, _RET_IP_);
	if (unlikely(in_nmi()))
		return -EOPNOTSUPP;
	preempt_disable();
	err = lab_examine(from, page, _RET_IP_, &found) ?:
	      lab_examine_mapping(page, &found);
	if (err || from == to)
		goto out;
	err = lab_make_room(to, &evicted, &found);
	if (err)
		goto out;
	/* Move the tag as well, or pages of @to would fill up the table of @from. */
	arriving = lab_state(to->id, 0, LAB_ARRIVING);
	state = lab_state(to->id, (lab_meta_flags(found.meta) & LAB_FROM_RESERVE) | LAB_AWAY,
			  LAB_OWNED);
	if (found.table != to->table)
		copy = lab_tag_copy(to->table, page, found.tag, arriving);
	err = lab_commit(&found, arriving);
	if (unlikely(err)) {
		if (copy)
			lab_tag_drop(copy);
		lab_budget_uncharge(to);
		goto out;
	}
	trace_transfer(from->name, to->name, page_to_pfn(page), _RET_IP_);
	if (copy)
		lab_tag_replace(found.table, found.tag, to->table, copy, state);
	else
		WRITE_ONCE(found.tag->state, state);
	lab_uncharge_reserve(from, found.meta);
	lab_owner_count_left(from);
	lab_budget_uncharge(from);
	lab_stock_watch(from);
	atomic_long_inc(&to->transferred_in);
	lab_peak_note(to);
	if (lab_meta_flags(found.meta) & LAB_FROM_RESERVE)
		atomic_inc(&to->from_reserve);
out:
	if (err)
		lab_refuse(&found);
	preempt_enable();
	if (evicted)
		lab_page_to_kernel(evicted);
	return err;
}
EXPORT_SYMBOL_GPL(labyrinth_transfer_page);
