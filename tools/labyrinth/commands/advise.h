/* SPDX-License-Identifier: GPL-2.0 */
/* The changes in the file "advice". */
#ifndef ADVISE_H
#define ADVISE_H

#include "../command.h"
#include "../read/keyvalue.h"

struct facts {
	struct keyvalues advice;
	struct table owners;
	int64_t min_free;	/* current value in kB; UNKNOWN if it was not saved */
	bool json, any;
};

/* A change to show. */
struct change {
	const char *owner, *reason, *caller, *what, *by;
	int64_t count, from, to, now;	/* UNKNOWN if there is none; likewise: */
	int64_t cost, reserve;		/* what others lose: kB, and pages of the reserve */
	char why[768];
};

#define CHANGES_MOST	8

/* The changes of the report that @call begins. @base has what they have in common. */
int changes_read(const struct facts *facts, const struct keyvalue *call,
		 const struct change *base, struct change change[CHANGES_MOST]);
/* The first that has been made since, or -1. */
int changes_done(const struct change *change, int nr);
bool change_is_done(const struct change *change);

/* Row in the table of owners; -1 if the owner was destroyed. */
int64_t owner_row(const struct facts *facts, const char *owner);
/* True if a report of the same owner and reason has a higher count, or is later with the same. */
bool call_is_outdone(const struct facts *facts, const struct keyvalue *call);

/* Print the lines that keep the changes over the next boot. */
void advise_keep(const struct source *source, const struct facts *facts);

#endif
