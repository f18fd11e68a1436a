/* SPDX-License-Identifier: GPL-2.0 */
/* The records of a refusal and of a violation. */
#ifndef _LABYRINTH_DIAG_RECORD_H
#define _LABYRINTH_DIAG_RECORD_H

#include <linux/atomic.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

#include "../core/hooks.h"

/* An owner's events of one kind of refusal or violation. */
struct lab_event_counter {
	atomic_long_t nr;
	unsigned long reported;	/* jiffies of the last report; 0 is never */
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
	u32 party_id;		/* id of the owner whose counter has it, or 0 */
	u16 cpu;
	u8 kind;
	bool by_offender;	/* the party is the offender, not the owner */
	u8 outcome;
	u8 context;
	bool caught;		/* @caller is the free itself, seen as it happened */
};

/* Violations that are recorded one by one, and refusals. */
#define LAB_RING_SIZE	1024

#endif /* _LABYRINTH_DIAG_RECORD_H */
