/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where samples are along a chart. Where none were taken for long (the machine was suspended,
 * or had no time) is a gap: lines end there, and of its time only a little is shown.
 */
#ifndef TIME_AXIS_H
#define TIME_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct time_axis {
	const int64_t *ms;	/* of each sample */
	size_t nr;
	double *at;		/* of each sample, from 0 to 1 */
	double per_ms;
	int64_t gap;		/* ms: what is longer is one */
	size_t nr_gaps;
	int64_t gaps_ms;	/* of all of them */
};

/* Of one sample at least, in their order. */
void time_axis_make(struct time_axis *time, const int64_t *ms, size_t nr);
void time_axis_free(struct time_axis *time);
/* Is one before this sample? */
bool time_axis_gap(const struct time_axis *time, size_t sample);
/* Ticks below, and a band for each gap. */
void time_axis_put(FILE *out, const struct time_axis *time, double left, double width, int top,
		   int bottom);

#endif
