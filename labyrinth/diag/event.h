/* SPDX-License-Identifier: GPL-2.0 */
/* Refusals and violations, remembered in any context. See report.c. */
#ifndef _LABYRINTH_DIAG_EVENT_H
#define _LABYRINTH_DIAG_EVENT_H

#include <linux/atomic.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

#include "../core/hooks.h"

struct labyrinth_owner;
struct lab_leaving;
struct seq_file;

/* What an owner has had of one kind of refusal or violation. */
struct lab_event_counter {
	atomic_long_t nr;
	unsigned long reported;	/* when it was printed last, in jiffies; 0 is never */
	long reported_nr;		/* @nr then */
};

struct lab_refusal_record {
	u64 seq;
	u64 when;
	unsigned long caller;
	unsigned long free, min, floor;
	char owner[LABYRINTH_NAME_LEN];
	const char *zone;
	int node;
	u32 owner_id;
	u16 cpu;
	u8 reason;
	u8 context;
};

struct lab_violation_record {
	u64 seq;
	u64 when;
	unsigned long caller;
	struct lab_alloc_track track;
	unsigned long stack[LAB_STACK_DEPTH];	/* of the allocation */
	unsigned long pfn;
	int refcount, mapcount;
	char owner[LABYRINTH_NAME_LEN];
	char offender[LABYRINTH_NAME_LEN];
	u32 party_id;		/* of the owner in whose counter it is, or 0 */
	u16 cpu;
	u8 kind;
	bool by_offender;	/* the party is the offender, not the owner */
	u8 outcome;
	u8 context;
};

long lab_event_refused_since(struct labyrinth_owner *owner, enum lab_refusal reason);
long lab_event_violated_since(struct labyrinth_owner *owner, enum lab_violation kind);

int lab_event_refusals_show(struct seq_file *m, void *v);
int lab_event_violations_show(struct seq_file *m, void *v);
void lab_event_violations_of(struct seq_file *m, unsigned long pfn);
bool lab_event_any(void);
void lab_event_forget(const struct lab_leaving *leaving);

/* Violations that are remembered one by one, and refusals. */
#define LAB_RING_SIZE	1024

#endif /* _LABYRINTH_DIAG_EVENT_H */
