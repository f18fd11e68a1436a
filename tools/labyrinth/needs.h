/* SPDX-License-Identifier: GPL-2.0 */
/* Who was refused pages, how many, and how the machine was then. */
#ifndef NEEDS_H
#define NEEDS_H

#include "dry.h"

#define SLEEPERS_MOST	32

/* An owner's refusals for one reason. */
struct need {
	const char *owner, *reason;
	int64_t row;		/* so many without a pause, at most */
	size_t first;		/* of these, where in the table */
	int64_t run, before;	/* while they are counted */
	size_t begun;
	struct dry dry;
};

/* Who asked atomically without need, as a verdict tells it. */
struct sleeper {
	char owner[64], caller[256];
};

struct facts {
	struct table owners, zones, refusals;
	int64_t min_free;	/* kB now, UNKNOWN if it was not saved */
	int64_t page_kb;
	struct verdicts verdicts;
	size_t nr_needs;
	struct need *need;
	int nr_sleepers;
	struct sleeper sleeper[SLEEPERS_MOST];
};

/* Ends the program where a table is missing. */
void facts_read(const struct source *source, struct facts *facts);
void facts_free(struct facts *facts);

/* Its row in the table of owners, -1 where it has gone; and what it has there now. */
int64_t owner_row(const struct facts *facts, const char *owner);
int64_t owner_now(const struct facts *facts, const char *owner, const char *column);
/* The last caller that a verdict has of it; NULL: none. */
const char *told_caller(const struct facts *facts, const char *owner);

#endif
