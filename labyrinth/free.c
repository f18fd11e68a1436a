// SPDX-License-Identifier: GPL-2.0
/*
 * Giving a page back, or on: free, release, transfer; and asking: check, query.
 *
 * Both sides are checked first; then one cmpxchg of the tag's word commits, and
 * who loses it has changed nothing.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <trace/events/labyrinth.h>

#include "fast.h"
#include "page.h"
#include "quarantine.h"
#include "refill.h"
#include "report.h"

/* What is known of a page that somebody called us with. */
struct lab_finding {
	struct lab_bank *bank;
	struct lab_tag *tag;
	u64 word;
	struct lab_incident incident;
};

/*
 * Is @page handed out to @owner, and may the caller say so? 0 or an errno; the
 * incident is filled in, not reported. Needs preemption disabled.
 */
static int lab_examine(struct labyrinth_owner *owner, struct page *page, unsigned long caller,
		       struct lab_finding *found)
{
	bool dead = lab_owner_dead(owner);

	found->incident = (struct lab_incident){
		.owner = owner, .offender = owner, .page = page, .caller = caller,
	};
	found->word = 0;
	if (!dead && !lab_owner_in_scope(owner)) {
		found->incident.kind = LAB_WRONG_SCOPE;
		return -EPERM;
	}
	found->tag = lab_tag_find(dead ? NULL : owner->bank, page, &found->bank);
	if (found->tag)
		found->incident.taking = lab_tag_taking(found->bank, found->tag);
	found->word = found->incident.taking.word;
	if (!found->word) {
		if (dead) {
			found->incident.kind = LAB_DEAD_OWNER;
		} else {
			found->incident.kind = LAB_PLAIN_PAGE;
			found->incident.owner = NULL;
		}
		return -ENOENT;
	}
	if (lab_word_owner(found->word) != owner->id) {
		found->incident.owner_id = lab_word_owner(found->word);
		found->incident.owner = lab_owner_by_id(found->incident.owner_id);
		found->incident.kind = LAB_FOREIGN_FREE;
		return -EPERM;
	}
	if (dead) {
		/* About to be orphaned: destroy has it, and nobody else may touch the books. */
		found->incident.kind = LAB_DEAD_OWNER;
		return -ENOENT;
	}
	if (lab_word_state(found->word) != LAB_OWNED) {
		found->incident.kind = LAB_DOUBLE_FREE;
		return -EALREADY;
	}
	if (unlikely(!lab_page_marked(page))) {
		found->incident.kind = LAB_FREED_BEHIND;
		found->incident.offender = NULL;
		return -EALREADY;
	}
	return 0;
}

/* May a page that is known to be @owner's go to somebody else? Not where it is mapped. */
static int lab_examine_mapping(struct page *page, struct lab_finding *found)
{
	if (likely(!lab_compat_mapcount(page)))
		return 0;
	found->incident.kind = LAB_SHARED_PAGE;
	return -EBUSY;
}

/* A call that changes something failed. A page without the mark loses its tag. */
static void lab_refuse(struct lab_finding *found)
{
	struct lab_incident *incident = &found->incident;

	if (lab_word_state(found->word) == LAB_OWNED && !lab_page_marked(incident->page))
		lab_owned_freed_behind(found->bank, found->tag, incident->page, found->word,
				       incident->caller);
	if (incident->kind != LAB_FREED_BEHIND)
		lab_report_violation(incident);
}

/*
 * To LAB_MOVING or LAB_ARRIVING, by which nobody else may act: a late call's change
 * of a tag that is another page's by now must be put back before it means anything.
 */
static int lab_commit(struct lab_finding *found, u32 head)
{
	if (likely(lab_tag_change(found->tag, found->incident.page, lab_word_head(found->word),
				  head)))
		return 0;
	found->incident.kind = LAB_DOUBLE_FREE;
	return -EALREADY;
}

/* Pages of the reserve, and those that came by transfer, are not kept. */
#define LAB_NOT_RECYCLED	(LAB_FROM_RESERVE | LAB_AWAY)

noinline int lab_bad_argument(struct labyrinth_owner *owner, struct page *page,
			      unsigned long caller)
{
	lab_report_violation(&(struct lab_incident){
		.kind = LAB_BAD_ARGUMENT,
		.offender = lab_no_owner(owner) ? NULL : owner,
		.page = lab_no_pointer(page) ? NULL : page,
		.caller = caller,
	});
	return -EINVAL;
}

/* A page that is not kept. Its tag was committed to LAB_MOVING. */
static void lab_free_leave(struct labyrinth_owner *owner, struct lab_finding *found)
{
	bool marked = lab_page_marked(found->incident.page);

	lab_leave(owner, found->bank, found->tag);
	lab_stock_watch(owner);
	if (likely(marked))
		lab_page_to_kernel(found->incident.page);
}

