/* SPDX-License-Identifier: GPL-2.0 */
/* Loads of a stock. See loads.c. */
#ifndef _LAB_TEST_ADAPT_LOADS_H
#define _LAB_TEST_ADAPT_LOADS_H

#include <stdbool.h>

#define SECOND		1000UL
#define MINUTE		(60 * SECOND)
#define HOUR		(60 * MINUTE)

struct burst {
	unsigned long ms;
	unsigned int pages;
};

struct load {
	const char *name, *words;
	bool gives_up;		/* the driver stops at its first refusal */
	bool rate;		/* its level is pages in the time of a refill, not a burst */
	unsigned long shortage;	/* the shrinker runs then, if not 0 */
	unsigned long end;
	struct burst *bursts;
	unsigned int nr, room;
};

#define NR_LOADS	7

void add_burst(struct load *load, unsigned long ms, unsigned int pages);
void make_load(unsigned int nr, struct load *load);

/* All loads end with two hours without demand, but for the nights, which have their own. */
#define QUIET	(2 * HOUR)

#endif /* _LAB_TEST_ADAPT_LOADS_H */
