// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>

#include "../message.h"
#include "../read/table.h"
#include "../show/html.h"
#include "chart.h"

#define WIDTH		560
#define LEFT		62
#define RIGHT		16
#define TOP		24
#define BOTTOM		24
#define PAD		10	/* between the frame and the first sample */
#define BARS_MOST	120
#define DOTS_MOST	30
#define POINTS_MOST	1000

struct line *chart_line(struct chart *chart, enum shape shape, const char *class)
{
	struct line *line = &chart->line[chart->nr_lines++];
	size_t i;

	*line = (struct line){ .shape = shape, .class = class };
	line->y = allocate(NULL, chart->time->nr, sizeof(*line->y));
	for (i = 0; i < chart->time->nr; i++)
		line->y[i] = NAN;
	return line;
}

void line_fill(struct line *line, const struct series *series, int value)
{
	size_t i;

	for (i = 0; i < series->nr; i++)
		if (series->point[i].value[value] != UNKNOWN)
			line->y[series->point[i].sample] = series->point[i].value[value];
}

void line_fill_growth(struct line *line, const struct series *series, int value)
{
	size_t i;

	for (i = 0; i < series->nr; i++)
		line->y[series->point[i].sample] = point_growth(series, i, value);
}

void chart_free(struct chart *chart)
{
	while (chart->nr_lines)
		free(chart->line[--chart->nr_lines].y);
}

/* ---- axes */

struct axes {
	double top;
	double step;		/* of y */
	int height;
};

/* @at is a position on the time axis, 0 to 1. */
static double x_of(double at)
{
	return LEFT + PAD + at * (WIDTH - LEFT - RIGHT - 2 * PAD);
}

static double y_of(const struct axes *axes, double value)
{
	double height = axes->height - TOP - BOTTOM;

	value = value < 0 ? 0 : value > axes->top ? axes->top : value;
	return TOP + height - value / axes->top * height;
}

/* 1, 2 or 5 times a power of ten, for about @wanted steps. */
static double nice_step(double most, int wanted)
{
	double rough = most / wanted, power = 1;

	while (power * 10 <= rough)
		power *= 10;
	return power * (rough <= power ? 1 : rough <= 2 * power ? 2 : rough <= 5 * power ? 5 : 10);
}

static void put_value(FILE *out, double value)
{
	static const char units[] = "kMGTPE";
	int unit = -1;

	if (value < 1e5) {
		html_number(out, value);
		return;
	}
	for (; value >= 1000 && units[unit + 1]; unit++)
		value /= 1000;
	fprintf(out, "%.4g%c", value, units[unit]);
}

static void put_axes(FILE *out, const struct chart *chart, const struct axes *axes)
{
	int base = axes->height - BOTTOM;
	double value;

	for (value = 0; value <= axes->top * 1.0001; value += axes->step) {
		double y = y_of(axes, value);

		fprintf(out, "<path class=\"%s\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
			value ? "grid" : "axis", LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4);
		put_value(out, value);
		fputs("</text>\n", out);
	}
	fprintf(out, "<text x=\"%d\" y=\"13\" text-anchor=\"start\" class=\"unit\">%s</text>\n",
		LEFT - 56, chart->unit);
	time_axis_put(out, chart->time, x_of(0), x_of(1) - x_of(0), TOP, base);
}

/* ---- values */

/* End of the group of samples drawn as one: at most @step, with no gap between them. */
static size_t together(const struct chart *chart, size_t i, size_t step)
{
	size_t end = i + 1;

	while (end < chart->time->nr && end < i + step && !time_axis_gap(chart->time, end))
		end++;
	return end;
}

/* Number of samples per bar or mark. */
static size_t bar_samples(const struct chart *chart)
{
	return (chart->time->nr + BARS_MOST - 1) / BARS_MOST;
}

static double sum_of(const struct line *line, size_t i, size_t end)
{
	double sum = 0;

	for (; i < end; i++)
		sum += isnan(line->y[i]) ? 0 : line->y[i];
	return sum;
}

static double greatest(const struct chart *chart)
{
	double most = 0;
	size_t i, end;
	int l;

	for (l = 0; l < chart->nr_lines; l++) {
		const struct line *line = &chart->line[l];

		if (line->shape == MARKS)
			continue;
		for (i = 0; i < chart->time->nr; i = end) {
			end = line->shape == BARS ? together(chart, i, bar_samples(chart)) : i + 1;
			most = fmax(most, sum_of(line, i, end));
		}
	}
	return most;
}

static void put_bar(FILE *out, const struct line *line, double x, double y, double width,
		    double height)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
		line->class, x - width / 2, y, width, fmax(1, height));
}

/* A triangle at the top with a line down to the axis. */
static void put_mark(FILE *out, const struct line *line, double x, int bottom)
{
	fprintf(out, "<path class=\"%s\" d=\"M%.1f %dh10l-5 8zM%.1f %dV%d\">", line->class, x - 5,
		TOP - 9, x, TOP, bottom);
}