static noinline int lab_free_slow(struct labyrinth_owner *owner, struct page *page,
				  unsigned long caller)
{
	struct lab_finding found;
	int err;
	u32 flags;

	if (lab_no_pointer(page))
		return lab_bad_argument(owner, page, caller);
	preempt_disable();
	err = lab_examine(owner, page, caller, &found) ?: lab_commit(&found, owner->moving);
	if (unlikely(err))
		goto refuse;
	/* Before it can be anybody else's. */
	trace_free(owner->name, page_to_pfn(page), caller);
	lab_book_reserve(owner, found.word);
	flags = lab_word_flags(found.word) & LAB_NOT_RECYCLED ? LAB_AWAY : 0;
	err = lab_examine_mapping(page, &found);
	if (unlikely(err)) {
		found.incident.outcome = LAB_OUT_OF_USE;
		lab_report_violation(&found.incident);
		flags |= LAB_LOOKS_REPORTED;
	}
	if (!flags && lab_page_exclusive(page)) {
		lab_recycle(owner, found.tag);
	} else {
		this_cpu_inc(owner->cpu->unkept);
		/* A stack links the tags of one bank. */
		if ((lab_page_sole(page) && lab_page_marked(page)) || found.bank != owner->bank)
			lab_free_leave(owner, &found);
		else
			lab_quarantine_add(owner, found.tag, flags);
	}
	goto out;
refuse:
	lab_refuse(&found);
out:
	preempt_enable();
	return err;
}

/* The tag was another page's when it was turned. Called with preemption disabled; enables it. */
static noinline int lab_free_late(struct labyrinth_owner *owner, struct page *page,
				  struct lab_tag *tag, unsigned long caller)
{
	/* The owner may have died meanwhile: not labyrinth_owner::owned. */
	lab_tag_turn_back(tag, lab_head(owner->id, 0, LAB_OWNED), owner->ready);
	preempt_enable();
	return lab_free_slow(owner, page, caller);
}

static __always_inline int lab_free(struct labyrinth_owner *owner, struct page *page,
				    unsigned long caller)
{
	struct lab_tag *tag;

	preempt_disable();
	/* The turn is at once the check that it is @owner's: no other head compares equal. */
	if (likely(lab_ordinary(owner, page, &tag) &&
		   lab_tag_turn(tag, lab_peek(owner->owned), owner->ready))) {
		if (unlikely(!lab_tag_is(tag, page)))
			return lab_free_late(owner, page, tag, caller);
		lab_stack_push(&this_cpu_ptr(owner->cpu)->recycled, &owner->slots, tag);
		preempt_enable();
		return 0;
	}
	preempt_enable();
	return lab_free_slow(owner, page, caller);
}

/* The same, for a caller who has worked more than one page's way out of line. */
int lab_free_one(struct labyrinth_owner *owner, struct page *page, unsigned long caller)
{
	return lab_free(owner, page, caller);
}

