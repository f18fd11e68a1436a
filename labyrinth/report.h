/* SPDX-License-Identifier: GPL-2.0 */
/* Refusals and violations, remembered in any context. See report.c. */
#ifndef _LABYRINTH_REPORT_H
#define _LABYRINTH_REPORT_H

#include <linux/atomic.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

#include "tag.h"

struct lab_leaving;
struct seq_file;

enum lab_refusal {
	LAB_REFUSE_BUDGET,	/* it owns as many pages as it may */
	LAB_REFUSE_FLOOR,	/* its share of the reserve is used */
	LAB_REFUSE_BUDDY,	/* the kernel itself said no */
	LAB_REFUSE_CONTEXT,	/* no allocator call allowed here, and nothing ready */
	LAB_REFUSE_SCOPE,	/* the caller may not use this handle */
	LAB_REFUSE_DYING,	/* the owner is destroyed, or there is none */
	LAB_NR_REFUSALS,
};

enum lab_violation {
	LAB_BAD_ARGUMENT,	/* NULL, an ERR_PTR, or parameters out of range */
	LAB_DOUBLE_FREE,
	LAB_FOREIGN_FREE,
	LAB_PLAIN_PAGE,		/* given a page that labyrinth never tagged, or no longer */
	LAB_SHARED_PAGE,	/* given back while somebody else holds it */
	LAB_FREED_BEHIND,	/* somebody freed it without labyrinth */
	LAB_USE_AFTER_FREE,
	LAB_WRONG_SCOPE,
	LAB_DEAD_OWNER,		/* a handle used after its destruction */
	LAB_RECEIVER_FULL,
	LAB_ORPHAN,		/* out when its owner was destroyed */
	LAB_MODULE_GONE,	/* its module left without destroying it */
	LAB_MISCOUNTED,		/* its counters say something else than its tags */
	LAB_NR_VIOLATIONS,
};

/* What an owner has had of one kind of refusal or violation. */
struct lab_tally {
	atomic_long_t nr;
	unsigned long told;	/* when the console was told last, in jiffies; 0 is never */
	long told_nr;		/* @nr then */
};

/* What became of the page, where its kind does not say so. */
enum lab_outcome {
	LAB_STAYS,		/* where it was: with its owner, or ready */
	LAB_OUT_OF_USE,		/* in quarantine */
	LAB_LEFT,		/* for the kernel */
};

/* The misuse, as far as it is known; zero fields are unknown. */
struct lab_incident {
	enum lab_violation kind;
	enum lab_outcome outcome;
	struct labyrinth_owner *owner;		/* whose page or handle it is; may be NULL */
	u32 owner_id;				/* the same, where there is only the tag */
	struct labyrinth_owner *offender;	/* who misused it; may be NULL */
	struct page *page;
	struct lab_taking taking;		/* how the page was taken */
	unsigned long caller;
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
	struct lab_taking taking;
	unsigned long stack[LAB_STACK_DEPTH];	/* of the taking */
	unsigned long pfn;
	int refcount, mapcount;
	char owner[LABYRINTH_NAME_LEN];
	char offender[LABYRINTH_NAME_LEN];
	u32 party_id;		/* of the owner in whose tally it is, or 0 */
	u16 cpu;
	u8 kind;
	bool by_offender;	/* that is who the party is */
	u8 outcome;
	u8 context;
};

void lab_report_refusal(struct labyrinth_owner *owner, enum lab_refusal reason,
			unsigned long caller);
void lab_report_violation(const struct lab_incident *incident);
void lab_report_could_sleep(struct labyrinth_owner *owner, unsigned long caller);

long lab_report_refused_since(struct labyrinth_owner *owner, enum lab_refusal reason);
long lab_report_violated_since(struct labyrinth_owner *owner, enum lab_violation kind);

int lab_report_refusals_show(struct seq_file *m, void *v);
int lab_report_violations_show(struct seq_file *m, void *v);
void lab_report_violations_of(struct seq_file *m, unsigned long pfn);
bool lab_report_any(void);
void lab_report_forget(const struct lab_leaving *leaving);

/* Violations that are remembered one by one, and refusals. */
#define LAB_RING_SIZE	1024

#endif /* _LABYRINTH_REPORT_H */
