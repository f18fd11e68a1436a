/* SPDX-License-Identifier: GPL-2.0 */
/* A chart over time as SVG in HTML: its legend, axes with units, and lines or bars. */
#ifndef CHART_H
#define CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "recording.h"

#define LINES_MOST	7

struct line {
	char name[320];		/* for the legend */
	const char *class;	/* how it is drawn: see the page's style */
	double *y;		/* one a sample, NAN for none */
};

struct chart {
	const char *label;	/* for those who do not see it */
	const char *unit;	/* of y */
	const int64_t *ms;	/* of each sample */
	size_t nr;		/* samples */
	double most;		/* what is above runs along the upper edge; 0: as far as it goes */
	int height;
	bool bars;		/* a single line as bars, added up where they are many */
	int nr_lines;
	struct line line[LINES_MOST];
};

/* A line without values, to be filled in and freed by chart_free(). */
struct line *chart_line(struct chart *chart, const char *class);
/* With a value of each point that has it. */
void line_fill(struct line *line, const struct series *series, int value);
void chart_put(FILE *out, const struct chart *chart);
void chart_free(struct chart *chart);

#endif
