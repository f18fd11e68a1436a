/* SPDX-License-Identifier: GPL-2.0 */
/* The changes that would have prevented a refusal. See advice.c. */
#ifndef _LABYRINTH_DIAG_ADVICE_H
#define _LABYRINTH_DIAG_ADVICE_H

#include <linux/types.h>

struct lab_shortage;
struct seq_buf;
struct seq_file;

enum lab_change_kind {
	LAB_CHANGE_STOCK,
	LAB_CHANGE_BUDGET,
	LAB_CHANGE_BUDGET_AND_STOCK,
	LAB_CHANGE_QUARANTINE,
	LAB_CHANGE_RESERVE_PCT,
	LAB_CHANGE_MIN_FREE,
	LAB_CHANGE_SCOPE,
	LAB_CHANGE_DESTROY,
	LAB_CHANGE_GFP_KERNEL,
	LAB_NR_CHANGES,
};

/* One change. If there are several, any of them suffices. */
struct lab_change {
	enum lab_change_kind kind;
	bool numbered;			/* has @from and @to, in the unit of what is changed */
	bool in_debugfs;		/* by the owner's file; else by the driver or sysctl */
	unsigned long from, to;
	int zone;			/* index of the shortage's zone that needs least, or -1 */
};

#define LAB_CHANGES	3

struct lab_advice {
	unsigned long pages;		/* that were lacking */
	unsigned int nr;
	struct lab_change changes[LAB_CHANGES];
};

void lab_advise(struct lab_advice *advice, const struct lab_shortage *shortage, long times);
void lab_advise_could_sleep(struct lab_advice *advice);
void lab_advice_say(struct seq_buf *text, const struct lab_advice *advice,
		    const struct lab_shortage *shortage);
void lab_advice_show(struct seq_file *m, u64 report, const struct lab_advice *advice,
		     const struct lab_shortage *shortage);

#endif /* _LABYRINTH_DIAG_ADVICE_H */
