/* SPDX-License-Identifier: GPL-2.0 */
/* A chart over time as SVG in HTML: its legend, axes with units, and lines, bars or marks. */
#ifndef CHART_H
#define CHART_H

#include <stdio.h>

#include "../read/recording.h"
#include "time_axis.h"

#define LINES_MOST	7

enum shape {
	LINE,
	BARS,		/* added up where they are many */
	MARKS,		/* where there is something to count, likewise */
};

struct line {
	enum shape shape;
	char name[320];		/* for the legend */
	const char *what;	/* bars and marks count */
	const char *class;	/* how it is drawn: see the page's style */
	double *y;		/* one a sample, NAN for none */
};

struct chart {
	const char *label;	/* for those who do not see it */
	const char *unit;	/* of y */
	const struct time_axis *time;
	double most;		/* what is above runs along the upper edge; 0: as far as it goes */
	int height;
	int nr_lines;
	struct line line[LINES_MOST];
};

/* A line without values, to be filled in and freed by chart_free(). */
struct line *chart_line(struct chart *chart, enum shape shape, const char *class);
/* With a value of each point that has it, or with what it grew by. */
void line_fill(struct line *line, const struct series *series, int value);
void line_fill_growth(struct line *line, const struct series *series, int value);
void chart_put(FILE *out, const struct chart *chart);
void chart_free(struct chart *chart);

#endif
