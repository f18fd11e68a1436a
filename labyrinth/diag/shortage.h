/* SPDX-License-Identifier: GPL-2.0 */
/* The state of memory at a refusal. See shortage.c. */
#ifndef _LABYRINTH_DIAG_SHORTAGE_H
#define _LABYRINTH_DIAG_SHORTAGE_H

#include <linux/mmzone.h>

#include "../core/owner.h"
#include "../core/watermark.h"
#include "record.h"

struct seq_buf;
struct seq_file;

/* Zones of a zonelist that are reported: as many as two nodes have. */
#define LAB_SHORTAGE_ZONES	6

struct lab_shortage_zone {
	const char *name;
	int node;
	struct lab_level level;
	unsigned long highatomic;
	unsigned long cached;		/* in the kernel's per-CPU lists */
};

/* Memory below ZONE_MOVABLE and what is kept of it, in pages. */
struct lab_lowmem {
	unsigned long managed;
	unsigned long min;	/* sum of the min marks */
	unsigned long gap;	/* sum of the differences between low and min */
	unsigned long stocks;	/* of the other owners */
};

struct lab_shortage {
	u64 seq;
	struct lab_refusal_record refusal;
	bool fixed;			/* only the driver may change the owner's limits */
	unsigned long pages;		/* it was short of; set by lab_advice_enter(), as is: */
	struct lab_lowmem lowmem;
	long owned, ready;
	unsigned int budget, stock;
	int from_reserve, reserve_pct, quarantined;
	unsigned int nr_zones, more_zones;
	struct lab_shortage_zone zones[LAB_SHORTAGE_ZONES];
};

void lab_shortage_look(struct lab_shortage *shortage, const struct labyrinth_owner *owner);
void lab_shortage_say(struct seq_buf *text, const struct lab_shortage *shortage);
void lab_shortage_show_owner(struct seq_file *m, const struct lab_shortage *shortage);
void lab_shortage_show_zones(struct seq_file *m, u64 report, const struct lab_shortage *shortage);

#endif /* _LABYRINTH_DIAG_SHORTAGE_H */
