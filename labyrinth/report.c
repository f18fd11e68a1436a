// SPDX-License-Identifier: GPL-2.0
/*
 * Reports. Anything may go wrong in any context, so a refusal or violation is
 * written into a ring without locks; a worker tells the console of violations,
 * debugfs shows both rings. Counts are kept elsewhere and are never limited.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>
#include <trace/events/labyrinth.h>

#include "floor.h"
#include "page.h"
#include "report.h"

#define LAB_RING_SIZE	1024
#define LAB_RING_BUSY	U64_MAX

static const char * const lab_refusal_names[] = {
	[LAB_REFUSE_BUDGET]	= "budget",
	[LAB_REFUSE_FLOOR]	= "floor",
	[LAB_REFUSE_BUDDY]	= "buddy",
	[LAB_REFUSE_CONTEXT]	= "context",
	[LAB_REFUSE_SCOPE]	= "scope",
	[LAB_REFUSE_DYING]	= "dying",
};

static_assert(ARRAY_SIZE(lab_refusal_names) == LAB_NR_REFUSALS);

struct lab_violation_kind {
	const char *name;
	const char *words;
};

static const struct lab_violation_kind lab_violation_kinds[] = {
	[LAB_BAD_ARGUMENT]	= { "bad_argument",
		"NULL, an ERR_PTR or parameters out of range" },
	[LAB_DOUBLE_FREE]	= { "double_free",
		"page given back that was given back before" },
	[LAB_FOREIGN_FREE]	= { "foreign_free",
		"page of another owner" },
	[LAB_PLAIN_PAGE]	= { "plain_page",
		"no page of labyrinth, or no longer one" },
	[LAB_SHARED_PAGE]	= { "shared_page",
		"somebody else holds a reference or mapping too" },
	[LAB_FREED_BEHIND]	= { "freed_behind",
		"page was freed without labyrinth, by put_page() or the like" },
	[LAB_USE_AFTER_FREE]	= { "use_after_free",
		"page was written to after it was given back" },
	[LAB_WRONG_SCOPE]	= { "wrong_scope",
		"caller is outside the owner's scope" },
	[LAB_DEAD_OWNER]	= { "dead_owner",
		"owner was destroyed before" },
	[LAB_RECEIVER_FULL]	= { "receiver_full",
		"receiver of a transfer owns as many pages as it may" },
	[LAB_ORPHAN]		= { "orphan",
		"page still out when its owner was destroyed" },
	[LAB_MODULE_GONE]	= { "module_gone",
		"module left without destroying its owner; done for it" },
	[LAB_MISCOUNTED]	= { "miscounted",
		"counters differ from what the tags add up to; labyrinth's own fault" },
};

static_assert(ARRAY_SIZE(lab_violation_kinds) == LAB_NR_VIOLATIONS);

static const char * const lab_context_names[] = {
	[LABYRINTH_TASK]	= "task",
	[LABYRINTH_SOFTIRQ]	= "softirq",
	[LABYRINTH_HARDIRQ]	= "hardirq",
	[LABYRINTH_NMI]		= "nmi",
};

const char *lab_context_name(enum labyrinth_context context)
{
	return lab_context_names[context];
}

struct lab_refusal_record {
	u64 seq;	/* LAB_RING_BUSY while it is being written */
	u64 when;
	unsigned long caller;
	unsigned long free, min, floor;
	char owner[LABYRINTH_NAME_LEN];
	const char *zone;
	int node;
	u16 cpu;
	u8 reason;
	u8 context;
};

struct lab_violation_record {
	u64 seq;	/* LAB_RING_BUSY while it is being written */
	u64 when;
	unsigned long caller, alloc_caller;
	unsigned long alloc_stack[LAB_STACK_DEPTH];
	unsigned long pfn;
	int refcount, mapcount;
	char owner[LABYRINTH_NAME_LEN];
	char offender[LABYRINTH_NAME_LEN];
	u16 cpu;
	u8 kind;
	u8 context;
};

static struct lab_refusal_record lab_refusals[LAB_RING_SIZE];
static struct lab_violation_record lab_violations[LAB_RING_SIZE];
static atomic64_t lab_refusal_seq, lab_violation_seq;

/* "name+0x1/0x2[module]": one cell, so without the blank that %pS puts before the module. */
void lab_caller_name(unsigned long caller, char *buf, size_t size)
{
	char *blank;

	if (!caller) {
		strscpy(buf, "-", size);
		return;
	}
	snprintf(buf, size, "%pS", (void *)caller);
	while ((blank = strchr(buf, ' ')))
		memmove(blank, blank + 1, strlen(blank));
}

