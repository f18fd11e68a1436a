// SPDX-License-Identifier: GPL-2.0
/*
 * Records of refusals and violations. They may happen in any context, so each is written to a
 * lockless ring, which debugfs shows; report.c writes it as text. Counts are never limited.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>
#include <trace/events/labyrinth.h>

#include "../core/page.h"
#include "../core/watermark.h"
#include "event.h"
#include "history.h"
#include "note.h"
#include "owner_diag.h"
#include "ring.h"
#include "symbol.h"
#include "words.h"

/* Least time between two reports of a kind for an owner. */
#define LAB_REPORT_EVERY	(5 * HZ)

static struct lab_refusal_record lab_refusals[LAB_RING_SIZE];
static struct lab_violation_record lab_violations[LAB_RING_SIZE];
static atomic64_t lab_refusal_seq, lab_violation_seq;

/* For calls without an owner. */
static struct lab_event_counter lab_nobody_refused[LAB_NR_REFUSALS];
static struct lab_event_counter lab_nobody_violated[LAB_NR_VIOLATIONS];

/* Is a report due? True for one of concurrent callers. Context: any. */
static bool lab_event_counter_due(struct lab_event_counter *counter)
{
	unsigned long last = READ_ONCE(counter->reported), now = jiffies | 1;

	return (!last || time_after(now, last + LAB_REPORT_EVERY)) &&
	       cmpxchg(&counter->reported, last, now) == last;
}

/* Events since the last call. Context: any. */
static long lab_event_counter_since(struct lab_event_counter *counter)
{
	long nr = atomic_long_read(&counter->nr);

	return nr - xchg(&counter->reported_nr, nr);
}

static struct lab_event_counter *lab_refusal_counter(struct labyrinth_owner *owner,
						     enum lab_refusal reason)
{
	return owner ? &owner->diag->refused[reason] : &lab_nobody_refused[reason];
}

static struct lab_event_counter *lab_violation_counter(struct labyrinth_owner *owner,
						       enum lab_violation kind)
{
	return owner ? &owner->diag->violated[kind] : &lab_nobody_violated[kind];
}

/* The same for one kind of event of @owner, which may be NULL. */

long lab_event_refused_since(struct labyrinth_owner *owner, enum lab_refusal reason)
{
	return lab_event_counter_since(lab_refusal_counter(owner, reason));
}

long lab_event_violated_since(struct labyrinth_owner *owner, enum lab_violation kind)
{
	return lab_event_counter_since(lab_violation_counter(owner, kind));
}

/* Context: any, preemption disabled, so that an open entry is closed soon. */
static void lab_record_refusal(struct labyrinth_owner *owner, enum lab_refusal reason,
			       unsigned long caller)
{
	struct lab_event_counter *counter = lab_refusal_counter(owner, reason);
	struct zone *zone = lab_floor_first_zone(owner ? owner->nid : NUMA_NO_NODE);
	u64 seq = atomic64_inc_return(&lab_refusal_seq);
	struct lab_refusal_record *r = &lab_refusals[seq % LAB_RING_SIZE];

	atomic_long_inc(&counter->nr);
	trace_refuse(owner ? owner->name : "-", lab_refusal_name(reason), caller);
	if (owner)
		lab_history_note(&owner->diag->history, lab_history_minute());
	if (!lab_ring_open(&r->seq))
		return;
	r->when = get_jiffies_64();
	r->caller = caller;
	r->reason = reason;
	r->cpu = raw_smp_processor_id();
	r->context = lab_context_decode(lab_context_bits());
	r->owner_id = owner ? owner->id : 0;
	strscpy(r->owner, owner ? owner->name : "-", sizeof(r->owner));
	r->zone = zone ? zone->name : "-";
	r->node = NUMA_NO_NODE;
	r->free = 0;
	r->min = 0;
	r->floor = 0;
	if (zone) {
		r->node = zone_to_nid(zone);
		r->free = zone_page_state(zone, NR_FREE_PAGES);
		r->min = READ_ONCE(zone->_watermark[WMARK_MIN]);
		r->floor = lab_floor_mark(r->min, owner ? READ_ONCE(owner->reserve_pct) : 0);
	}
	if (lab_event_counter_due(counter))
		lab_note_refusal(owner, r);
	lab_ring_close(&r->seq, seq);
}

