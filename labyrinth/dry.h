/* SPDX-License-Identifier: GPL-2.0 */
/* The machine at the moment of a refusal, and what would have helped. See dry.c. */
#ifndef _LABYRINTH_DRY_H
#define _LABYRINTH_DRY_H

#include <linux/mmzone.h>

#include "floor.h"
#include "owner.h"
#include "report.h"

struct seq_buf;

/* Zones of a zonelist that are told of: all of two nodes'. */
#define LAB_DRY_ZONES	6

struct lab_dry_zone {
	const char *name;
	int node;
	struct lab_level level;
	unsigned long highatomic;
	unsigned long cached;		/* in the kernel's per-CPU lists */
};

struct lab_dry {
	u64 seq;
	struct lab_refusal_record refusal;
	long owned, ready;
	unsigned int budget, stock;
	int from_reserve, reserve_pct, quarantined;
	unsigned int nr_zones, more_zones;
	struct lab_dry_zone zones[LAB_DRY_ZONES];
};

void lab_dry_look(struct lab_dry *dry, const struct labyrinth_owner *owner);
void lab_dry_say(struct seq_buf *text, const struct lab_dry *dry);
void lab_dry_advise(struct seq_buf *text, const struct lab_dry *dry, long times);

#endif /* _LABYRINTH_DRY_H */
