// SPDX-License-Identifier: GPL-2.0
/*
 * Refusals and violations as text: the caller, the reason, the owners that had the memory and
 * the number to change; or the broken rule and both parties.
 *
 * Events are noted in any context, at a limited rate per owner and kind. A work item writes
 * their reports at once, for debugfs "verdicts" and the console. A report stays open for a
 * second, to count further events of its kind. A refusal is printed when its report closes,
 * together with the advice.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/math.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "../core/owner.h"
#include "../core/page.h"
#include "../core/watermark.h"
#include "advice.h"
#include "event.h"
#include "note.h"
#include "page_use.h"
#include "report.h"
#include "ring.h"
#include "shortage.h"
#include "symbol.h"
#include "words.h"

#define LAB_REPORT_AFTER	HZ	/* a report stays open for this long */

/* ---- reports */

#define LAB_REPORTS		32
#define LAB_REPORT_LEN		3072
#define LAB_ADVICE_LEN		1024
#define LAB_CALLER_LEN		160

enum lab_report_kind { LAB_REPORT_REFUSAL, LAB_REPORT_VIOLATION, LAB_REPORT_COULD_SLEEP };

struct lab_report {
	u64 nr;				/* from 1 on */
	u64 when;
	struct seq_buf seq;		/* of @text */
	unsigned int printed;		/* bytes of @text printed, or dropped by the rate limit */
	enum lab_report_kind kind;
	bool open;			/* the count and the advice are still to be added */
	u32 owner_id;			/* the owner whose counter has it */
	long times;			/* of a closed refusal: their number; 0 if unknown */
	struct lab_shortage shortage;	/* of a refusal */
	struct lab_violation_note note;	/* unless a refusal */
	char caller[LAB_CALLER_LEN];	/* by name, as its module may be unloaded */
	char text[LAB_REPORT_LEN];
};

static DEFINE_MUTEX(lab_report_lock);
static struct lab_report lab_reports[LAB_REPORTS];	/* guarded by lab_report_lock */
static u64 lab_report_nr;				/* guarded by lab_report_lock */

/*
 * The advice is not kept: a later refusal may raise the numbers, and those of all reports of an
 * owner agree. Valid until the next call. Needs lab_report_lock.
 */
static const struct lab_advice *lab_report_advice(const struct lab_report *report)
{
	static struct lab_advice advice;

	advice.nr = 0;
	if (report->kind == LAB_REPORT_COULD_SLEEP)
		lab_advise_could_sleep(&advice);
	else if (report->kind == LAB_REPORT_REFUSAL && !report->open)
		lab_advise(&advice, &report->shortage);
	return &advice;
}

/* The last lines of a closed refusal; "" for others. The same. */
static const char *lab_report_advice_text(const struct lab_report *report)
{
	static char text[LAB_ADVICE_LEN];
	struct seq_buf seq;

	memset(text, 0, sizeof(text));
	seq_buf_init(&seq, text, sizeof(text) - 1);
	if (report->kind == LAB_REPORT_REFUSAL)
		lab_advice_say(&seq, lab_report_advice(report), &report->shortage);
	return text;
}

static void lab_print_lines(const char *line)
{
	const char *end;

	for (; *line; line = end + !!*end) {
		end = strchrnul(line, '\n');
		pr_warn("%.*s\n", (int)(end - line), line);
	}
}

/* Print the text that was not printed yet. Needs lab_report_lock. */
static void lab_report_print(struct lab_report *report)
{
	/* Refusals and advice must not crowd out violations. */
	static DEFINE_RATELIMIT_STATE(violations, 5 * HZ, 40);
	static DEFINE_RATELIMIT_STATE(others, 5 * HZ, 40);
	const char *line = report->text + report->printed;

	report->printed = strlen(report->text);
	if (!*line || !__ratelimit(report->kind == LAB_REPORT_VIOLATION ? &violations : &others))
		return;
	lab_print_lines(line);
	lab_print_lines(lab_report_advice_text(report));
}

/* The owner's events of this kind since its last report; 0 if unknown. */
static long lab_report_since(const struct lab_report *report)
{
	struct labyrinth_owner *owner;
	long times = 0;

	preempt_disable();
	owner = report->owner_id ? lab_owner_by_id(report->owner_id) : NULL;
	if (!owner && report->owner_id)
		times = 0;
	else if (report->kind == LAB_REPORT_REFUSAL)
		times = lab_event_refused_since(owner, report->shortage.refusal.reason);
	else
		times = lab_event_violated_since(owner, report->note.violation.kind);
	preempt_enable();
	return times;
}

static void lab_report_close(struct lab_report *report)
{
	const struct lab_violation_record *r = &report->note.violation;
	long times;

	if (!report->open)
		return;
	report->open = false;
	times = lab_report_since(report);
	if (report->kind == LAB_REPORT_REFUSAL) {
		report->times = times;
		if (times > 0)
			seq_buf_printf(&report->seq, "  such refusals since the last report: %ld\n",
				       times);
		lab_advice_enter(&report->shortage, times);
	} else if (times > 0) {
		seq_buf_printf(&report->seq, "%s: %ld more of %s after that\n",
			       lab_violation_name(r->kind), times,
			       r->by_offender ? r->offender : r->owner);
	}
	lab_report_print(report);
}