/* The same as a cell of a table. */
void lab_seq_caller(struct seq_file *m, unsigned long caller)
{
	char name[KSYM_SYMBOL_LEN];

	lab_caller_name(caller, name, sizeof(name));
	seq_puts(m, name);
}

/* A stack trace as one cell, innermost call first. */
void lab_seq_stack(struct seq_file *m, const unsigned long *stack)
{
	unsigned int i;

	for (i = 0; stack && i < LAB_STACK_DEPTH; i++) {
		unsigned long ip = READ_ONCE(stack[i]);

		if (!ip)
			break;
		if (i)
			seq_putc(m, '<');
		lab_seq_caller(m, ip);
	}
	if (!i)
		seq_putc(m, '-');
}

static void lab_report_work(struct work_struct *work);
static DECLARE_WORK(lab_report_worker, lab_report_work);

static void lab_report_kicked(struct irq_work *kick)
{
	queue_work(lab_wq, &lab_report_worker);
}

static struct irq_work lab_report_kick = IRQ_WORK_INIT_HARD(lab_report_kicked);

/*
 * Begin to write an entry. False where a writer that all others have lapped is
 * still at it: then this record is not kept.
 */
static bool lab_ring_open(u64 *entry_seq)
{
	u64 seq = READ_ONCE(*entry_seq);

	/* R1: the mark shows before any field changes. Pairs with R3. */
	return seq != LAB_RING_BUSY && cmpxchg(entry_seq, seq, LAB_RING_BUSY) == seq;
}

static void lab_ring_close(u64 *entry_seq, u64 seq)
{
	/* R2: the fields are whole before the number shows. Pairs with the acquire below. */
	smp_store_release(entry_seq, seq);
}

/* Copy entry @seq of a ring. False where it is overwritten, or not whole. */
static bool lab_ring_read(void *copy, const void *entry, size_t size, u64 seq)
{
	const u64 *entry_seq = entry;

	/* Pairs with R2. */
	if (smp_load_acquire(entry_seq) != seq)
		return false;
	/* A writer may lap us: then the copy is torn, and thrown away. */
	data_race(memcpy(copy, entry, size));
	/* R3: the fields are read before the number is looked at again. Pairs with R1. */
	smp_rmb();
	return READ_ONCE(*entry_seq) == seq;
}

/* Context: any. */
void lab_report_refusal(struct labyrinth_owner *owner, enum lab_refusal reason,
			unsigned long caller)
{
	u64 seq = atomic64_inc_return(&lab_refusal_seq);
	struct lab_refusal_record *r = &lab_refusals[seq % LAB_RING_SIZE];
	struct zone *zone = lab_floor_first_zone(owner ? owner->nid : NUMA_NO_NODE);
	int pct = owner ? owner->reserve_pct : 0;

	if (owner)
		atomic_long_inc(&owner->refused[reason].nr);
	trace_refuse(owner ? owner->name : "-", lab_refusal_names[reason], caller);
	if (!lab_ring_open(&r->seq))
		return;
	r->when = get_jiffies_64();
	r->caller = caller;
	r->reason = reason;
	r->cpu = raw_smp_processor_id();
	r->context = lab_context_decode(lab_context_bits());
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
		r->floor = lab_floor_mark(r->min, pct);
	}
	lab_ring_close(&r->seq, seq);
}

/* Context: any. */
void lab_report_violation(const struct lab_incident *incident)
{
	u64 seq = atomic64_inc_return(&lab_violation_seq);
	struct lab_violation_record *r = &lab_violations[seq % LAB_RING_SIZE];
	struct labyrinth_owner *party = incident->offender ?: incident->owner;

	if (party)
		atomic_long_inc(&party->violated[incident->kind].nr);
	if (!lab_ring_open(&r->seq))
		return;
	r->when = get_jiffies_64();
	r->kind = incident->kind;
	r->caller = incident->caller;
	r->alloc_caller = incident->alloc_caller;
	r->alloc_stack[0] = 0;
	if (incident->alloc_stack)
		/* The page may have found its next holder: then it is his, or parts of both. */
		data_race(memcpy(r->alloc_stack, incident->alloc_stack,
				 sizeof(r->alloc_stack)));
	r->cpu = raw_smp_processor_id();
	r->context = lab_context_decode(lab_context_bits());
	if (incident->owner)
		strscpy(r->owner, incident->owner->name, sizeof(r->owner));
	else
		lab_owner_name(incident->owner_id, r->owner);
	strscpy(r->offender, incident->offender ? incident->offender->name : "-",
		sizeof(r->offender));
	r->pfn = 0;
	if (incident->page) {
		unsigned long pfn = page_to_pfn(incident->page);

		/* The pointer may be anybody's invention: look only where a page can be. */
		if (pfn_valid(pfn)) {
			r->pfn = pfn;
			r->refcount = page_ref_count(incident->page);
			r->mapcount = lab_compat_mapcount(incident->page);
		}
	}
	lab_ring_close(&r->seq, seq);
	irq_work_queue(&lab_report_kick);
}

