/* SPDX-License-Identifier: GPL-2.0 */
/* What was counted while the kernel's page allocator was watched. See watch_tables.c. */
#ifndef _LABYRINTH_DIAG_WATCH_TABLES_H
#define _LABYRINTH_DIAG_WATCH_TABLES_H

#include <linux/types.h>

#include "pfn_map.h"
#include "taker.h"

struct lab_leaving;
struct seq_buf;
struct seq_file;

/* Allocated when it is first needed, and freed at unload. */
struct lab_watch {
	struct lab_takers dippers;
	struct lab_takers module;
	struct lab_pfn_map taken;	/* by a row of dippers, or of module plus LAB_IN_MODULE */
};

#define LAB_IN_MODULE	(LAB_TAKERS + 1)

extern struct lab_watch *lab_watch_data;

/* NULL if nothing was ever counted. */
static inline struct lab_watch *lab_watch_tables(void)
{
	/* Pairs with lab_watch_alloc_data(). */
	return smp_load_acquire(&lab_watch_data);
}

int lab_watch_alloc_data(void);
void lab_watch_free_data(void);
void lab_watch_clear(struct lab_takers *takers);
void lab_watch_forget(const struct lab_leaving *leaving);
void lab_watch_say(struct seq_buf *text);
void lab_watch_show_dippers(struct seq_file *m);
void lab_watch_show_takers(struct seq_file *m);

#endif /* _LABYRINTH_DIAG_WATCH_TABLES_H */