/* Bars or marks where the count is not 0. */
static void put_counts(FILE *out, const struct chart *chart, const struct axes *axes,
		       const struct line *line)
{
	size_t step = bar_samples(chart), i, end;
	double width = 0.7 * (x_of(1) - x_of(0)) * step / chart->time->nr;

	width = width > 2 * PAD - 4 ? 2 * PAD - 4 : width < 2 ? 2 : width;
	for (i = 0; i < chart->time->nr; i = end) {
		double value, x, y;

		end = together(chart, i, step);
		value = sum_of(line, i, end);
		if (value <= 0)
			continue;
		x = x_of((chart->time->at[i] + chart->time->at[end - 1]) / 2);
		y = y_of(axes, value);
		if (line->shape == BARS)
			put_bar(out, line, x, y, width, y_of(axes, 0) - y);
		else
			put_mark(out, line, x, axes->height - BOTTOM);
		fprintf(out, "<title>%s: %.0f</title></%s>\n", line->what, value,
			line->shape == BARS ? "rect" : "path");
	}
}

/* A path being drawn: pieces of a line that is cut at the upper edge. */
struct pen {
	FILE *out;
	const struct axes *axes;
	double x, value;	/* of the last point; @x is negative if there is none */
	size_t drawn;		/* points of this piece */
	double dash;		/* width of a point without neighbours */
};

static void pen_put(struct pen *pen, double x, double value)
{
	fprintf(pen->out, "%c%.1f %.1f", pen->drawn++ ? 'L' : 'M', x, y_of(pen->axes, value));
}

static void pen_lift(struct pen *pen)
{
	if (pen->drawn == 1)
		fprintf(pen->out, "m%g 0h%g", -pen->dash / 2, pen->dash);
	pen->drawn = 0;
	pen->x = -1;
}

/* A line that leaves the chart must not look like one that runs along its edge. */
static void pen_move(struct pen *pen, double x, double value)
{
	double top = pen->axes->top;
	bool above = value > top, was_above = pen->value > top;

	if (pen->x >= 0 && above != was_above)
		pen_put(pen, pen->x + (x - pen->x) * (top - pen->value) / (value - pen->value), top);
	if (!above)
		pen_put(pen, x, value);
	else
		pen_lift(pen);
	pen->x = x;
	pen->value = value;
}

/* Draw the minimum and the maximum of each @step samples, in their order. */
static void put_path(FILE *out, const struct chart *chart, const struct axes *axes,
		     const struct line *line)
{
	size_t nr = chart->time->nr, step = nr > POINTS_MOST ? 2 * nr / POINTS_MOST : 1;
	struct pen pen = { .out = out, .axes = axes, .x = -1, .dash = nr == 1 ? 80 : 4 };
	size_t i, j, end;

	/* A path must start with a point. */
	fprintf(out, "<path class=\"line %s\" d=\"M%d %d", line->class, LEFT,
		axes->height - BOTTOM);
	for (i = 0; i < nr; i = end) {
		size_t least = i, most = i, at[2];

		end = together(chart, i, step);
		for (j = i; j < end; j++) {
			if (isnan(line->y[least]) || line->y[j] < line->y[least])
				least = j;
			if (isnan(line->y[most]) || line->y[j] > line->y[most])
				most = j;
		}
		if (isnan(line->y[least]) || time_axis_gap(chart->time, i))
			pen_lift(&pen);
		if (isnan(line->y[least]))
			continue;
		at[0] = least < most ? least : most;
		at[1] = least < most ? most : least;
		for (j = 0; j < (at[0] == at[1] ? 1 : 2); j++)
			pen_move(&pen, x_of(chart->time->at[at[j]]), line->y[at[j]]);
	}
	pen_lift(&pen);
	fputs("\"/>\n", out);
	for (i = 0; nr > 1 && nr <= DOTS_MOST && i < nr; i++)
		if (line->y[i] <= axes->top)
			fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"><title>%.0f</title></circle>\n",
				line->class, x_of(chart->time->at[i]), y_of(axes, line->y[i]),
				line->y[i]);
}

/* ---- the chart */

static const char * const patterns[] = {	/* for the legend */
	[LINE] = "M0 5H26", [BARS] = "M8 0h10v10h-10z", [MARKS] = "M8 0h10l-5 8z",
};

static void put_legend(FILE *out, const struct chart *chart)
{
	int l;

	fputs("<ul class=\"legend\">", out);
	for (l = 0; l < chart->nr_lines; l++) {
		const struct line *line = &chart->line[l];

		fprintf(out, "<li><svg width=\"26\" height=\"10\" aria-hidden=\"true\"><path class=\"%s%s\" d=\"%s\"/></svg> ",
			line->shape == LINE ? "line " : "", line->class, patterns[line->shape]);
		html_put(out, line->name);
		if (line->shape == BARS && bar_samples(chart) > 1)
			fprintf(out, ", a bar for %zu samples", bar_samples(chart));
		fputs("</li>", out);
	}
	fputs("</ul>\n", out);
}

void chart_put(FILE *out, const struct chart *chart)
{
	double most = chart->most > 0 ? chart->most : greatest(chart);
	struct axes axes = { .height = chart->height };
	int l;

	axes.step = nice_step(most < 4 ? 4 : most, chart->height > 150 ? 5 : 3);
	axes.top = axes.step * ceil((most < 1 ? 1 : most) / axes.step);
	put_legend(out, chart);
	fprintf(out, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH,
		chart->height);
	html_put(out, chart->label);
	fputs("\">\n", out);
	put_axes(out, chart, &axes);
	for (l = chart->nr_lines - 1; l >= 0; l--)
		if (chart->line[l].shape == LINE)
			put_path(out, chart, &axes, &chart->line[l]);
		else
			put_counts(out, chart, &axes, &chart->line[l]);
	fputs("</svg>\n", out);
}