/*
 * Close the reports of an owner, or all if @owner_id is 0, that have been open for @age. True
 * if some are left.
 */
static bool lab_reports_close(u32 owner_id, unsigned int age)
{
	struct lab_report *report;
	bool left = false;
	u64 now;

	mutex_lock(&lab_report_lock);
	now = get_jiffies_64();
	for (report = lab_reports; report < lab_reports + LAB_REPORTS; report++) {
		if (now - report->when >= age &&
		    (!owner_id || owner_id == report->owner_id))
			lab_report_close(report);
		left = left || report->open;
	}
	mutex_unlock(&lab_report_lock);
	return left;
}

static void lab_close_reports(struct work_struct *work)
{
	if (lab_reports_close(0, LAB_REPORT_AFTER))
		queue_delayed_work(lab_report_wq, to_delayed_work(work), LAB_REPORT_AFTER / 4);
}

static DECLARE_DELAYED_WORK(lab_report_closer, lab_close_reports);

/* Open the next report. Needs lab_report_lock. */
static struct lab_report *lab_report_new(enum lab_report_kind kind, unsigned long caller)
{
	struct lab_report *report = &lab_reports[lab_report_nr++ % LAB_REPORTS];

	lab_report_close(report);
	memset(report, 0, sizeof(*report));
	report->nr = lab_report_nr;
	report->when = get_jiffies_64();
	report->kind = kind;
	lab_caller_name(caller, report->caller, sizeof(report->caller));
	/* The last byte always stays 0. */
	seq_buf_init(&report->seq, report->text, sizeof(report->text) - 1);
	queue_delayed_work(lab_report_wq, &lab_report_closer, LAB_REPORT_AFTER);
	return report;
}

static u64 lab_report_age_ms(const struct lab_report *report)
{
	return jiffies64_to_msecs(get_jiffies_64() - report->when);
}

int lab_reports_show(struct seq_file *m, void *v)
{
	u64 i;

	mutex_lock(&lab_report_lock);
	for (i = lab_ring_first(lab_report_nr, LAB_REPORTS); i <= lab_report_nr; i++) {
		const struct lab_report *report = &lab_reports[(i - 1) % LAB_REPORTS];

		seq_printf(m, "%llu ms ago\n%s%s\n", lab_report_age_ms(report), report->text,
			   lab_report_advice_text(report));
	}
	mutex_unlock(&lab_report_lock);
	return 0;
}

/* A refusal, or a request that could have slept, as lines of key=value. */
static void lab_report_show_advice(struct seq_file *m, const struct lab_report *report)
{
	bool refusal = report->kind == LAB_REPORT_REFUSAL;

	seq_printf(m, "report=%llu reason=%s owner=%s age_ms=%llu caller=%s", report->nr,
		   refusal ? lab_refusal_name(report->shortage.refusal.reason) : "could_sleep",
		   refusal ? report->shortage.refusal.owner : report->note.violation.offender,
		   lab_report_age_ms(report), report->caller);
	if (report->times > 0)
		seq_printf(m, " times=%ld pages=%lu", report->times, report->shortage.pages);
	else
		seq_puts(m, " times=- pages=-");
	if (refusal) {
		lab_shortage_show_owner(m, &report->shortage);
		lab_shortage_show_zones(m, report->nr, &report->shortage);
	} else {
		seq_putc(m, '\n');
	}
	lab_advice_show(m, report->nr, lab_report_advice(report));
}

int lab_advice_all_show(struct seq_file *m, void *v)
{
	u64 i;

	mutex_lock(&lab_report_lock);
	for (i = lab_ring_first(lab_report_nr, LAB_REPORTS); i <= lab_report_nr; i++) {
		const struct lab_report *report = &lab_reports[(i - 1) % LAB_REPORTS];

		if (report->kind != LAB_REPORT_VIOLATION)
			lab_report_show_advice(m, report);
	}
	mutex_unlock(&lab_report_lock);
	return 0;
}

/* ---- violations */

static void lab_say_stack(struct seq_buf *text, const char *title, const unsigned long *stack)
{
	unsigned int i;

	for (i = 0; i < LAB_STACK_DEPTH && stack[i]; i++)
		seq_buf_printf(text, "%s%pS", i ? " < " : title, (void *)stack[i]);
	if (i)
		seq_buf_printf(text, "\n");
}

/* The offender, as far as it is known. */
static void lab_say_offender(struct seq_buf *text, const struct lab_violation_record *r)
{
	const void *caller = (void *)r->caller;

	if (r->kind == LAB_RECEIVER_FULL)
		seq_buf_printf(text, "  by: %s, to %s, %pS,", r->owner, r->offender, caller);
	else if (r->caught && caller)
		seq_buf_printf(text, "  by: %pS, caught in the act,", caller);
	else if (r->kind == LAB_FREED_BEHIND && caller)
		seq_buf_printf(text, "  by: not known; found by %pS,", caller);
	else if (caller)
		seq_buf_printf(text, "  by: %s, %pS,", r->offender, caller);
	else
		seq_buf_printf(text, "  by: %s; found", r->offender);
}

