/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Positions of samples along a chart. A long interval without a sample, because the machine
 * was suspended or overloaded, is a gap: lines end there, and its width is limited.
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
	int64_t gap;		/* ms; a longer interval is a gap */
	size_t nr_gaps;
	int64_t gaps_ms;	/* sum of all gaps */
};

/* @ms are the times of the samples, ascending; @nr is at least 1. */
void time_axis_make(struct time_axis *time, const int64_t *ms, size_t nr);
void time_axis_free(struct time_axis *time);
/* True if there is a gap before @sample. */
bool time_axis_gap(const struct time_axis *time, size_t sample);
/* Draw ticks below, and a band for each gap. */
void time_axis_put(FILE *out, const struct time_axis *time, double left, double width, int top,
		   int bottom);

#endif