static void lab_violation_tell(const struct lab_violation_record *r)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 40);
	/* Only the one work item gets here. */
	static char caller[KSYM_SYMBOL_LEN], alloc_caller[KSYM_SYMBOL_LEN];
	unsigned int i;

	if (!__ratelimit(&limit))
		return;
	lab_caller_name(r->caller, caller, sizeof(caller));
	lab_caller_name(r->alloc_caller, alloc_caller, sizeof(alloc_caller));
	pr_warn("%s: %s: owner %s, taken by %s; caller %s of %s in %s on CPU %u; pfn %lu refcount %d mapcount %d\n",
		lab_violation_kinds[r->kind].name, lab_violation_kinds[r->kind].words,
		r->owner, alloc_caller, caller, r->offender,
		lab_context_name(r->context), r->cpu, r->pfn,
		r->pfn ? r->refcount : 0, r->pfn ? r->mapcount : 0);
	for (i = 0; i < LAB_STACK_DEPTH && r->alloc_stack[i]; i++)
		pr_warn("%s: taken at %pS\n", lab_violation_kinds[r->kind].name,
			(void *)r->alloc_stack[i]);
}

static void lab_report_work(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static u64 told, waited_for;
	u64 last = atomic64_read(&lab_violation_seq);
	struct lab_violation_record r;

	if (last - told > LAB_RING_SIZE) {
		pr_warn("%llu violations came too fast to be told one by one\n",
			last - told - LAB_RING_SIZE);
		told = last - LAB_RING_SIZE;
	}
	while (told < last) {
		const struct lab_violation_record *next;

		next = &lab_violations[(told + 1) % LAB_RING_SIZE];
		if (lab_ring_read(&r, next, sizeof(r), told + 1)) {
			lab_violation_tell(&r);
		} else if (waited_for != told + 1) {
			/* Still being written: look once more. */
			waited_for = told + 1;
			queue_work(lab_wq, work);
			break;
		}
		told++;
	}
}

/* Wait until the console has been told of all that happened. */
void lab_report_flush(void)
{
	irq_work_sync(&lab_report_kick);
	flush_work(&lab_report_worker);
}

static u64 lab_ring_first(u64 last)
{
	return last > LAB_RING_SIZE ? last - LAB_RING_SIZE + 1 : 1;
}

static u64 lab_age_ms(u64 when)
{
	return jiffies64_to_msecs(get_jiffies_64() - when);
}

int lab_report_refusals_show(struct seq_file *m, void *v)
{
	u64 seq, last = atomic64_read(&lab_refusal_seq);
	struct lab_refusal_record r;

	seq_puts(m, "seq age_ms owner reason context cpu node zone free min floor caller\n");
	for (seq = lab_ring_first(last); seq <= last; seq++) {
		if (!lab_ring_read(&r, &lab_refusals[seq % LAB_RING_SIZE], sizeof(r), seq))
			continue;
		seq_printf(m, "%llu %llu %s %s %s %u %d %s %lu %lu %lu ", seq,
			   lab_age_ms(r.when), r.owner, lab_refusal_names[r.reason],
			   lab_context_name(r.context), r.cpu, r.node, r.zone, r.free, r.min,
			   r.floor);
		lab_seq_caller(m, r.caller);
		seq_putc(m, '\n');
	}
	return 0;
}

int lab_report_violations_show(struct seq_file *m, void *v)
{
	u64 seq, last = atomic64_read(&lab_violation_seq);
	struct lab_violation_record r;

	seq_puts(m, "seq age_ms kind owner offender pfn refcount mapcount alloc_caller caller\n");
	for (seq = lab_ring_first(last); seq <= last; seq++) {
		if (!lab_ring_read(&r, &lab_violations[seq % LAB_RING_SIZE], sizeof(r), seq))
			continue;
		seq_printf(m, "%llu %llu %s %s %s ", seq, lab_age_ms(r.when),
			   lab_violation_kinds[r.kind].name, r.owner, r.offender);
		if (r.pfn)
			seq_printf(m, "%lu %d %d ", r.pfn, r.refcount, r.mapcount);
		else
			seq_puts(m, "- - - ");
		lab_seq_caller(m, r.alloc_caller);
		seq_putc(m, ' ');
		lab_seq_caller(m, r.caller);
		seq_putc(m, '\n');
	}
	return 0;
}
