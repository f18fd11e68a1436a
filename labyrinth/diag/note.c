// SPDX-License-Identifier: GPL-2.0
/*
 * Events to report are noted in lockless rings, in any context. A note kicks a work item,
 * which writes the report.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../core/owner.h"
#include "note.h"
#include "ring.h"

#define LAB_NR_NOTES	64

/*
 * Reporting and auditing have a workqueue of their own: work that waits for lab_owners_lock or
 * a slow console must not delay a refill if one worker is left for all. WQ_MEM_RECLAIM, since
 * destroy waits for the reports of its owner; nothing here allocates.
 */
struct workqueue_struct *lab_report_wq;

static struct lab_violation_note lab_violation_notes[LAB_NR_NOTES];
static atomic64_t lab_violation_note_seq;
static struct work_struct lab_violation_worker;

static struct lab_shortage lab_refusal_notes[LAB_NR_NOTES];
static atomic64_t lab_refusal_note_seq;
static struct work_struct lab_refusal_worker;

/*
 * Copy the next complete note of a ring, from @place on, that has not been reported. @reported
 * has the number last reported of each place. A note that is being written is skipped: its
 * writer kicks the worker again.
 */
static bool lab_note_next(void *copy, const void *notes, size_t size, u64 *reported,
			  unsigned int *place)
{
	for (; *place < LAB_NR_NOTES; (*place)++) {
		u64 before = reported[*place];

		if (!lab_ring_news(copy, notes + *place * size, size, &reported[*place]))
			continue;
		if (reported[*place] - before > LAB_NR_NOTES)
			pr_warn("more came too fast to be told: %llu\n",
				(reported[*place] - before - 1) / LAB_NR_NOTES);
		return true;
	}
	return false;
}

/* For one work item only, which never runs concurrently. So is the function below. */
bool lab_note_next_violation(struct lab_violation_note *note, unsigned int *place)
{
	static u64 reported[LAB_NR_NOTES];

	return lab_note_next(note, lab_violation_notes, sizeof(*note), reported, place);
}

bool lab_note_next_refusal(struct lab_shortage *shortage, unsigned int *place)
{
	static u64 reported[LAB_NR_NOTES];

	return lab_note_next(shortage, lab_refusal_notes, sizeof(*shortage), reported, place);
}

static void lab_violation_kicked(struct irq_work *kick)
{
	queue_work(lab_report_wq, &lab_violation_worker);
}

static struct irq_work lab_violation_kick = IRQ_WORK_INIT_HARD(lab_violation_kicked);

static void lab_violation_note(const struct lab_violation_record *violation, long times,
			       const unsigned long *act, bool advice)
{
	u64 seq = atomic64_inc_return(&lab_violation_note_seq);
	struct lab_violation_note *note = &lab_violation_notes[seq % LAB_NR_NOTES];

	if (!lab_ring_open(&note->seq))
		return;
	note->times = times;
	note->advice = advice;
	note->act[0] = 0;
	if (act)
		memcpy(note->act, act, sizeof(note->act));
	note->violation = *violation;
	lab_ring_close(&note->seq, seq);
	irq_work_queue(&lab_violation_kick);
}

/*
 * The violation happened @times since the last report. @act: lab_violation_info::act.
 * Context: any, preemption disabled.
 */
void lab_note_violation(const struct lab_violation_record *violation, long times,
			const unsigned long *act)
{
	lab_violation_note(violation, times, act, false);
}

/* @owner allocates atomically, but could sleep. Context: any. */
void lab_note_advice(const struct labyrinth_owner *owner, unsigned long caller)
{
	struct lab_violation_record record = { .caller = caller };

	strscpy(record.offender, owner->name, sizeof(record.offender));
	preempt_disable();
	lab_violation_note(&record, 1, NULL, true);
	preempt_enable();
}

static void lab_refusal_kicked(struct irq_work *kick)
{
	queue_work(lab_report_wq, &lab_refusal_worker);
}

static struct irq_work lab_refusal_kick = IRQ_WORK_INIT_HARD(lab_refusal_kicked);

/* Records the present state of memory as well. Context: any, preemption disabled. */
void lab_note_refusal(struct labyrinth_owner *owner, const struct lab_refusal_record *refusal)
{
	u64 seq = atomic64_inc_return(&lab_refusal_note_seq);
	struct lab_shortage *shortage = &lab_refusal_notes[seq % LAB_NR_NOTES];

	if (!lab_ring_open(&shortage->seq))
		return;
	shortage->refusal = *refusal;
	lab_shortage_look(shortage, owner);
	lab_ring_close(&shortage->seq, seq);
	irq_work_queue(&lab_refusal_kick);
}

/* Wait until all notes are written as reports. */
void lab_note_flush(void)
{
	irq_work_sync(&lab_violation_kick);
	flush_work(&lab_violation_worker);
	irq_work_sync(&lab_refusal_kick);
	flush_work(&lab_refusal_worker);
}

int lab_note_init(work_func_t violations, work_func_t refusals)
{
	INIT_WORK(&lab_violation_worker, violations);
	INIT_WORK(&lab_refusal_worker, refusals);
	lab_report_wq = alloc_workqueue("labyrinth_tell", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return lab_report_wq ? 0 : -ENOMEM;
}

void lab_note_exit(void)
{
	destroy_workqueue(lab_report_wq);
}