/* Context: any. */
void lab_event_refusal(struct labyrinth_owner *owner, enum lab_refusal reason,
		       unsigned long caller)
{
	preempt_disable();
	lab_record_refusal(owner, reason, caller);
	preempt_enable();
}

/*
 * The pointer may be invalid unless a tag was found for it: dereference it only if it can be
 * that of a page. With SPARSEMEM, which has no table of all pages, to get its number is to
 * dereference it.
 */
static void lab_violation_page(struct lab_violation_record *r, const struct page *page)
{
	unsigned long pfn;

	if (!IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) && !IS_ENABLED(CONFIG_FLATMEM) &&
	    !r->track.meta)
		return;
	pfn = page_to_pfn(page);
	if (!pfn_valid(pfn))
		return;
	r->pfn = pfn;
	r->refcount = page_ref_count(page);
	r->mapcount = lab_compat_mapcount(page);
}

static void lab_violation_fill(struct lab_violation_record *r,
			       const struct lab_violation_info *info)
{
	r->when = get_jiffies_64();
	r->kind = info->kind;
	r->outcome = info->outcome;
	r->caller = info->caller;
	r->caught = info->act;
	r->track = info->track;
	r->stack[0] = 0;
	if (info->track.stack)
		/* If the page is handed out again now, this is the new stack or parts of both. */
		data_race(memcpy(r->stack, info->track.stack, sizeof(r->stack)));
	r->cpu = raw_smp_processor_id();
	r->context = lab_context_decode(lab_context_bits());
	if (info->owner)
		strscpy(r->owner, info->owner->name, sizeof(r->owner));
	else
		lab_owner_name(info->owner_id, r->owner);
	strscpy(r->offender, info->offender ? info->offender->name : "-",
		sizeof(r->offender));
	r->pfn = 0;
	r->refcount = 0;
	r->mapcount = 0;
	if (info->page)
		lab_violation_page(r, info->page);
}

/* Context: any, preemption disabled, as above. */
static void lab_record_violation(const struct lab_violation_info *info)
{
	u64 seq = atomic64_inc_return(&lab_violation_seq);
	struct lab_violation_record *r = &lab_violations[seq % LAB_RING_SIZE];
	struct labyrinth_owner *party = info->offender ?: info->owner;
	struct lab_event_counter *counter = lab_violation_counter(party, info->kind);

	atomic_long_inc(&counter->nr);
	if (!lab_ring_open(&r->seq))
		return;
	lab_violation_fill(r, info);
	r->party_id = party ? party->id : 0;
	r->by_offender = info->offender;
	if (lab_event_counter_due(counter))
		lab_note_violation(r, lab_event_counter_since(counter), info->act);
	trace_violation(lab_violation_name(r->kind), r->owner, r->offender, r->pfn,
			lab_track_caller(&r->track), r->caller);
	lab_ring_close(&r->seq, seq);
}

/* Context: any. */
void lab_event_violation(const struct lab_violation_info *info)
{
	preempt_disable();
	lab_record_violation(info);
	preempt_enable();
}

/*
 * The owner allocates from the kernel atomically, but its caller could sleep. This is no
 * violation: advice is reported once for an owner. Context: task that may sleep.
 */
void lab_event_could_sleep(struct labyrinth_owner *owner, unsigned long caller)
{
	/* A task that frees memory for others must not wait for memory. */
	if (current->flags & PF_MEMALLOC)
		return;
	WRITE_ONCE(owner->diag->could_sleep_caller, caller);
	if (atomic_long_inc_return(&owner->diag->could_sleep) == 1)
		lab_note_advice(owner, caller);
}

static u64 lab_age_ms(u64 when)
{
	return jiffies64_to_msecs(get_jiffies_64() - when);
}

int lab_event_refusals_show(struct seq_file *m, void *v)
{
	u64 seq, last = atomic64_read(&lab_refusal_seq);
	struct lab_refusal_record r;

	seq_puts(m, "seq age_ms owner reason context cpu node zone free min floor caller\n");
	for (seq = lab_ring_first(last, LAB_RING_SIZE); seq <= last; seq++) {
		if (!lab_ring_read(&r, &lab_refusals[seq % LAB_RING_SIZE], sizeof(r), seq))
			continue;
		seq_printf(m, "%llu %llu %s %s %s %u %d %s %lu %lu %lu ", seq,
			   lab_age_ms(r.when), r.owner, lab_refusal_name(r.reason),
			   lab_context_name(r.context), r.cpu, r.node, r.zone, r.free, r.min,
			   r.floor);
		lab_seq_caller(m, r.caller);
		seq_putc(m, '\n');
	}
	return 0;
}

