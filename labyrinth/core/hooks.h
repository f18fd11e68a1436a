/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events that the core announces. diag/ implements them, and the core calls nothing else
 * in diag/.
 */
#ifndef _LABYRINTH_CORE_HOOKS_H
#define _LABYRINTH_CORE_HOOKS_H

#include <linux/types.h>

#include "tag.h"

struct lab_table;
struct labyrinth_owner;
struct zone;

enum lab_refusal {
	LAB_REFUSE_BUDGET,	/* it owns as many pages as it may */
	LAB_REFUSE_FLOOR,	/* its share of the reserve is used */
	LAB_REFUSE_BUDDY,	/* the kernel refused */
	LAB_REFUSE_CONTEXT,	/* no allocator call allowed here, and nothing ready */
	LAB_REFUSE_SCOPE,	/* the caller may not use this handle */
	LAB_REFUSE_DYING,	/* the owner is destroyed, or there is none */
	LAB_NR_REFUSALS,
};

enum lab_violation {
	LAB_BAD_ARGUMENT,	/* NULL, an ERR_PTR, or parameters out of range */
	LAB_DOUBLE_FREE,
	LAB_FOREIGN_FREE,
	LAB_PLAIN_PAGE,		/* not a page of labyrinth, or not any more */
	LAB_SHARED_PAGE,	/* given back while it has other references or mappings */
	LAB_FREED_BEHIND,	/* freed without labyrinth */
	LAB_USE_AFTER_FREE,
	LAB_WRONG_SCOPE,
	LAB_DEAD_OWNER,		/* a handle used after its destruction */
	LAB_RECEIVER_FULL,
	LAB_ORPHAN,		/* out when its owner was destroyed */
	LAB_MODULE_GONE,	/* its module left without destroying it */
	LAB_MISCOUNTED,		/* its counters differ from its tags */
	LAB_NR_VIOLATIONS,
};

/* What became of the page, if its kind does not imply it. */
enum lab_outcome {
	LAB_STAYS,		/* with its owner, or ready, as before */
	LAB_OUT_OF_USE,		/* in quarantine */
	LAB_LEFT,		/* to the kernel */
};

/* The misuse, as far as it is known; zero fields are unknown. */
struct lab_violation_info {
	enum lab_violation kind;
	enum lab_outcome outcome;
	struct labyrinth_owner *owner;		/* that the page or the handle belongs to */
	u32 owner_id;				/* the same, if only the tag is known */
	struct labyrinth_owner *offender;	/* that misused it */
	struct page *page;
	struct lab_alloc_track track;		/* how the page was taken */
	unsigned long caller;
	const unsigned long *act;		/* stack of @caller's free, if seen as it happens */
};

/* Context: any. @owner may be NULL. */
void lab_event_refusal(struct labyrinth_owner *owner, enum lab_refusal reason,
		       unsigned long caller);
void lab_event_violation(const struct lab_violation_info *info);

/* An atomic request to the kernel by a caller that could sleep. Context: task, may sleep. */
void lab_event_could_sleep(struct labyrinth_owner *owner, unsigned long caller);

/* A page was taken from below the min mark of @zone. Context: any. */
void lab_event_below_min(struct labyrinth_owner *owner, struct zone *zone);

/* The life of an owner. Context: process, without lab_owners_lock unless stated. */

/* The handle is allocated, nothing else. Returns 0 or -ENOMEM. */
int lab_event_owner_new(struct labyrinth_owner *owner);
void lab_event_owner_created(struct labyrinth_owner *owner);
/* About to be destroyed; several callers may compete. */
void lab_event_owner_closing(struct labyrinth_owner *owner);
/* Dead, and no call is in flight any more. */
void lab_event_owner_dead(struct labyrinth_owner *owner);
/* A page is still out; its tag is about to be dropped. With lab_owners_lock held. */
void lab_event_orphan(struct labyrinth_owner *owner, const struct lab_table *table,
		      const struct lab_tag *tag, u64 meta);
/* No page and no tag is left. With lab_owners_lock held. */
void lab_event_owner_parted(struct labyrinth_owner *owner);
/* The number is about to be released. */
void lab_event_owner_ended(struct labyrinth_owner *owner);
/* Is the handle of a dead owner still needed? */
bool lab_event_owner_busy(struct labyrinth_owner *owner);
/* The handle is about to be freed. */
void lab_event_owner_free(struct labyrinth_owner *owner);

/* The struct pages of this memory are about to be removed. With lab_owners_lock held. */
void lab_event_offline(unsigned long start_pfn, unsigned long end_pfn);

#endif /* _LABYRINTH_CORE_HOOKS_H */