int labyrinth_free_page(struct labyrinth_owner *owner, struct page *page)
{
	if (lab_no_owner(owner))
		return lab_bad_argument(owner, page, _RET_IP_);
	return lab_free(owner, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_free_page);

static noinline int lab_release_slow(struct labyrinth_owner *owner, struct page *page,
				     unsigned long caller)
{
	struct lab_finding found;
	int err;

	if (lab_no_owner(owner) || lab_no_pointer(page))
		return lab_bad_argument(owner, page, caller);
	if (in_nmi())
		return -EOPNOTSUPP;
	preempt_disable();
	err = lab_examine(owner, page, caller, &found) ?:
	      lab_examine_mapping(page, &found) ?:
	      lab_commit(&found, owner->moving);
	if (likely(!err)) {
		trace_release(owner->name, page_to_pfn(page), caller);
		lab_book_reserve(owner, found.word);
		lab_owner_count_left(owner);
		lab_leave(owner, found.bank, found.tag);
		lab_stock_watch(owner);
	} else {
		lab_refuse(&found);
	}
	preempt_enable();
	return err;
}

int labyrinth_release_page(struct labyrinth_owner *owner, struct page *page)
{
	struct lab_tag *tag;

	if (lab_no_owner(owner) || unlikely(in_nmi()))
		goto slow;
	preempt_disable();
	if (likely(lab_find_near(lab_home(&owner->slots, page), page, &tag) &&
		   lab_page_exclusive(page) &&
		   lab_tag_change(tag, page, lab_peek(owner->owned), owner->moving))) {
		lab_owner_count_left(owner);
		lab_page_unmark(page);
		lab_tag_drop(tag);
		lab_budget_give(owner);
		lab_stock_watch(owner);
		preempt_enable();
		return 0;
	}
	preempt_enable();
slow:
	return lab_release_slow(owner, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_release_page);

/* Room for one more page in @to's books, if need be in place of one that is only recycled. */
static int lab_make_room(struct labyrinth_owner *to, struct page **evicted,
			 struct lab_finding *found)
{
	unsigned int turn, sure = 0;
	struct lab_tag *tag;

	if (lab_owner_dead(to)) {
		found->incident.offender = to;
		found->incident.kind = LAB_DEAD_OWNER;
		return -EINVAL;
	}
	/* What has left one CPU may be at another where we have been: see lab_take_far(). */
	for (turn = 0; turn < LAB_FAR_TURNS && sure < LAB_SURE_TURNS; turn++) {
		if (lab_budget_take(to))
			return 0;
		tag = lab_recycles_spares(to) ? NULL : lab_pop_recycled(to);
		if (tag) {
			*evicted = lab_discard(to, tag);
			return 0;
		}
		/* A page that was shared for an instant has a place until somebody looks. */
		if (unlikely(atomic_read(&to->quarantined)) && lab_quarantine_reclaim(to)) {
			sure = 0;
			continue;
		}
		sure = lab_owner_owned(to) + atomic_read(&to->quarantined) >= to->budget ?
			sure + 1 : 0;
	}
	found->incident.offender = to;
	found->incident.kind = LAB_RECEIVER_FULL;
	return -ENOSPC;
}

int labyrinth_transfer_page(struct labyrinth_owner *from, struct labyrinth_owner *to,
			    struct page *page)
{
	struct lab_finding found;
	struct page *evicted = NULL;
	struct lab_tag *copy = NULL;
	u32 arriving, head;
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
	/* The tag goes along, or the receiver's pages would crowd out the giver's own. */
	arriving = lab_head(to->id, 0, LAB_ARRIVING);
	head = lab_head(to->id, (lab_word_flags(found.word) & LAB_FROM_RESERVE) | LAB_AWAY,
			LAB_OWNED);
	if (found.bank != to->bank)
		copy = lab_tag_copy(to->bank, found.tag, arriving);
	err = lab_commit(&found, arriving);
	if (unlikely(err)) {
		if (copy)
			lab_tag_drop(copy);
		lab_budget_give(to);
		goto out;
	}
	trace_transfer(from->name, to->name, page_to_pfn(page), _RET_IP_);
	if (copy)
		lab_tag_replace(found.bank, found.tag, to->bank, copy, head);
	else
		WRITE_ONCE(found.tag->head, head);
	lab_book_reserve(from, found.word);
	lab_owner_count_left(from);
	lab_budget_give(from);
	lab_stock_watch(from);
	atomic_long_inc(&to->arrived);
	lab_peak_note(to);
	if (lab_word_flags(found.word) & LAB_FROM_RESERVE)
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

static noinline int lab_check_slow(struct labyrinth_owner *owner, struct page *page,
				   unsigned long caller)
{
	struct lab_finding found;
	int err;

	if (lab_no_owner(owner) || lab_no_pointer(page))
		return -EINVAL;
	preempt_disable();
	err = lab_examine(owner, page, caller, &found);
	/* A page that is just being transferred has an owner at this instant, too. */
	if (err == -EALREADY && lab_word_state(found.word) == LAB_ARRIVING)
		err = 0;
	if (!err && !lab_page_sole(page))
		err = -EBUSY;
	preempt_enable();
	return err;
}

int labyrinth_check_page(struct labyrinth_owner *owner, struct page *page)
{
	struct lab_tag *tag;
	bool mine;

	if (lab_no_owner(owner))
		goto slow;
	preempt_disable();
	mine = lab_ordinary(owner, page, &tag) &&
	       likely(lab_peek(tag->head) == lab_peek(owner->owned));
	preempt_enable();
	if (likely(mine))
		return 0;
slow:
	return lab_check_slow(owner, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_check_page);

int labyrinth_query_page(struct page *page, struct labyrinth_page_info *info)
{
	struct lab_bank *bank;
	struct lab_tag *tag;
	int err = -ENOENT;
	u64 word;

	if (lab_no_pointer(page) || lab_no_pointer(info))
		return -EINVAL;
	if (unlikely(in_nmi()))
		return -EOPNOTSUPP;
	preempt_disable();
	tag = lab_tag_find(NULL, page, &bank);
	word = tag && lab_page_marked(page) ? READ_ONCE(tag->word) : 0;
	if (word) {
		lab_owner_name(lab_word_owner(word), info->owner);
		info->state = lab_state_public(lab_word_state(word));
		info->context = lab_word_context(word);
		info->cpu = lab_word_cpu(word);
		info->node = page_to_nid(page);
		info->from_reserve = lab_word_from_reserve(word);
		info->age_ms = lab_time_age_ms(READ_ONCE(tag->time));
		info->caller = lab_tag_caller(tag);
		err = 0;
	}
	preempt_enable();
	return err;
}
EXPORT_SYMBOL_GPL(labyrinth_query_page);
