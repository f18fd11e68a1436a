/* SPDX-License-Identifier: GPL-2.0 */
/* The data that diag/ keeps of an owner, as long as its handle. See hooks.c. */
#ifndef _LABYRINTH_DIAG_OWNER_DIAG_H
#define _LABYRINTH_DIAG_OWNER_DIAG_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../core/owner.h"
#include "record.h"
#include "history.h"
#include "orphan.h"

/* The counters of an owner that must agree with its tags. */
enum lab_counter {
	LAB_COUNTER_OWNED,
	LAB_COUNTER_READY,
	LAB_COUNTER_QUARANTINED,
	LAB_COUNTER_FROM_RESERVE,
	LAB_NR_COUNTERS,
};

/* The audit's data of an owner. */
struct lab_audit_counters {
	u64 print;			/* fingerprint of all counters, before the walk */
	u64 since;			/* jiffies when @print was found first */
	long tags[LAB_NR_COUNTERS];	/* found by the walk */
	long reported[LAB_NR_COUNTERS];	/* counters minus tags, as last reported */
};

struct lab_owner_diag {
	struct lab_event_counter refused[LAB_NR_REFUSALS];
	struct lab_event_counter violated[LAB_NR_VIOLATIONS];
	atomic_long_t could_sleep;	/* atomic requests by callers that could sleep */
	unsigned long could_sleep_caller;	/* of the last one */
	struct lab_history history;

	/* The owner's folder: see debugfs_owner.c. */
	struct labyrinth_owner *owner;
	struct dentry *dir;
	struct kobject *folder;		/* in sysfs: see sysfs.c */
	struct work_struct folder_work;
	bool folder_unwanted;

	struct lab_audit_counters audit;	/* guarded by lab_owners_lock */
	struct lab_orphan_batch orphans;	/* while destroy drops its pages */
};

#endif /* _LABYRINTH_DIAG_OWNER_DIAG_H */
