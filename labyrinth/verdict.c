// SPDX-License-Identifier: GPL-2.0
/*
 * What happened, in plain words: who asked, why it got nothing, who had taken what,
 * and which number to change; or who broke a rule, and whose page it was.
 *
 * What has to be told is noted in any context, once in a while per owner and kind. A
 * worker puts it into words at once, for debugfs "verdicts" and the console. That is
 * told of a refusal a second later, when it can be said how many there were.
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

#define LAB_TELL_AFTER	HZ	/* refusals: until then it is counted how many there are */

/* ---- words */

struct lab_words {
	const char *name;
	const char *happened;
	const char *then;	/* what became of it, or is to be done */
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
		"the call failed with -EINVAL; look at the caller" },
	[LAB_DOUBLE_FREE]	= { "double_free",
		"a page was given back that had been given back before",
		"nothing was freed; look for the first free in the same driver" },
	[LAB_FOREIGN_FREE]	= { "foreign_free",
		"a page was used by somebody who is not its owner",
		"it stays its owner's; a page changes hands by transfer only" },
	[LAB_PLAIN_PAGE]	= { "plain_page",
		"a page was passed that is no page of labyrinth, or no longer one",
		"it was left alone; a page from alloc_page() or one that was released goes back by __free_page()" },
	[LAB_SHARED_PAGE]	= { "shared_page",
		"a page is given back or on while somebody else holds a reference or mapping, too",
		"it is kept out of use until nobody else does; look for a missing put_page() or unmap" },
	[LAB_FREED_BEHIND]	= { "freed_behind",
		"a page was freed without labyrinth, by put_page(), __free_page() or the like",
		"the kernel may have given it to others; release a page before it is freed so" },
	[LAB_USE_AFTER_FREE]	= { "use_after_free",
		"a page was written to after it was given back",
		"it is kept out of use for a while; look for a stale pointer or DMA still running" },
	[LAB_WRONG_SCOPE]	= { "wrong_scope",
		"a handle was used outside of its scope",
		"nothing was changed; share the handle by a wider scope, or hand pages over by transfer" },
	[LAB_DEAD_OWNER]	= { "dead_owner",
		"a handle was used after its owner was destroyed",
		"nothing was changed; stop interrupts and work before destroying the owner" },
	[LAB_RECEIVER_FULL]	= { "receiver_full",
		"a page was handed to an owner that has as many as it may",
		"the giver keeps it; raise the receiver's budget" },
	[LAB_ORPHAN]		= { "orphan",
		"a page was still out when its owner was destroyed",
		"it is an ordinary page now, listed in \"pages\" as orphan until it is freed" },
	[LAB_MODULE_GONE]	= { "module_gone",
		"a module left without destroying its owner",
		"that was done for it; its exit function lacks labyrinth_owner_destroy()" },
	[LAB_MISCOUNTED]	= { "miscounted",
		"an owner's counters differ from what the tags add up to",
		"this is a fault of labyrinth's own: please report it" },
};

static_assert(ARRAY_SIZE(lab_violation_words) == LAB_NR_VIOLATIONS);

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
#define LAB_VERDICT_LEN		2560

struct lab_verdict {
	u64 when;
	struct seq_buf seq;		/* of @text */
	bool open;			/* of a refusal, and the console not told yet */
	struct lab_dry dry;
	char text[LAB_VERDICT_LEN];
};

static DEFINE_MUTEX(lab_verdict_lock);
static struct lab_verdict lab_verdicts[LAB_VERDICTS];	/* guarded by lab_verdict_lock */
static u64 lab_verdict_nr;				/* guarded by lab_verdict_lock */

static void lab_verdict_print(const struct lab_verdict *verdict)
{
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 40);
	const char *line = verdict->text, *end;

	if (!__ratelimit(&limit))
		return;
	for (; *line; line = end + !!*end) {
		end = strchrnul(line, '\n');
		pr_warn("%.*s\n", (int)(end - line), line);
	}
}

static void lab_verdict_close(struct lab_verdict *verdict)
{
	if (!verdict->open)
		return;
	verdict->open = false;
	lab_dry_advise(&verdict->seq, &verdict->dry);
	lab_verdict_print(verdict);
}

/* The next one, to be written. Needs lab_verdict_lock. */
static struct lab_verdict *lab_verdict_new(void)
{
	struct lab_verdict *verdict = &lab_verdicts[lab_verdict_nr++ % LAB_VERDICTS];

