/* SPDX-License-Identifier: GPL-2.0 */
/* Records of refusals and violations, written in any context. See event.c. */
#ifndef _LABYRINTH_DIAG_EVENT_H
#define _LABYRINTH_DIAG_EVENT_H

#include <linux/atomic.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

#include "../core/hooks.h"

struct labyrinth_owner;
struct lab_leaving;
struct seq_file;

long lab_owner_refused(const struct labyrinth_owner *owner);
long lab_owner_violations(const struct labyrinth_owner *owner);
long lab_event_refused_since(struct labyrinth_owner *owner, enum lab_refusal reason);
long lab_event_violated_since(struct labyrinth_owner *owner, enum lab_violation kind);

int lab_event_refusals_show(struct seq_file *m, void *v);
int lab_event_violations_show(struct seq_file *m, void *v);
void lab_event_violations_of(struct seq_file *m, unsigned long pfn);
bool lab_event_any(void);
void lab_event_forget(const struct lab_leaving *leaving);

#endif /* _LABYRINTH_DIAG_EVENT_H */
