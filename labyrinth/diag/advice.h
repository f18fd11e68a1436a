/* SPDX-License-Identifier: GPL-2.0 */
/* The changes that would have prevented a refusal. See advice.c. */
#ifndef _LABYRINTH_DIAG_ADVICE_H
#define _LABYRINTH_DIAG_ADVICE_H

#include <linux/types.h>

struct lab_lowmem;
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
	LAB_CHANGE_TOO_SMALL,
	LAB_CHANGE_SCOPE,
	LAB_CHANGE_DESTROY,
	LAB_CHANGE_GFP_KERNEL,
	LAB_NR_CHANGES,
};

enum lab_change_by {
	LAB_BY_NOBODY,
	LAB_BY_SETTINGS,	/* the operator, at once */
	LAB_BY_CREATION,	/* the operator, from the owner's next creation on */
	LAB_BY_DRIVER,
	LAB_BY_SYSCTL,
	LAB_NR_BY,
};

/* One change. If there are several, any of them suffices. */
struct lab_change {
	enum lab_change_kind kind;
	enum lab_change_by by;
	bool numbered;			/* has @from and @to, in the unit of what is changed */
	unsigned long from, to;
	unsigned long cost;		/* pages that others lose: always, or of a budget at most */
	unsigned long reserve;		/* pages of the reserve that others lose */
	const char *zone;		/* the zone that needs least, or NULL */
	int node;
};

#define LAB_CHANGES	3

/* The cheapest change for the whole machine comes first. */
struct lab_advice {
	unsigned int nr;
	struct lab_change changes[LAB_CHANGES];
};

/* A number that would have been enough. */
struct lab_enough {
	unsigned long nr;	/* 0: there is none */
	const char *zone;	/* that it follows from */
	int node;
};

/* The numbers that would have been enough; those of several refusals are merged. */
struct lab_need {
	unsigned long stock, budget;
	struct lab_enough pct;	/* reserve_pct; above 100, none is enough */
	struct lab_enough min;	/* sum of the zones' min marks, in pages */
};

/* The most that one kind of change may take, in percent of the memory below ZONE_MOVABLE. */
#define LAB_BEARABLE_PCT	5

unsigned long lab_bearable(const struct lab_lowmem *lowmem);
unsigned long lab_min_cost(const struct lab_lowmem *lowmem, unsigned long min);
unsigned long lab_pages_short(const struct lab_shortage *shortage, long times);
void lab_need_read(struct lab_need *need, const struct lab_shortage *shortage, long times);
void lab_need_merge(struct lab_need *need, const struct lab_need *other);
void lab_advise_need(struct lab_advice *advice, const struct lab_shortage *shortage,
		     const struct lab_need *need);

void lab_advice_enter(struct lab_shortage *shortage, long times);
void lab_advise(struct lab_advice *advice, const struct lab_shortage *shortage);
void lab_advise_could_sleep(struct lab_advice *advice);

/* advice_text.c */
void lab_advice_say(struct seq_buf *text, const struct lab_advice *advice,
		    const struct lab_shortage *shortage);
void lab_advice_show(struct seq_file *m, u64 report, const struct lab_advice *advice);

#endif /* _LABYRINTH_DIAG_ADVICE_H */
