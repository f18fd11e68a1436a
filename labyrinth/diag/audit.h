/* SPDX-License-Identifier: GPL-2.0 */
/* A look at every tag and at its page. See audit.c. */
#ifndef _LABYRINTH_DIAG_AUDIT_H
#define _LABYRINTH_DIAG_AUDIT_H

#include <linux/types.h>

struct labyrinth_owner;
struct lab_leaving;

/* Seconds, of the parameter audit_interval. */
#define LAB_AUDIT_MOST		86400U

/* Findings to be confirmed, or reported and not over yet, at a time. */
#define LAB_AUDIT_SUSPECTS	128

/* An audit's figures. */
struct lab_audit {
	u64 nr;			/* which one, from 1 on; 0 before the first */
	u64 when;		/* jiffies when it ended */
	u64 us;			/* it took */
	unsigned long tags;	/* in any state */
	unsigned long owned, ready, quarantined;
	unsigned long orphans;	/* still out */
	unsigned int owners;
	unsigned int busy;	/* of these, whose counters were not judged */
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
