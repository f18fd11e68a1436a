/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording has a JSON object a line: the first says what it is and where it was made, then
 * there are samples, and among them what can be said in words, at least once at the end.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDING_FORMAT	1
#define RECORDING_MOST		(64UL << 20)	/* bytes of a file */
#define SAMPLE_MOST		(4UL << 20)	/* bytes of a line */
#define WORDS_MOST		(128UL << 10)	/* bytes of what is said in words */
#define SERIES_MOST	16384UL		/* owners, or zones, that differ in their names */
#define TALLIES_MOST	65536UL

enum owner_value {
	OWNED, STOCKED, FROM_RESERVE, REFUSED, BUDGET, STOCK, QUARANTINED, VIOLATIONS,
	RESERVE_PCT, ALLOCS, ID, NR_OWNER_VALUES
};

enum zone_value {
	FREE, MIN, LOW, HIGH, LOWMEM_RESERVE, CMA, ATOMIC_FLOOR, DEPTH_PCT, OUT, NR_ZONE_VALUES
};

#define VALUES_MOST	NR_OWNER_VALUES

struct point {
	size_t sample;
	int64_t value[VALUES_MOST];	/* UNKNOWN where it has none */
};

/* An owner, or a zone, in the samples that have it. */
struct series {
	const char *name, *beside;	/* an owner's module, a zone's node */
	size_t nr, room;
	struct point *point;
};

struct all_series {
	json_t *at;	/* by name, where in @one */
	size_t nr, room;
	struct series *one;
};

/* How often the same was refused or violated. */
struct tally {
	const char *owner, *what, *by, *caller;
	int64_t before;	/* in the first sample: of an earlier time */
	int64_t count;	/* in the others */
	int64_t ms;	/* of the last one of these */
};

struct all_tallies {
	json_t *at;
	size_t nr, room;
	struct tally *one;
};

struct recording {
	json_t *head;
	json_t *words;		/* the last ones, NULL: none */
	bool ended;
	size_t nr, room;
	int64_t *ms;		/* of each sample, since the first */
	struct all_series owners, zones;
	struct all_tallies refusals, violations;
	json_t *kept;		/* lives as long as names do */
};

/* Ends the program with FILE:LINE where it is none. */
void recording_read(struct recording *recording, const char *file);
void recording_free(struct recording *recording);

/* Text of @name, "-" where there is none. */
const char *recording_text(const json_t *object, const char *name);

/* What a counter grew by from the point before: all of it where it began meanwhile. */
int64_t point_growth(const struct series *series, size_t point, int value);
int64_t series_growth(const struct series *series, int value);
int64_t series_most(const struct series *series, int value);
int64_t series_last(const struct series *series, int value);

#endif
