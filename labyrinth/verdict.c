// SPDX-License-Identifier: GPL-2.0
/*
 * What happened, in plain words: who asked, why it got nothing, who had taken what,
 * and which number to change; or who broke a rule, and whose page it was.
 *
 * What has to be told is noted in any context, once in a while per owner and kind. A
 * worker puts it into words at once, for debugfs "verdicts" and the console. A verdict
 * stays open for a second, to say how many such there were: only then is the console told
 * of a refusal, and of what would have helped.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "dry.h"
#include "floor.h"
#include "page.h"
#include "ring.h"
#include "symbol.h"
#include "verdict.h"

#define LAB_TELL_AFTER	HZ	/* until then it is counted how many there are */

/* ---- words */

struct lab_words {
	const char *name;
	const char *happened;
	const char *then;	/* what became of it */
	const char *look;	/* what is to be done */
};

static const struct lab_words lab_refusal_words[] = {
	[LAB_REFUSE_BUDGET]	= { "budget",
		"it owns as many pages as its budget allows" },
	[LAB_REFUSE_FLOOR]	= { "floor",
		"memory is short, and its share of the atomic reserve is used up" },
	[LAB_REFUSE_BUDDY]	= { "buddy",
		"memory is short, and the kernel itself had no page to give" },
	[LAB_REFUSE_CONTEXT]	= { "context",
		"the page allocator may not be called there, and no page was ready" },
	[LAB_REFUSE_SCOPE]	= { "scope",
		"this task may not use the handle" },
	[LAB_REFUSE_DYING]	= { "dying",
		"the owner is destroyed, or there never was one" },
};

static_assert(ARRAY_SIZE(lab_refusal_words) == LAB_NR_REFUSALS);

static const struct lab_words lab_violation_words[] = {
	[LAB_BAD_ARGUMENT]	= { "bad_argument",
		"NULL, an ERR_PTR or a parameter out of range was passed",
		"the call failed with -EINVAL", "look at the caller" },
	[LAB_DOUBLE_FREE]	= { "double_free",
		"a page was given back that had been given back before",
		"nothing was freed", "look for the first free in the same driver" },
	[LAB_FOREIGN_FREE]	= { "foreign_free",
		"a page was used by somebody who is not its owner",
		"it stays its owner's", "a page changes hands by transfer only" },
	[LAB_PLAIN_PAGE]	= { "plain_page",
		"a page was passed that is no page of labyrinth, or no longer one",
		"it was left alone",
		"a page from alloc_page() or one that was released goes back by __free_page()" },
	[LAB_SHARED_PAGE]	= { "shared_page",
		"somebody else holds a reference or mapping of a page, too",
		"the page stays where it is", "look for a missing put_page() or unmap" },
	[LAB_FREED_BEHIND]	= { "freed_behind",
		"a page was freed without labyrinth, by put_page(), __free_page() or the like",
		"the kernel may have given it to others", "release a page before it is freed so" },
	[LAB_USE_AFTER_FREE]	= { "use_after_free",
		"a page was written to after it was given back",
		"it will not be handed out so", "look for a stale pointer or DMA still running" },
	[LAB_WRONG_SCOPE]	= { "wrong_scope",
		"a handle was used outside of its scope",
		"nothing was changed",
		"share the handle by a wider scope, or hand pages over by transfer" },
	[LAB_DEAD_OWNER]	= { "dead_owner",
		"a handle was used after its owner was destroyed",
		"nothing was changed", "stop interrupts and work before destroying the owner" },
	[LAB_RECEIVER_FULL]	= { "receiver_full",
		"a page was handed to an owner that has as many as it may",
		"the giver keeps it", "raise the receiver's budget" },
	[LAB_ORPHAN]		= { "orphan",
		"a page was still out when its owner was destroyed",
		"it is an ordinary page now, listed in \"pages\" as orphan until it is freed",
		"give all pages back before destroying the owner" },
	[LAB_MODULE_GONE]	= { "module_gone",
		"a module left without destroying its owner",
		"that was done for it", "its exit function lacks labyrinth_owner_destroy()" },
	[LAB_MISCOUNTED]	= { "miscounted",
		"an owner's counters differ from what the tags add up to",
		"nothing was changed", "this is a fault of labyrinth's own: please report it" },
};