	lab_verdict_close(verdict);
	verdict->when = get_jiffies_64();
	memset(verdict->text, 0, sizeof(verdict->text));
	/* The last byte stays 0, however much is written. */
	seq_buf_init(&verdict->seq, verdict->text, sizeof(verdict->text) - 1);
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

/* ---- violations */

struct lab_violation_note {
	u64 seq;
	long times;
	struct lab_violation_record violation;
};

#define LAB_VERDICT_NOTES	64

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

static void lab_say_violation(struct seq_buf *text, const struct lab_violation_note *note)
{
	const struct lab_violation_record *r = &note->violation;
	const struct lab_taking *taking = &r->taking;

	seq_buf_printf(text, "%s: %s\n", lab_violation_words[r->kind].name,
		       lab_violation_words[r->kind].happened);
	if (r->caller)
		seq_buf_printf(text, "  by: %s, %pS, in ", r->offender, (void *)r->caller);
	else
		seq_buf_printf(text, "  by: %s; found in ", r->offender);
	seq_buf_printf(text, "%s on CPU %u; such since the last report: %ld\n",
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
	seq_buf_printf(text, "  then: %s\n", lab_violation_words[r->kind].then);
}

static void lab_tell_violations(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static u64 told;
	static struct lab_violation_note note;
	u64 last = atomic64_read(&lab_violation_note_seq), first = lab_ring_first(last, LAB_VERDICT_NOTES);

	if (first > told + 1)
		pr_warn("%llu more violations came too fast to be told\n", first - told - 1);
	for (told = max(told, first - 1); told < last; told++) {
		struct lab_verdict *verdict;

		/* Still being written: its writer calls again. */
		if (!lab_ring_read(&note, &lab_violation_notes[(told + 1) % LAB_VERDICT_NOTES],
				   sizeof(note), told + 1))
			break;
		mutex_lock(&lab_verdict_lock);
		verdict = lab_verdict_new();
		lab_say_violation(&verdict->seq, &note);
		lab_verdict_print(verdict);
		mutex_unlock(&lab_verdict_lock);
	}
}

static DECLARE_WORK(lab_violation_worker, lab_tell_violations);

static void lab_violation_kicked(struct irq_work *kick)
{
	queue_work(lab_wq, &lab_violation_worker);
}

static struct irq_work lab_violation_kick = IRQ_WORK_INIT_HARD(lab_violation_kicked);

/* To be told: it has happened so many @times since the last time. Context: any. */
void lab_verdict_violation(const struct lab_violation_record *violation, long times)
{
	u64 seq = atomic64_inc_return(&lab_violation_note_seq);
	struct lab_violation_note *note = &lab_violation_notes[seq % LAB_VERDICT_NOTES];

	if (!lab_ring_open(&note->seq))
		return;
	note->times = times;
	note->violation = *violation;
	lab_ring_close(&note->seq, seq);
	irq_work_queue(&lab_violation_kick);
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

static void lab_close_refusals(struct work_struct *work)
{
	struct lab_verdict *verdict;

	mutex_lock(&lab_verdict_lock);
	for (verdict = lab_verdicts; verdict < lab_verdicts + LAB_VERDICTS; verdict++)
		lab_verdict_close(verdict);
	mutex_unlock(&lab_verdict_lock);
}

static DECLARE_DELAYED_WORK(lab_refusal_closer, lab_close_refusals);

static void lab_write_refusals(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static u64 told;
	static struct lab_dry dry;
	u64 last = atomic64_read(&lab_refusal_note_seq), first = lab_ring_first(last, LAB_VERDICT_NOTES);

	if (first > told + 1)
		pr_warn("%llu more refusals came too fast to be told\n", first - told - 1);
	for (told = max(told, first - 1); told < last; told++) {
		struct lab_verdict *verdict;

		/* Still being written: its writer calls again. */
		if (!lab_ring_read(&dry, &lab_refusal_notes[(told + 1) % LAB_VERDICT_NOTES], sizeof(dry),
				   told + 1))
			break;
		mutex_lock(&lab_verdict_lock);
		verdict = lab_verdict_new();
		lab_say_refusal(&verdict->seq, &dry);
		verdict->dry = dry;
		verdict->open = true;
		mutex_unlock(&lab_verdict_lock);
		queue_delayed_work(lab_wq, &lab_refusal_closer, LAB_TELL_AFTER);
	}
}

static DECLARE_WORK(lab_refusal_worker, lab_write_refusals);

static void lab_refusal_kicked(struct irq_work *kick)
{
	queue_work(lab_wq, &lab_refusal_worker);
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

/* Wait until the console has been told of all that happened. */
void lab_verdict_flush(void)
{
	irq_work_sync(&lab_violation_kick);
	flush_work(&lab_violation_worker);
	irq_work_sync(&lab_refusal_kick);
	flush_work(&lab_refusal_worker);
	flush_delayed_work(&lab_refusal_closer);
}
