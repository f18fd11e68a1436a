/* SPDX-License-Identifier: GPL-2.0 */
/* What happened, in plain words: to the console and to debugfs. See verdict.c. */
#ifndef _LABYRINTH_VERDICT_H
#define _LABYRINTH_VERDICT_H

#include "report.h"

struct seq_file;

/* For what only tells, and may wait. */
extern struct workqueue_struct *lab_tell_wq;

const char *lab_refusal_name(enum lab_refusal reason);
const char *lab_violation_name(enum lab_violation kind);

void lab_verdict_violation(const struct lab_violation_record *violation, long times);
void lab_verdict_refusal(struct labyrinth_owner *owner, const struct lab_refusal_record *refusal);
void lab_verdict_advice(const struct labyrinth_owner *owner, unsigned long caller);
void lab_verdict_flush(void);
void lab_verdict_conclude(const struct labyrinth_owner *owner);
int lab_verdict_init(void);
void lab_verdict_exit(void);
int lab_verdicts_show(struct seq_file *m, void *v);

#endif /* _LABYRINTH_VERDICT_H */