static_assert(ARRAY_SIZE(lab_violation_words) == LAB_NR_VIOLATIONS);

/* What became of a page that somebody else had to do with; else its kind says so. */
static const char * const lab_outcome_words[] = {
	[LAB_OUT_OF_USE]	= "the page is kept out of use until nobody else has to do with it",
	[LAB_LEFT]		= "the page was on its way to the kernel, and goes there all the same",
};

const char *lab_refusal_name(enum lab_refusal reason)
{
	return lab_refusal_words[reason].name;
}

const char *lab_violation_name(enum lab_violation kind)
{
	return lab_violation_words[kind].name;
}

/* ---- what has been told */

#define LAB_VERDICTS		32
#define LAB_VERDICT_LEN		3072

struct lab_violation_note {
	u64 seq;
	long times;
	bool advice;
	struct lab_violation_record violation;
};

struct lab_verdict {
	u64 when;
	struct seq_buf seq;		/* of @text */
	unsigned int printed;		/* how much of @text the console has had */
	bool violated;			/* a rule was broken; else a refusal, or advice */
	/* Until it is closed, and has its last words: in whose tally it is, of what. */
	enum { LAB_CLOSED, LAB_OPEN_REFUSAL, LAB_OPEN_VIOLATION } open;
	u32 owner_id;
	struct lab_dry dry;
	struct lab_violation_note note;
	char text[LAB_VERDICT_LEN];
};

/*
 * Not lab_wq: what waits here for lab_owners_lock, or a slow console, must not keep a
 * refill waiting where one worker is left for all. WQ_MEM_RECLAIM, since destroy waits for
 * what is told of its owner, and nothing here allocates.
 */
struct workqueue_struct *lab_tell_wq;

static DEFINE_MUTEX(lab_verdict_lock);
static struct lab_verdict lab_verdicts[LAB_VERDICTS];	/* guarded by lab_verdict_lock */
static u64 lab_verdict_nr;				/* guarded by lab_verdict_lock */

/* What the console has not had. Needs lab_verdict_lock. */
static void lab_verdict_print(struct lab_verdict *verdict)
{
	/* Whoever was refused, or might have slept, hides no rule that was broken. */
	static DEFINE_RATELIMIT_STATE(violations, 5 * HZ, 40);
	static DEFINE_RATELIMIT_STATE(others, 5 * HZ, 40);
	const char *line = verdict->text + verdict->printed, *end;

	verdict->printed = strlen(verdict->text);
	if (!*line || !__ratelimit(verdict->violated ? &violations : &others))
		return;
	for (; *line; line = end + !!*end) {
		end = strchrnul(line, '\n');
		pr_warn("%.*s\n", (int)(end - line), line);
	}
}

/* How often it has happened to the owner since it was told last; 0 where that is not known. */
static long lab_verdict_since(const struct lab_verdict *verdict)
{
	struct labyrinth_owner *owner;
	long times = 0;

	preempt_disable();
	owner = verdict->owner_id ? lab_owner_by_id(verdict->owner_id) : NULL;
	if (!owner && verdict->owner_id)
		times = 0;
	else if (verdict->open == LAB_OPEN_REFUSAL)
		times = lab_report_refused_since(owner, verdict->dry.refusal.reason);
	else
		times = lab_report_violated_since(owner, verdict->note.violation.kind);
	preempt_enable();
	return times;
}

