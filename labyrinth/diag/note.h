/* SPDX-License-Identifier: GPL-2.0 */
/* Notes of events to report, written in any context. See note.c. */
#ifndef _LABYRINTH_DIAG_NOTE_H
#define _LABYRINTH_DIAG_NOTE_H

#include <linux/workqueue.h>

#include "record.h"
#include "shortage.h"

struct lab_violation_note {
	u64 seq;
	long times;
	bool advice;
	unsigned long act[LAB_STACK_DEPTH];	/* as lab_violation_info::act; 0 for none */
	struct lab_violation_record violation;
};

/* For reports and audits, which may wait. */
extern struct workqueue_struct *lab_report_wq;

void lab_note_violation(const struct lab_violation_record *violation, long times,
			const unsigned long *act);
void lab_note_advice(const struct labyrinth_owner *owner, unsigned long caller);
void lab_note_refusal(struct labyrinth_owner *owner, const struct lab_refusal_record *refusal);
bool lab_note_next_violation(struct lab_violation_note *note, unsigned int *place);
bool lab_note_next_refusal(struct lab_shortage *shortage, unsigned int *place);
void lab_note_flush(void);
int lab_note_init(work_func_t violations, work_func_t refusals);
void lab_note_exit(void);

#endif /* _LABYRINTH_DIAG_NOTE_H */
