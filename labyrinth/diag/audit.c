// SPDX-License-Identifier: GPL-2.0
/*
 * The audit: one walk over all tags. It checks that each page agrees with its tag, and that
 * each owner's counters agree with the sum of its tags. It runs in process context under
 * lab_owners_lock; alloc and free take no lock of it and continue meanwhile. A false report is
 * worse than one that comes an audit later, so a page that may just have changed during the
 * walk is not reported:
 *
 * An owned page without the mark is reported at once, by lab_owned_freed_behind(): the
 * kernel may give it to another user at any time.
 *
 * An owned page that is shared must be found so twice, a second and a grace period apart,
 * with the same meta, taken by the same caller at the same time; else the reference is a
 * transient one. The audit does not change the page's state, which its owner's free compares.
 * A reported page is recorded in lab_suspects instead, as long as it stays shared.
 *
 * A ready page may be handed out, used, freed and be ready with the same state again between
 * any two reads. But lab_tag::time is that of the last alloc: if it is older than the check,
 * and the same after it, the page was ready all the time.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <trace/events/labyrinth.h>

#include "../core/freed_behind.h"
#include "../core/owner.h"
#include "../core/page.h"
#include "../core/ready.h"
#include "../core/track.h"
#include "audit.h"
#include "event.h"
#include "note.h"
#include "orphan.h"
#include "owner_diag.h"
#include "symbol.h"

/* An owned page that is shared: either to be confirmed, or reported, which happens once. */
struct lab_suspect {
	struct page *page;	/* NULL: vacant */
	u64 meta, taken;	/* of its tag */
	u64 audit;		/* number of the last audit that found it shared */
	bool reported;
};

/* One audit at a time. Taken before lab_owners_lock. */
static DEFINE_MUTEX(lab_audit_lock);

/* All guarded by lab_owners_lock. */
static struct lab_suspect lab_suspects[LAB_AUDIT_SUSPECTS];
static struct lab_audit lab_audit_last;
static bool lab_audit_ready;	/* the work may be queued */

static struct lab_suspect *lab_suspect_vacant(void)
{
	struct lab_suspect *suspect;

	for (suspect = lab_suspects; suspect < lab_suspects + ARRAY_SIZE(lab_suspects); suspect++)
		if (!suspect->page)
			return suspect;
	return NULL;
}

static struct lab_suspect *lab_suspect_find(const struct page *page, u64 meta, u64 taken)
{
	struct lab_suspect *suspect;

	for (suspect = lab_suspects; suspect < lab_suspects + ARRAY_SIZE(lab_suspects); suspect++)
		if (suspect->page == page && suspect->meta == meta && suspect->taken == taken)
			return suspect;
	return NULL;
}

/* Replace the callers in @leaving by LAB_CALLER_GONE, as in the tags. Needs lab_owners_lock. */
void lab_audit_forget(const struct lab_leaving *leaving)
{
	struct lab_suspect *suspect;

	lockdep_assert_held(&lab_owners_lock);
	for (suspect = lab_suspects; suspect < lab_suspects + ARRAY_SIZE(lab_suspects); suspect++) {
		struct lab_alloc_track track = { .taken = suspect->taken };

		lab_track_forget(&track, leaving);
		suspect->taken = track.taken;
	}
}

static void lab_audit_owned(struct lab_audit *audit, struct lab_table *table, struct lab_tag *tag,
			    struct page *page, u64 meta)
{
	u64 taken = READ_ONCE(tag->taken);
	struct lab_suspect *suspect;

	if (likely(lab_page_marked(page) && lab_page_sole(page)))
		return;
	if (!lab_page_marked(page)) {
		preempt_disable();
		audit->found += lab_owned_freed_behind(table, tag, page, meta, 0);
		preempt_enable();
		return;
	}
	suspect = lab_suspect_find(page, meta, taken) ?: lab_suspect_vacant();
	if (!suspect)
		return;	/* left to an audit that has room */
	*suspect = (struct lab_suspect){
		.page = page, .meta = meta, .taken = taken,
		.audit = audit->nr, .reported = suspect->page && suspect->reported,
	};
}

/*
 * Checks a copy: a CPU that pops the page may give it to the kernel meanwhile, and its
 * address may then be unmapped. Such a page is not damaged.
 */
static bool lab_poison_damaged(struct page *page)
{
	const void *from = page_address(page);
	u64 copy[32];
	size_t at;

	for (at = 0; at < PAGE_SIZE; at += sizeof(copy)) {
		if (copy_from_kernel_nofault(copy, from + at, sizeof(copy)))
			return false;
		if (memchr_inv(copy, LAB_POISON_BYTE, sizeof(copy)))
			return true;
	}
	return false;
}