static void lab_verdict_close(struct lab_verdict *verdict)
{
	const struct lab_violation_record *r = &verdict->note.violation;
	long times;

	if (verdict->open == LAB_CLOSED)
		return;
	times = lab_verdict_since(verdict);
	if (verdict->open == LAB_OPEN_REFUSAL)
		lab_dry_advise(&verdict->seq, &verdict->dry, times);
	else if (times > 0)
		seq_buf_printf(&verdict->seq, "%s: %ld more of %s after that\n",
			       lab_violation_name(r->kind), times,
			       r->by_offender ? r->offender : r->owner);
	verdict->open = LAB_CLOSED;
	lab_verdict_print(verdict);
}

/*
 * Close those of an owner, or all where that is 0, that have been open for @age. True
 * where some are left.
 */
static bool lab_verdicts_close(u32 owner_id, unsigned int age)
{
	struct lab_verdict *verdict;
	bool left = false;
	u64 now;

	mutex_lock(&lab_verdict_lock);
	now = get_jiffies_64();
	for (verdict = lab_verdicts; verdict < lab_verdicts + LAB_VERDICTS; verdict++) {
		if (now - verdict->when >= age &&
		    (!owner_id || owner_id == verdict->owner_id))
			lab_verdict_close(verdict);
		left = left || verdict->open != LAB_CLOSED;
	}
	mutex_unlock(&lab_verdict_lock);
	return left;
}

static void lab_close_verdicts(struct work_struct *work)
{
	if (lab_verdicts_close(0, LAB_TELL_AFTER))
		queue_delayed_work(lab_tell_wq, to_delayed_work(work), LAB_TELL_AFTER / 4);
}

static DECLARE_DELAYED_WORK(lab_verdict_closer, lab_close_verdicts);

/* The next one, to be written. Needs lab_verdict_lock. */
static struct lab_verdict *lab_verdict_new(void)
{
	struct lab_verdict *verdict = &lab_verdicts[lab_verdict_nr++ % LAB_VERDICTS];

	lab_verdict_close(verdict);
	verdict->when = get_jiffies_64();
	verdict->printed = 0;
	verdict->violated = false;
	memset(verdict->text, 0, sizeof(verdict->text));
	/* The last byte stays 0, however much is written. */
	seq_buf_init(&verdict->seq, verdict->text, sizeof(verdict->text) - 1);
	queue_delayed_work(lab_tell_wq, &lab_verdict_closer, LAB_TELL_AFTER);
	return verdict;
}

int lab_verdicts_show(struct seq_file *m, void *v)
{
	u64 i;

	mutex_lock(&lab_verdict_lock);
	for (i = lab_ring_first(lab_verdict_nr, LAB_VERDICTS); i <= lab_verdict_nr; i++) {
		const struct lab_verdict *verdict = &lab_verdicts[(i - 1) % LAB_VERDICTS];

		seq_printf(m, "%llu ms ago\n%s\n",
			   jiffies64_to_msecs(get_jiffies_64() - verdict->when), verdict->text);
	}
	mutex_unlock(&lab_verdict_lock);
	return 0;
}

/* ---- what is to be told */

#define LAB_VERDICT_NOTES	64

/*
 * The next note of a ring that is whole and has not been told: @told has what was, place
 * by place from @place on. One that is being written is passed over, as its writer kicks
 * the worker again.
 */
static bool lab_note_next(void *copy, const void *notes, size_t size, u64 *told,
			  unsigned int *place)
{
	for (; *place < LAB_VERDICT_NOTES; (*place)++) {
		u64 before = told[*place];

		if (!lab_ring_news(copy, notes + *place * size, size, &told[*place]))
			continue;
		if (told[*place] - before > LAB_VERDICT_NOTES)
			pr_warn("more came too fast to be told: %llu\n",
				(told[*place] - before - 1) / LAB_VERDICT_NOTES);
		return true;
	}
	return false;
}

/* ---- violations */

static struct lab_violation_note lab_violation_notes[LAB_VERDICT_NOTES];
static atomic64_t lab_violation_note_seq;

static void lab_say_stack(struct seq_buf *text, const unsigned long *stack)
{
	unsigned int i;

	for (i = 0; i < LAB_STACK_DEPTH && stack[i]; i++)
		seq_buf_printf(text, "%s%pS", i ? " < " : "  stack then: ", (void *)stack[i]);
	if (i)
		seq_buf_printf(text, "\n");
}

