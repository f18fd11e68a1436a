/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that were still owned when their owner was destroyed. See orphan.c. */
#ifndef _LABYRINTH_DIAG_ORPHAN_H
#define _LABYRINTH_DIAG_ORPHAN_H

#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/types.h>

/* A name shared by many orphans. Guarded by lab_owners_lock. */
struct lab_orphan_name {
	struct list_head list;	/* of callers' names */
	unsigned long users;
	unsigned long caller;	/* address with this name, while its module is unloaded */
	char text[];
};

/* There may be one for each page of an owner, so a record is small. */
struct lab_orphan {
	struct list_head list;
	unsigned long pfn;
	u64 born;				/* jiffies when it was taken */
	struct lab_orphan_name *owner;
	struct lab_orphan_name *caller_name;	/* replaces @caller once its module is unloaded */
	unsigned long caller;
	u32 cpu;
	u8 context;
	bool from_reserve;
};

static_assert(sizeof(struct lab_orphan) <= 64);

/* Memory for the orphans of one owner. */
struct lab_orphan_batch {
	struct list_head unused;
	struct lab_orphan_name *owner;
};

struct labyrinth_owner;
struct lab_table;
struct lab_tag;
struct lab_leaving;

extern struct list_head lab_orphans;	/* guarded by lab_owners_lock */

void lab_orphan_prepare(struct lab_orphan_batch *batch, const struct labyrinth_owner *owner);
void lab_orphan_add(struct lab_orphan_batch *batch, struct labyrinth_owner *owner,
		    const struct lab_table *table, const struct lab_tag *tag, u64 meta);
void lab_orphan_finish(struct lab_orphan_batch *batch);
void lab_orphan_reap(void);
void lab_orphan_offline(unsigned long start_pfn, unsigned long end_pfn);
void lab_orphan_forget(const struct lab_leaving *leaving);
void lab_orphan_exit(void);

#endif /* _LABYRINTH_DIAG_ORPHAN_H */
