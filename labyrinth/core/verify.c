// SPDX-License-Identifier: GPL-2.0
/*
 * May this caller use this page? Both sides are checked first, then one cmpxchg of the tag's
 * state commits; a call that loses it has changed nothing.
 */
#include <linux/mm.h>

#include "freed_behind.h"
#include "track.h"
#include "verify.h"

noinline int lab_bad_argument(struct labyrinth_owner *owner, struct page *page,
			      unsigned long caller)
{
	lab_event_violation(&(struct lab_violation_info){
		.kind = LAB_BAD_ARGUMENT,
		.offender = lab_no_owner(owner) ? NULL : owner,
		.page = lab_no_pointer(page) ? NULL : page,
		.caller = caller,
	});
	return -EINVAL;
}

/*
 * Is @page owned by @owner, and is the caller in its scope? Returns 0 or an errno; a violation
 * is filled in, not reported. Needs preemption disabled.
 */
int lab_examine(struct labyrinth_owner *owner, struct page *page, unsigned long caller,
		struct lab_finding *found)
{
	bool dead = lab_owner_dead(owner);

	found->info = (struct lab_violation_info){
		.owner = owner, .offender = owner, .page = page, .caller = caller,
	};
	found->meta = 0;
	if (!dead && !lab_owner_in_scope(owner)) {
		found->info.kind = LAB_WRONG_SCOPE;
		return -EPERM;
	}
	found->tag = lab_tag_find(dead ? NULL : owner->table, page, &found->table);
	if (found->tag)
		found->info.track = lab_tag_track(found->table, found->tag);
	found->meta = found->info.track.meta;
	if (!found->meta) {
		if (dead) {
			found->info.kind = LAB_DEAD_OWNER;
		} else {
			found->info.kind = LAB_PLAIN_PAGE;
			found->info.owner = NULL;
		}
		return -ENOENT;
	}
	if (lab_meta_owner(found->meta) != owner->id) {
		found->info.owner_id = lab_meta_owner(found->meta);
		found->info.owner = lab_owner_by_id(found->info.owner_id);
		found->info.kind = LAB_FOREIGN_FREE;
		return -EPERM;
	}
	if (dead) {
		/* About to be orphaned: only destroy may change its counters. */
		found->info.kind = LAB_DEAD_OWNER;
		return -ENOENT;
	}
	if (lab_meta_phase(found->meta) != LAB_OWNED) {
		found->info.kind = LAB_DOUBLE_FREE;
		return -EALREADY;
	}
	if (unlikely(!lab_page_marked(page))) {
		found->info.kind = LAB_FREED_BEHIND;
		found->info.offender = NULL;
		return -EALREADY;
	}
	return 0;
}

/* May an owned page leave its owner? Not while it is mapped. */
int lab_examine_mapping(struct page *page, struct lab_finding *found)
{
	if (likely(!lab_compat_mapcount(page)))
		return 0;
	found->info.kind = LAB_SHARED_PAGE;
	return -EBUSY;
}

/* Report a call that failed. A page without the mark loses its tag. */
void lab_refuse(struct lab_finding *found)
{
	struct lab_violation_info *info = &found->info;

	if (lab_meta_phase(found->meta) == LAB_OWNED && !lab_page_marked(info->page))
		lab_owned_freed_behind(found->table, found->tag, info->page, found->meta,
				       info->caller);
	if (info->kind != LAB_FREED_BEHIND)
		lab_event_violation(info);
}

/*
 * Change the state to LAB_MOVING or LAB_ARRIVING, on which no other call acts: a late call may
 * change a tag that is another page's by now, and must be able to revert that unnoticed.
 */
int lab_commit(struct lab_finding *found, u32 state)
{
	if (likely(lab_tag_transition(found->tag, found->info.page, lab_meta_state(found->meta),
				      state)))
		return 0;
	found->info.kind = LAB_DOUBLE_FREE;
	return -EALREADY;
}