/* Who did it, as far as that is known. */
static void lab_say_offender(struct seq_buf *text, const struct lab_violation_record *r)
{
	const void *caller = (void *)r->caller;

	if (r->kind == LAB_RECEIVER_FULL)
		seq_buf_printf(text, "  by: %s, to %s, %pS,", r->owner, r->offender, caller);
	else if (r->kind == LAB_FREED_BEHIND && caller)
		seq_buf_printf(text, "  by: not known; found by %pS,", caller);
	else if (caller)
		seq_buf_printf(text, "  by: %s, %pS,", r->offender, caller);
	else
		seq_buf_printf(text, "  by: %s; found", r->offender);
}

static void lab_say_violation(struct seq_buf *text, const struct lab_violation_note *note)
{
	const struct lab_violation_record *r = &note->violation;
	const struct lab_taking *taking = &r->taking;

	seq_buf_printf(text, "%s: %s\n", lab_violation_words[r->kind].name,
		       lab_violation_words[r->kind].happened);
	lab_say_offender(text, r);
	seq_buf_printf(text, " in %s on CPU %u; such since the last report: %ld\n",
		       lab_context_name(r->context), r->cpu, note->times);
	seq_buf_printf(text, "  of: %s", r->owner);
	if (taking->word)
		seq_buf_printf(text, ", taken by %pS %llu ms before, in %s on CPU %u",
			       (void *)lab_taking_caller(taking),
			       lab_time_age_ms(lab_taking_tag(taking).time),
			       lab_context_name(lab_word_context(taking->word)),
			       lab_word_cpu(taking->word));
	seq_buf_printf(text, "\n");
	if (r->pfn)
		seq_buf_printf(text, "  page: pfn %lu, refcount %d, mapcount %d\n", r->pfn,
			       r->refcount, r->mapcount);
	lab_say_stack(text, r->stack);
	seq_buf_printf(text, "  then: %s; %s\n",
		       lab_outcome_words[r->outcome] ?: lab_violation_words[r->kind].then,
		       lab_violation_words[r->kind].look);
}

static void lab_say_advice(struct seq_buf *text, const struct lab_violation_record *r)
{
	seq_buf_printf(text, "advice: %s asks atomically where it could sleep: alloc_page(GFP_KERNEL) would spare the reserve in %pS\n",
		       r->offender, (void *)r->caller);
}

static void lab_tell_violations(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static u64 told[LAB_VERDICT_NOTES];
	static struct lab_violation_note note;
	unsigned int place = 0;

	while (lab_note_next(&note, lab_violation_notes, sizeof(note), told, &place)) {
		struct lab_verdict *verdict;

		mutex_lock(&lab_verdict_lock);
		verdict = lab_verdict_new();
		if (note.advice) {
			lab_say_advice(&verdict->seq, &note.violation);
		} else {
			lab_say_violation(&verdict->seq, &note);
			verdict->note = note;
			verdict->violated = true;
			verdict->owner_id = note.violation.party_id;
			verdict->open = LAB_OPEN_VIOLATION;
		}
		lab_verdict_print(verdict);
		mutex_unlock(&lab_verdict_lock);
	}
}

static DECLARE_WORK(lab_violation_worker, lab_tell_violations);

static void lab_violation_kicked(struct irq_work *kick)
{
	queue_work(lab_tell_wq, &lab_violation_worker);
}

static struct irq_work lab_violation_kick = IRQ_WORK_INIT_HARD(lab_violation_kicked);

static void lab_violation_note(const struct lab_violation_record *violation, long times,
			       bool advice)
{
	u64 seq = atomic64_inc_return(&lab_violation_note_seq);
	struct lab_violation_note *note = &lab_violation_notes[seq % LAB_VERDICT_NOTES];

	if (!lab_ring_open(&note->seq))
		return;
	note->times = times;
	note->advice = advice;
	note->violation = *violation;
	lab_ring_close(&note->seq, seq);
	irq_work_queue(&lab_violation_kick);
}