static const char lab_violation_columns[] =
	"seq age_ms kind owner offender pfn refcount mapcount alloc_caller caught caller\n";

static void lab_violation_line(struct seq_file *m, const struct lab_violation_record *r)
{
	seq_printf(m, "%llu %llu %s %s %s ", r->seq, lab_age_ms(r->when),
		   lab_violation_name(r->kind), r->owner, r->offender);
	if (r->pfn)
		seq_printf(m, "%lu %d %d ", r->pfn, r->refcount, r->mapcount);
	else
		seq_puts(m, "- - - ");
	lab_seq_caller(m, lab_track_caller(&r->track));
	seq_printf(m, " %d ", r->caught);
	lab_seq_caller(m, r->caller);
	seq_putc(m, '\n');
}

int lab_event_violations_show(struct seq_file *m, void *v)
{
	u64 seq, last = atomic64_read(&lab_violation_seq);
	struct lab_violation_record r;

	seq_puts(m, lab_violation_columns);
	for (seq = lab_ring_first(last, LAB_RING_SIZE); seq <= last; seq++)
		if (lab_ring_read(&r, &lab_violations[seq % LAB_RING_SIZE], sizeof(r), seq))
			lab_violation_line(m, &r);
	return 0;
}

/* The recorded violations with this page, in the same format. */
void lab_event_violations_of(struct seq_file *m, unsigned long pfn)
{
	u64 seq, last = atomic64_read(&lab_violation_seq);
	struct lab_violation_record r;

	seq_puts(m, lab_violation_columns);
	for (seq = lab_ring_first(last, LAB_RING_SIZE); seq <= last; seq++)
		if (lab_ring_read(&r, &lab_violations[seq % LAB_RING_SIZE], sizeof(r), seq) &&
		    r.pfn == pfn)
			lab_violation_line(m, &r);
}

/* Was any event recorded? */
bool lab_event_any(void)
{
	return atomic64_read(&lab_refusal_seq) || atomic64_read(&lab_violation_seq);
}

/*
 * Open an entry to change it, and return its number. 0 if the entry was never written, or is
 * being written.
 */
static u64 lab_ring_reopen(u64 *entry_seq)
{
	u64 seq = READ_ONCE(*entry_seq);

	if (!seq || seq == LAB_RING_BUSY)
		return 0;
	return cmpxchg(entry_seq, seq, LAB_RING_BUSY) == seq ? seq : 0;
}

/*
 * The code of @leaving is about to be freed, and other code may take its addresses: replace
 * its callers. It makes no more calls. A record of another caller is lost if its entry is
 * open here.
 * Context: process.
 */
void lab_event_forget(const struct lab_leaving *leaving)
{
	unsigned int i;
	u64 seq;

	for (i = 0; i < LAB_RING_SIZE; i++) {
		struct lab_refusal_record *r = &lab_refusals[i];

		preempt_disable();
		seq = lab_ring_reopen(&r->seq);
		if (seq) {
			lab_caller_forget(&r->caller, leaving);
			lab_ring_close(&r->seq, seq);
		}
		preempt_enable();
	}
	for (i = 0; i < LAB_RING_SIZE; i++) {
		struct lab_violation_record *r = &lab_violations[i];

		preempt_disable();
		seq = lab_ring_reopen(&r->seq);
		if (seq) {
			lab_caller_forget(&r->caller, leaving);
			lab_track_forget(&r->track, leaving);
			lab_stack_forget(r->stack, leaving);
			lab_ring_close(&r->seq, seq);
		}
		preempt_enable();
	}
}

static long lab_event_counter_sum(const struct lab_event_counter *tallies, unsigned int nr)
{
	long sum = 0;

	while (nr--)
		sum += atomic_long_read(&tallies[nr].nr);
	return sum;
}

long lab_owner_refused(const struct labyrinth_owner *owner)
{
	return lab_event_counter_sum(owner->diag->refused, LAB_NR_REFUSALS);
}

long lab_owner_violations(const struct labyrinth_owner *owner)
{
	return lab_event_counter_sum(owner->diag->violated, LAB_NR_VIOLATIONS);
}
