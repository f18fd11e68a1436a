/* SPDX-License-Identifier: GPL-2.0 */
/* What diag/ remembers of an owner, as long as its handle is there. See hooks.c. */
#ifndef _LABYRINTH_DIAG_OWNER_DIAG_H
#define _LABYRINTH_DIAG_OWNER_DIAG_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../core/owner.h"
#include "record.h"
#include "history.h"
#include "orphan.h"

/* What the counters of an owner say that its tags must bear out. */
enum lab_counter {
	LAB_COUNTER_OWNED,
	LAB_COUNTER_READY,
	LAB_COUNTER_QUARANTINED,
	LAB_COUNTER_FROM_RESERVE,
	LAB_NR_COUNTERS,
};

/* What audit.c knows of an owner. */
struct lab_audit_counters {
	u64 print;			/* of all counters, before the walk */
	u64 since;			/* jiffies when that was found first */
	long tags[LAB_NR_COUNTERS];	/* found by the walk */
	long reported[LAB_NR_COUNTERS];	/* by how much the counters were off, as last reported */
};

struct lab_owner_diag {
	struct lab_event_counter refused[LAB_NR_REFUSALS];
	struct lab_event_counter violated[LAB_NR_VIOLATIONS];
	atomic_long_t could_sleep;	/* requests to the kernel where the caller might have */
	unsigned long could_sleep_caller;	/* of the last one */
	struct lab_history history;

	/* Its folder: see debugfs_owner.c. */
	struct labyrinth_owner *owner;
	struct dentry *dir;
	struct work_struct folder_work;
	bool folder_unwanted;

	struct lab_audit_counters audit;	/* guarded by lab_owners_lock */
	struct lab_orphan_batch orphans;	/* between its death and its last page's */
};

#endif /* _LABYRINTH_DIAG_OWNER_DIAG_H */