/*
 * To be told: it has happened so many @times since the last time. Context: any,
 * preemption disabled.
 */
void lab_verdict_violation(const struct lab_violation_record *violation, long times)
{
	lab_violation_note(violation, times, false);
}

/* @owner asks the kernel atomically without need. Context: any. */
void lab_verdict_advice(const struct labyrinth_owner *owner, unsigned long caller)
{
	struct lab_violation_record record = { .caller = caller };

	strscpy(record.offender, owner->name, sizeof(record.offender));
	preempt_disable();
	lab_violation_note(&record, 1, true);
	preempt_enable();
}

/* ---- refusals */

static struct lab_dry lab_refusal_notes[LAB_VERDICT_NOTES];
static atomic64_t lab_refusal_note_seq;

static void lab_say_refusal(struct seq_buf *text, const struct lab_dry *dry)
{
	const struct lab_refusal_record *r = &dry->refusal;

	seq_buf_printf(text, "%s: %s got no page: %s\n", lab_refusal_words[r->reason].name,
		       r->owner, lab_refusal_words[r->reason].happened);
	seq_buf_printf(text, "  by: %pS, in %s on CPU %u\n", (void *)r->caller,
		       lab_context_name(r->context), r->cpu);
	lab_dry_say(text, dry);
}

static void lab_write_refusals(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static u64 told[LAB_VERDICT_NOTES];
	static struct lab_dry dry;
	unsigned int place = 0;

	while (lab_note_next(&dry, lab_refusal_notes, sizeof(dry), told, &place)) {
		struct lab_verdict *verdict;

		mutex_lock(&lab_verdict_lock);
		verdict = lab_verdict_new();
		lab_say_refusal(&verdict->seq, &dry);
		verdict->dry = dry;
		verdict->owner_id = dry.refusal.owner_id;
		verdict->open = LAB_OPEN_REFUSAL;
		mutex_unlock(&lab_verdict_lock);
	}
}

static DECLARE_WORK(lab_refusal_worker, lab_write_refusals);

static void lab_refusal_kicked(struct irq_work *kick)
{
	queue_work(lab_tell_wq, &lab_refusal_worker);
}

static struct irq_work lab_refusal_kick = IRQ_WORK_INIT_HARD(lab_refusal_kicked);

/* To be told, with the state of memory as it is. Context: any, preemption disabled. */
void lab_verdict_refusal(struct labyrinth_owner *owner, const struct lab_refusal_record *refusal)
{
	u64 seq = atomic64_inc_return(&lab_refusal_note_seq);
	struct lab_dry *dry = &lab_refusal_notes[seq % LAB_VERDICT_NOTES];

	if (!lab_ring_open(&dry->seq))
		return;
	dry->refusal = *refusal;
	lab_dry_look(dry, owner);
	lab_ring_close(&dry->seq, seq);
	irq_work_queue(&lab_refusal_kick);
}

/* Wait until all that has happened is in words. */
void lab_verdict_flush(void)
{
	irq_work_sync(&lab_violation_kick);
	flush_work(&lab_violation_worker);
	irq_work_sync(&lab_refusal_kick);
	flush_work(&lab_refusal_worker);
}

/* The same, and the last words of what happened to this owner. */
void lab_verdict_conclude(const struct labyrinth_owner *owner)
{
	lab_verdict_flush();
	lab_verdicts_close(owner->id, 0);
}

int lab_verdict_init(void)
{
	lab_tell_wq = alloc_workqueue("labyrinth_tell", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return lab_tell_wq ? 0 : -ENOMEM;
}

void lab_verdict_exit(void)
{
	lab_verdict_flush();
	lab_verdicts_close(0, 0);
	cancel_delayed_work_sync(&lab_verdict_closer);
	destroy_workqueue(lab_tell_wq);
}
