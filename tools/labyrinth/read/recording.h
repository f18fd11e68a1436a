/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A recording has one JSON object per line: first a header with the format and the machine,
 * then samples. Text records stand between the samples, and at least one at the end.
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
#define WORDS_MOST		(128UL << 10)	/* bytes of a command's text */
#define SERIES_MOST	16384UL		/* owners or zones with distinct names */
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
	int64_t value[VALUES_MOST];	/* UNKNOWN if missing */
};

/* An owner or a zone, over the samples that contain it. */
struct series {
	const char *name, *beside;	/* @beside: an owner's module, a zone's node */
	size_t nr, room;
	struct point *point;
};

struct all_series {
	json_t *at;	/* index into @one, by name */
	size_t nr, room;
	struct series *one;
};

/* Number of equal refusals or violations. */
struct tally {
	const char *owner, *what, *by, *caller;
	int64_t before;	/* in the first sample: older than the recording */
	int64_t count;	/* in the later samples */
	int64_t ms;	/* time of the last one of these */
};

struct all_tallies {
	json_t *at;
	size_t nr, room;
	struct tally *one;
};

struct recording {
	json_t *head;
	json_t *words;		/* the last text record, or NULL */
	bool ended;
	size_t nr, room;
	int64_t *ms;		/* of each sample, since the first */
	struct all_series owners, zones;
	struct all_tallies refusals, violations;
	json_t *kept;		/* storage of all names */
};

/* Ends the program, naming FILE:LINE, if the file is malformed. */
void recording_read(struct recording *recording, const char *file);
void recording_free(struct recording *recording);

/* The text of member @name, or "-". */
const char *recording_text(const json_t *object, const char *name);
/* UNKNOWN if it is no number. */
int64_t recording_number(const json_t *object, const char *name);

/* Growth of a counter since the previous point; all of it if the owner is new. */
int64_t point_growth(const struct series *series, size_t point, int value);
int64_t series_growth(const struct series *series, int value);
int64_t series_most(const struct series *series, int value);
int64_t series_last(const struct series *series, int value);

#endif
