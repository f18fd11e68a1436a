/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that were out when their owner was destroyed. See orphan.c. */
#ifndef _LABYRINTH_ORPHAN_H
#define _LABYRINTH_ORPHAN_H

#include <linux/labyrinth.h>
#include <linux/kallsyms.h>
#include <linux/list.h>

/* All that is known of one; its caller by name, for its module may leave. */
struct lab_orphan {
	struct list_head list;
	unsigned long pfn;
	u64 born;		/* jiffies when it was taken */
	char owner[LABYRINTH_NAME_LEN];
	char caller[KSYM_SYMBOL_LEN];
	enum labyrinth_context context;
	unsigned int cpu;
	bool from_reserve;
};

struct labyrinth_owner;
struct lab_bank;
struct lab_tag;

extern struct list_head lab_orphans;	/* guarded by lab_owners_lock */

void lab_orphan_add(struct labyrinth_owner *owner, const struct lab_bank *bank,
		    const struct lab_tag *tag, u64 word);
void lab_orphan_reap(void);
void lab_orphan_exit(void);

#endif /* _LABYRINTH_ORPHAN_H */