static bool lab_audit_misused(struct page *page, u32 state, enum lab_violation *kind)
{
	if (lab_ready_misused(page, state & ~LAB_POISONED, kind))
		return true;
	*kind = LAB_USE_AFTER_FREE;
	return state & LAB_POISONED && !lab_page_hwpoison(page) && lab_poison_damaged(page);
}

static void lab_audit_ready_page(struct lab_audit *audit, struct lab_table *table,
				 struct lab_tag *tag, struct page *page, u64 meta)
{
	struct lab_alloc_track track = lab_tag_track(table, tag);
	struct lab_violation_info info = { .page = page, .owner_id = lab_meta_owner(meta) };
	u32 state = lab_meta_state(meta);
	bool misused;

	if (lab_track_tag(&track).time == lab_time_now())
		return;	/* left to a later audit */
	/* The page is checked between the two barriers. */
	smp_rmb();
	misused = lab_audit_misused(page, state, &info.kind);
	/* Pairs with lab_tag_fill(), and with what precedes it in lab_take_tag(). */
	smp_rmb();
	if (READ_ONCE(tag->taken) != track.taken || READ_ONCE(tag->state) != state ||
	    READ_ONCE(tag->page) != page)
		return;
	if (state & LAB_REPORTED) {
		/* The reported misuse is over: report the next one. */
		if (!misused)
			lab_tag_try_transition(tag, state, state & ~LAB_REPORTED);
		return;
	}
	if (likely(!misused) || !lab_tag_try_transition(tag, state, state | LAB_REPORTED))
		return;
	if (READ_ONCE(tag->taken) != track.taken) {
		lab_tag_try_transition(tag, state | LAB_REPORTED, state);
		return;
	}
	info.track = track;
	preempt_disable();
	info.owner = lab_owner_by_id(info.owner_id);
	lab_event_violation(&info);
	preempt_enable();
	audit->found++;
}

/* Is the page still shared, a second and a grace period later? */
static bool lab_suspect_holds(const struct lab_suspect *suspect, struct lab_violation_info *info)
{
	struct lab_table *table;
	struct lab_tag *tag = lab_tag_find(NULL, suspect->page, &table);

	if (!tag)
		return false;
	*info = (struct lab_violation_info){
		.kind = LAB_SHARED_PAGE,
		.owner = lab_owner_by_id(lab_meta_owner(suspect->meta)),
		.owner_id = lab_meta_owner(suspect->meta),
		.page = suspect->page,
		.track = lab_tag_track(table, tag),
	};
	return info->track.meta == suspect->meta && info->track.taken == suspect->taken &&
	       lab_page_marked(suspect->page) && !lab_page_sole(suspect->page);
}

/* Is there a page that may just have a transient reference? */
static bool lab_audit_unsure(const struct lab_audit *audit)
{
	const struct lab_suspect *suspect;

	for (suspect = lab_suspects; suspect < lab_suspects + ARRAY_SIZE(lab_suspects); suspect++)
		if (suspect->page && suspect->audit == audit->nr && !suspect->reported)
			return true;
	return false;
}

/* Report the pages that are still shared, and forget those that are not. */
static void lab_audit_confirm(struct lab_audit *audit)
{
	struct lab_violation_info info;
	struct lab_suspect *suspect;

	for (suspect = lab_suspects; suspect < lab_suspects + ARRAY_SIZE(lab_suspects); suspect++) {
		if (!suspect->page)
			continue;
		preempt_disable();
		if (suspect->audit == audit->nr && !suspect->reported &&
		    lab_suspect_holds(suspect, &info)) {
			lab_event_violation(&info);
			suspect->reported = true;
			audit->found++;
		}
		preempt_enable();
		if (suspect->audit != audit->nr || !suspect->reported)
			suspect->page = NULL;
	}
}

/* The owner of @meta if it is alive, which it stays under lab_owners_lock. */
static struct labyrinth_owner *lab_audit_owner(u64 meta)
{
	struct labyrinth_owner *owner;

	preempt_disable();
	owner = lab_owner_by_id(lab_meta_owner(meta));
	preempt_enable();
	/* Destroy handles the tags of a dead owner. */
	return owner && !lab_owner_dead(owner) ? owner : NULL;
}