/* What a page in another user's hands is by now. Its memory may have gone offline. */
static void lab_say_page_now(struct seq_buf *text, unsigned long pfn)
{
	struct page *page;

	mutex_lock(&lab_owners_lock);
	page = pfn_to_online_page(pfn);
	if (page) {
		seq_buf_printf(text, "  page now: ");
		lab_page_use_say(text, page);
		seq_buf_printf(text, "\n");
	}
	mutex_unlock(&lab_owners_lock);
}

static void lab_say_violation(struct seq_buf *text, const struct lab_violation_note *note)
{
	const struct lab_violation_record *r = &note->violation;
	const struct lab_alloc_track *track = &r->track;

	seq_buf_printf(text, "%s: %s\n", lab_violation_name(r->kind),
		       lab_violation_words[r->kind].happened);
	lab_say_offender(text, r);
	seq_buf_printf(text, " in %s on CPU %u; such since the last report: %ld\n",
		       lab_context_name(r->context), r->cpu, note->times);
	seq_buf_printf(text, "  of: %s", r->owner);
	if (track->meta)
		seq_buf_printf(text, ", taken by %pS %llu ms before, in %s on CPU %u",
			       (void *)lab_track_caller(track),
			       lab_time_age_ms(lab_track_tag(track).time),
			       lab_context_name(lab_meta_context(track->meta)),
			       lab_meta_cpu(track->meta));
	seq_buf_printf(text, "\n");
	if (r->pfn)
		seq_buf_printf(text, "  page: pfn %lu, refcount %d, mapcount %d\n", r->pfn,
			       r->refcount, r->mapcount);
	if (r->pfn && (r->kind == LAB_SHARED_PAGE || r->kind == LAB_ORPHAN))
		lab_say_page_now(text, r->pfn);
	lab_say_stack(text, "  stack then: ", r->stack);
	lab_say_stack(text, "  stack of the free: ", note->act);
	seq_buf_printf(text, "  then: %s; %s\n",
		       lab_outcome_words[r->outcome] ?: lab_violation_words[r->kind].then,
		       lab_violation_words[r->kind].look);
}

static void lab_say_could_sleep(struct seq_buf *text, const struct lab_violation_record *r)
{
	seq_buf_printf(text, "advice: %s asks atomically where it could sleep: alloc_page(GFP_KERNEL) would spare the reserve in %pS\n",
		       r->offender, (void *)r->caller);
}

static void lab_write_violations(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static struct lab_violation_note note;
	unsigned int place = 0;

	while (lab_note_next_violation(&note, &place)) {
		struct lab_report *report;

		mutex_lock(&lab_report_lock);
		report = lab_report_new(note.advice ? LAB_REPORT_COULD_SLEEP : LAB_REPORT_VIOLATION,
					note.violation.caller);
		report->note = note;
		if (note.advice) {
			lab_say_could_sleep(&report->seq, &note.violation);
		} else {
			lab_say_violation(&report->seq, &note);
			report->owner_id = note.violation.party_id;
			report->open = true;
		}
		lab_report_print(report);
		mutex_unlock(&lab_report_lock);
	}
}

/* ---- refusals */

static void lab_say_refusal(struct seq_buf *text, const struct lab_shortage *shortage)
{
	const struct lab_refusal_record *r = &shortage->refusal;

	seq_buf_printf(text, "%s: %s got no page: %s\n", lab_refusal_name(r->reason),
		       r->owner, lab_refusal_words[r->reason].happened);
	seq_buf_printf(text, "  by: %pS, in %s on CPU %u\n", (void *)r->caller,
		       lab_context_name(r->context), r->cpu);
	lab_shortage_say(text, shortage);
}

static void lab_write_refusals(struct work_struct *work)
{
	/* Only this work item, which never runs twice at once. */
	static struct lab_shortage shortage;
	unsigned int place = 0;

	while (lab_note_next_refusal(&shortage, &place)) {
		struct lab_report *report;

		mutex_lock(&lab_report_lock);
		report = lab_report_new(LAB_REPORT_REFUSAL, shortage.refusal.caller);
		lab_say_refusal(&report->seq, &shortage);
		report->shortage = shortage;
		report->owner_id = shortage.refusal.owner_id;
		report->open = true;
		mutex_unlock(&lab_report_lock);
	}
}

/* Wait until all events so far are written as reports. */
void lab_report_flush(void)
{
	lab_note_flush();
}

/* The same; then close the reports of this owner. */
void lab_report_conclude(const struct labyrinth_owner *owner)
{
	lab_report_flush();
	lab_reports_close(owner->id, 0);
}

int lab_report_init(void)
{
	return lab_note_init(lab_write_violations, lab_write_refusals);
}

void lab_report_exit(void)
{
	lab_report_flush();
	lab_reports_close(0, 0);
	cancel_delayed_work_sync(&lab_report_closer);
	lab_note_exit();
}
