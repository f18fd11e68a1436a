/* SPDX-License-Identifier: GPL-2.0 */
/* The check of every tag and its page. See audit.c. */
#ifndef _LABYRINTH_DIAG_AUDIT_H
#define _LABYRINTH_DIAG_AUDIT_H

#include <linux/types.h>

struct labyrinth_owner;
struct lab_leaving;

/* Upper bound of the parameter audit_interval, in seconds. */
#define LAB_AUDIT_MOST		86400U

/* Shared pages at a time: to be confirmed, or reported and still shared. */
#define LAB_AUDIT_SUSPECTS	128

/* An audit's figures. */
struct lab_audit {
	u64 nr;			/* its number, from 1 on; 0 before the first audit */
	u64 when;		/* jiffies when it ended */
	u64 us;			/* microseconds that it took */
	unsigned long tags;	/* in any state */
	unsigned long owned, ready, quarantined;
	unsigned long orphans;	/* not freed yet */
	unsigned int owners;
	unsigned int busy;	/* owners whose counters changed: not compared */
	unsigned int found;	/* violations reported */
};

void lab_audit_run(struct lab_audit *figures);
void lab_audit_every(unsigned int seconds);
void lab_audit_init(void);
void lab_audit_exit(void);
void lab_audit_forget(const struct lab_leaving *leaving);
void lab_audit_figures(struct lab_audit *figures);

void lab_counters_open(struct labyrinth_owner *owner);
void lab_counters_close(struct lab_audit *audit, struct labyrinth_owner *owner);

#endif /* _LABYRINTH_DIAG_AUDIT_H */