static void lab_audit_tag(struct lab_audit *audit, struct lab_table *table, struct lab_tag *tag)
{
	u64 meta = READ_ONCE(tag->meta);
	struct page *page = READ_ONCE(tag->page);	/* NULL once it went to the kernel */
	struct labyrinth_owner *owner = lab_audit_owner(meta);

	if (!page || !owner)
		return;
	switch (lab_meta_phase(meta)) {
	case LAB_OWNED:
		audit->owned++;
		owner->diag->audit.tags[LAB_COUNTER_OWNED]++;
		owner->diag->audit.tags[LAB_COUNTER_FROM_RESERVE] += lab_meta_from_reserve(meta);
		lab_audit_owned(audit, table, tag, page, meta);
		break;
	case LAB_READY:
		audit->ready++;
		owner->diag->audit.tags[LAB_COUNTER_READY]++;
		lab_audit_ready_page(audit, table, tag, page, meta);
		break;
	case LAB_QUARANTINED:
		audit->quarantined++;
		owner->diag->audit.tags[LAB_COUNTER_QUARANTINED]++;
		break;
	default:
		break;
	}
}

static unsigned long lab_orphans_out(void)
{
	const struct lab_orphan *orphan;
	unsigned long nr = 0;

	list_for_each_entry(orphan, &lab_orphans, list)
		nr++;
	return nr;
}

/* Run one audit and return its figures. Context: process. */
void lab_audit_run(struct lab_audit *figures)
{
	ktime_t begun = ktime_get();
	struct lab_audit audit = {};
	struct labyrinth_owner *owner;
	struct lab_walk walk = {};
	struct lab_tag *tag;

	mutex_lock(&lab_audit_lock);
	mutex_lock(&lab_owners_lock);
	audit.nr = lab_audit_last.nr + 1;
	lab_orphan_reap();
	list_for_each_entry(owner, &lab_owners, list) {
		lab_counters_open(owner);
		cond_resched();
	}
	/* A1: a call that changed counters has changed tags. Pairs with preempt_disable(). */
	synchronize_rcu();
	while ((tag = lab_walk_next(&walk))) {
		audit.tags++;
		lab_audit_tag(&audit, walk.table, tag);
		cond_resched();
	}
	/* A2: a call that changed tags has changed counters. The same. */
	synchronize_rcu();
	list_for_each_entry(owner, &lab_owners, list) {
		lab_counters_close(&audit, owner);
		cond_resched();
	}
	if (lab_audit_unsure(&audit)) {
		mutex_unlock(&lab_owners_lock);
		msleep(MSEC_PER_SEC);
		synchronize_rcu();
		mutex_lock(&lab_owners_lock);
	}
	lab_audit_confirm(&audit);
	audit.orphans = lab_orphans_out();
	audit.us = ktime_us_delta(ktime_get(), begun);
	audit.when = get_jiffies_64();
	lab_audit_last = audit;
	trace_audit(audit.tags, audit.found, audit.us);
	mutex_unlock(&lab_owners_lock);
	mutex_unlock(&lab_audit_lock);
	*figures = audit;
}

static void lab_audit_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(lab_audit_worker, lab_audit_work);
static unsigned int lab_audit_seconds;	/* guarded by lab_owners_lock */

static void lab_audit_work(struct work_struct *work)
{
	struct lab_audit figures;

	lab_audit_run(&figures);
	mutex_lock(&lab_owners_lock);
	/* Use the current interval. A later change finds the work queued. */
	if (lab_audit_ready && lab_audit_seconds)
		queue_delayed_work(lab_report_wq, &lab_audit_worker,
				   (unsigned long)lab_audit_seconds * HZ);
	mutex_unlock(&lab_owners_lock);
}

/* Needs lab_owners_lock. */
static void lab_audit_plan(void)
{
	if (!lab_audit_ready)
		return;
	if (lab_audit_seconds)
		mod_delayed_work(lab_report_wq, &lab_audit_worker,
				 (unsigned long)lab_audit_seconds * HZ);
	else
		cancel_delayed_work(&lab_audit_worker);
}

/* Run an audit every @seconds from now on, 0 for none. Also before init and after exit. */
void lab_audit_every(unsigned int seconds)
{
	mutex_lock(&lab_owners_lock);
	lab_audit_seconds = seconds;
	lab_audit_plan();
	mutex_unlock(&lab_owners_lock);
}

void lab_audit_init(void)
{
	mutex_lock(&lab_owners_lock);
	lab_audit_ready = true;
	lab_audit_plan();
	mutex_unlock(&lab_owners_lock);
}

void lab_audit_exit(void)
{
	mutex_lock(&lab_owners_lock);
	lab_audit_ready = false;
	mutex_unlock(&lab_owners_lock);
	cancel_delayed_work_sync(&lab_audit_worker);
}

/* The figures of the last audit. Context: process. */
void lab_audit_figures(struct lab_audit *figures)
{
	mutex_lock(&lab_owners_lock);
	*figures = lab_audit_last;
	mutex_unlock(&lab_owners_lock);
}
