// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that were freed behind labyrinth's back, by put_page(), __free_page() or the like.
 *
 * Such a page has lost its mark, and is found by the next call that meets its tag, or by the
 * audit. If frees are watched (diag/watch.c), it is found as it is freed: it still has the mark,
 * but no reference, so the fast path does not hand it out any more. The tag of an owned page is
 * dropped at once. The tag of a ready or quarantined page is on a stack and belongs to the CPU
 * that pops it: it stays there, and has a flag that the free has been reported.
 */
#include <linux/processor.h>

#include "freed_behind.h"
#include "hooks.h"
#include "page.h"
#include "work.h"

/*
 * Attempts at a tag that is being changed. Another CPU is done with it after some of them, but
 * this one may have interrupted the change.
 */
#define LAB_ACT_TRIES	200

static struct lab_violation_info lab_freed_behind_info(struct lab_table *table, struct lab_tag *tag,
						       struct page *page, u64 meta)
{
	return (struct lab_violation_info){
		.kind = LAB_FREED_BEHIND,
		.owner = lab_owner_by_id(lab_meta_owner(meta)),
		.owner_id = lab_meta_owner(meta),
		.page = page,
		.track = lab_tag_track(table, tag),
	};
}

/* Drop the tag of an owned page and report it. True on the one CPU that does. */
static bool lab_owned_drop(struct lab_table *table, struct lab_tag *tag, u64 meta,
			   const struct lab_violation_info *info)
{
	u32 state = lab_meta_state(meta), moving = lab_state(lab_meta_owner(meta), 0, LAB_MOVING);
	struct labyrinth_owner *owner = info->owner;

	if (!lab_tag_transition(tag, info->page, state, moving))
		return false;
	/* The mark cannot change now. If it is set, the page was handed out again meanwhile. */
	if (unlikely(lab_page_marked(info->page))) {
		/* M1: the mark is read before another CPU may clear it. */
		smp_store_release(&tag->state, state);
		return false;
	}
	lab_event_violation(info);
	lab_tag_unbind(table, tag, info->page);
	if (owner) {
		lab_owner_count_left(owner);
		lab_uncharge_reserve(owner, meta);
		lab_budget_uncharge(owner);
		lab_stock_watch(owner);
	}
	return true;
}

/*
 * The owned page of @meta has no mark: the kernel gave it to another user, or to labyrinth
 * again. Drop its tag and report it; true on the one CPU that does. @caller found it, 0
 * outside of a call. Needs preemption disabled.
 */
bool lab_owned_freed_behind(struct lab_table *table, struct lab_tag *tag, struct page *page,
			    u64 meta, unsigned long caller)
{
	struct lab_violation_info info = lab_freed_behind_info(table, tag, page, meta);

	info.caller = caller;
	return lab_owned_drop(table, tag, meta, &info);
}

/* Report a ready page, unless its misuse has been. False if another CPU has changed its tag. */
static bool lab_ready_report(struct lab_tag *tag, u64 meta, const struct lab_violation_info *info)
{
	u32 state = lab_meta_state(meta);

	if (state & LAB_REPORTED)
		return true;
	/* A CPU that pops the tag first reports it instead. */
	if (!lab_tag_transition(tag, info->page, state, state | LAB_REPORTED))
		return false;
	lab_event_violation(info);
	return true;
}

/* Report once that a ready page was freed; this CPU has just allocated it. */
void lab_ready_freed_behind(struct lab_table *table, struct lab_tag *tag, struct page *page,
			    u64 meta)
{
	struct lab_violation_info info = lab_freed_behind_info(table, tag, page, meta);

	if (lab_meta_phase(meta) == LAB_READY)
		lab_ready_report(tag, meta, &info);
}

/* The same for a page in quarantine. */
static bool lab_quarantined_report(struct lab_tag *tag, u64 meta,
				   const struct lab_violation_info *info)
{
	u32 state = lab_meta_state(meta);

	if (!lab_tag_transition(tag, info->page, state, state | LAB_FREE_REPORTED))
		return false;
	lab_event_violation(info);
	return true;
}

/*
 * Report the free of a page that has a tag. False if another CPU changes the tag at this
 * instant.
 */
static bool lab_act_report(struct lab_table *table, struct lab_tag *tag,
			   const struct lab_violation_info *info)
{
	u64 meta = info->track.meta;

	switch (lab_meta_phase(meta)) {
	case LAB_OWNED:
		return lab_owned_drop(table, tag, meta, info);
	case LAB_READY:
		return lab_ready_report(tag, meta, info);
	case LAB_QUARANTINED:
		return lab_quarantined_report(tag, meta, info);
	default:
		return false;
	}
}

/*
 * @caller is freeing @page, which has the mark: it has no reference any more, and the kernel is
 * about to clear the mark. Labyrinth clears it before it frees a page itself. @stack is the
 * trace of the free, LAB_STACK_DEPTH addresses.
 *
 * Context: any. If the free interrupted a change of the page's tag, it is reported, and found
 * once more later.
 */
void lab_freed_in_the_act(struct page *page, unsigned long caller, const unsigned long *stack)
{
	struct lab_violation_info info = {};
	unsigned int tries = LAB_ACT_TRIES;

	preempt_disable();
	do {
		int moves = lab_tag_moves_before();
		struct lab_table *table;
		struct lab_tag *tag = lab_tag_find(NULL, page, &table);

		if (tag) {
			info = lab_freed_behind_info(table, tag, page, READ_ONCE(tag->meta));
			info.caller = caller;
			info.act = stack;
			if (lab_act_report(table, tag, &info))
				goto out;
		} else if (!lab_tag_moved_since(moves)) {
			/* Another user's page with these flags, see mark.h; or it was reported. */
			info.page = NULL;
			break;
		}
		cpu_relax();
	} while (--tries);
	if (info.page)
		lab_event_violation(&info);
out:
	preempt_enable();
}
