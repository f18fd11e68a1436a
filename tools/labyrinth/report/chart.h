/* SPDX-License-Identifier: GPL-2.0 */
/* A chart over time as SVG in HTML: legend, axes with units, and lines, bars or marks. */
#ifndef CHART_H
#define CHART_H

#include <stdio.h>

#include "../read/recording.h"
#include "time_axis.h"

#define LINES_MOST	7

enum shape {
	LINE,
	BARS,		/* sums, of several samples if there are many */
	MARKS,		/* where the sum is not 0 */
};

struct line {
	enum shape shape;
	char name[320];		/* for the legend */
	const char *what;	/* the unit of bars and marks */
	const char *class;	/* a class of report_style */
	double *y;		/* one per sample, NAN for none */
};

struct chart {
	const char *label;	/* for screen readers */
	const char *unit;	/* of y */
	const struct time_axis *time;
	double most;		/* cut lines off at this value; 0: nowhere */
	int height;
	int nr_lines;
	struct line line[LINES_MOST];
};

/* Add a line without values; chart_free() frees it. */
struct line *chart_line(struct chart *chart, enum shape shape, const char *class);
/* Fill in a value of each point, or its growth since the previous point. */
void line_fill(struct line *line, const struct series *series, int value);
void line_fill_growth(struct line *line, const struct series *series, int value);
void chart_put(FILE *out, const struct chart *chart);
void chart_free(struct chart *chart);

#endif
