// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>

#include "chart.h"
#include "html.h"
#include "message.h"
#include "table.h"

#define WIDTH		560
#define LEFT		62
#define RIGHT		16
#define TOP		24
#define BOTTOM		38
#define PAD		10	/* between the frame and the first sample */
#define BARS_MOST	120
#define DOTS_MOST	30
#define POINTS_MOST	1000

struct line *chart_line(struct chart *chart, const char *class)
{
	struct line *line = &chart->line[chart->nr_lines++];
	size_t i;

	*line = (struct line){ .class = class };
	line->y = allocate(NULL, chart->nr, sizeof(*line->y));
	for (i = 0; i < chart->nr; i++)
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

void chart_free(struct chart *chart)
{
	while (chart->nr_lines)
		free(chart->line[--chart->nr_lines].y);
}

/* ---- axes */

struct axes {
	double first, last;	/* ms */
	double top;
	double step;		/* of y */
	int height;
};

static double x_of(const struct axes *axes, double ms)
{
	double width = WIDTH - LEFT - RIGHT - 2 * PAD;

	if (axes->last <= axes->first)
		return LEFT + PAD + width / 2;
	return LEFT + PAD + (ms - axes->first) / (axes->last - axes->first) * width;
}

static double y_of(const struct axes *axes, double value)
{
	double height = axes->height - TOP - BOTTOM;

	value = value < 0 ? 0 : value > axes->top ? axes->top : value;
	return TOP + height - value / axes->top * height;
}

/* 1, 2 or 5 times a power of ten, so that there are some of them and not many. */
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

	if (value < 1e6) {
		html_number(out, value);
		return;
	}
	for (; value >= 1000 && units[unit + 1]; unit++)
		value /= 1000;
	fprintf(out, "%.4g%c", value, units[unit]);
}

static const struct {
	double ms;
	const char *unit;
	double per;
} time_steps[] = {
	{ 1, "ms", 1 }, { 2, "ms", 1 }, { 5, "ms", 1 }, { 10, "ms", 1 }, { 20, "ms", 1 },
	{ 50, "ms", 1 }, { 100, "ms", 1 }, { 200, "ms", 1 }, { 500, "ms", 1 },
	{ 1e3, "s", 1e3 }, { 2e3, "s", 1e3 }, { 5e3, "s", 1e3 }, { 10e3, "s", 1e3 },
	{ 20e3, "s", 1e3 }, { 30e3, "s", 1e3 }, { 60e3, "min", 60e3 }, { 120e3, "min", 60e3 },
	{ 300e3, "min", 60e3 }, { 600e3, "min", 60e3 }, { 1200e3, "min", 60e3 },
	{ 1800e3, "min", 60e3 }, { 3600e3, "h", 3600e3 }, { 7200e3, "h", 3600e3 },
	{ 14400e3, "h", 3600e3 }, { 21600e3, "h", 3600e3 }, { 43200e3, "h", 3600e3 },
	{ 86400e3, "d", 86400e3 }, { 172800e3, "d", 86400e3 }, { 432000e3, "d", 86400e3 },
};

#define NR_STEPS (sizeof(time_steps) / sizeof(*time_steps))

static void put_tick(FILE *out, double x, int height, double value, const char *unit)
{
	fprintf(out, "<path class=\"tick\" d=\"M%.1f %dv4\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.6g %s</text>\n",
		x, height - BOTTOM, x, height - BOTTOM + 16, value, unit);
}

static void put_times(FILE *out, const struct axes *axes)
{
	double span = axes->last - axes->first, ms, step;
	size_t i = 0;

	while (i + 1 < NR_STEPS && time_steps[i].ms * 7 < span)
		i++;
	step = time_steps[i].ms;
	/* Longer than any step is made for. */
	if (step * 7 < span)
		step *= ceil(span / (step * 7));
	if (span <= 0) {
		put_tick(out, x_of(axes, axes->first), axes->height, 0, "s");
		return;
	}
	for (ms = 0; ms <= span; ms += step)
		put_tick(out, x_of(axes, axes->first + ms), axes->height, ms / time_steps[i].per,
			 time_steps[i].unit);
}

static void put_axes(FILE *out, const struct axes *axes, const char *unit)
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
		LEFT - 56, unit);
	put_times(out, axes);
	fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\" class=\"unit\">time since the first sample</text>\n",
		WIDTH - RIGHT, base + 32);
}

/* ---- values */

/* How many samples make a bar. */
static size_t bar_samples(const struct chart *chart)
{
	return (chart->nr + BARS_MOST - 1) / BARS_MOST;
}

static double bar_value(const struct chart *chart, size_t i)
{
	size_t end = i + bar_samples(chart);
	double sum = 0;

	for (; i < chart->nr && i < end; i++)
		sum += isnan(chart->line[0].y[i]) ? 0 : chart->line[0].y[i];
	return sum;
}

static double greatest(const struct chart *chart)
{
	double most = 0;
	size_t i;
	int l;

	if (chart->bars) {
		for (i = 0; i < chart->nr; i += bar_samples(chart))
			most = fmax(most, bar_value(chart, i));
		return most;
	}
	for (l = 0; l < chart->nr_lines; l++)
		for (i = 0; i < chart->nr; i++)
			most = fmax(most, chart->line[l].y[i]);	/* NAN is not greater */
	return most;
}

static void put_bars(FILE *out, const struct chart *chart, const struct axes *axes)
{
	size_t step = bar_samples(chart), nr = (chart->nr + step - 1) / step, i;
	double width = 0.7 * (WIDTH - LEFT - RIGHT - 2 * PAD) / nr;

	width = width > 2 * PAD - 4 ? 2 * PAD - 4 : width < 2 ? 2 : width;
	for (i = 0; i < chart->nr; i += step) {
		size_t last = i + step < chart->nr ? i + step - 1 : chart->nr - 1;
		double value = bar_value(chart, i), x, y = y_of(axes, value);

		if (value <= 0)
			continue;
		x = x_of(axes, (chart->ms[i] + chart->ms[last]) / 2.0);
		fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%.0f %s</title></rect>\n",
			chart->line[0].class, x - width / 2, y, width,
			fmax(1, y_of(axes, 0) - y), value, chart->unit);
	}
}

static bool is_alone(const struct chart *chart, const double *y, size_t i)
{
	return (!i || isnan(y[i - 1])) && (i + 1 == chart->nr || isnan(y[i + 1]));
}

/* The least and the greatest of each @step samples, in their order. */
static void put_path(FILE *out, const struct chart *chart, const struct axes *axes,
		     const struct line *line)
{
	size_t step = chart->nr > POINTS_MOST ? 2 * chart->nr / POINTS_MOST : 1, i, j;
	bool open = false;

	/* A single sample is a dash, or a mark would be known by its colour only. */
	if (chart->nr == 1) {
		if (!isnan(line->y[0]))
			fprintf(out, "<path class=\"line %s\" d=\"M%.1f %.1fh80\"/>\n", line->class,
				x_of(axes, chart->ms[0]) - 40, y_of(axes, line->y[0]));
		return;
	}
	fprintf(out, "<path class=\"line %s\" d=\"M", line->class);
	/* A path wants a point. */
	fprintf(out, "%d %d", LEFT, axes->height - BOTTOM);
	for (i = 0; i < chart->nr; i += step) {
		size_t least = i, most = i, at[2];

		for (j = i; j < i + step && j < chart->nr; j++) {
			if (isnan(line->y[least]) || line->y[j] < line->y[least])
				least = j;
			if (isnan(line->y[most]) || line->y[j] > line->y[most])
				most = j;
		}
		if (isnan(line->y[least])) {
			open = false;
			continue;
		}
		at[0] = least < most ? least : most;
		at[1] = least < most ? most : least;
		for (j = 0; j < (at[0] == at[1] ? 1 : 2); j++) {
			fprintf(out, "%c%.1f %.1f", open ? 'L' : 'M',
				x_of(axes, chart->ms[at[j]]), y_of(axes, line->y[at[j]]));
			open = true;
		}
	}
	fputs("\"/>\n", out);
	if (step > 1)
		return;
	for (i = 0; i < chart->nr; i++)
		if (!isnan(line->y[i]) && (chart->nr <= DOTS_MOST || is_alone(chart, line->y, i)))
			fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"><title>%.0f</title></circle>\n",
				line->class, x_of(axes, chart->ms[i]), y_of(axes, line->y[i]),
				line->y[i]);
}

static void put_legend(FILE *out, const struct chart *chart)
{
	int l;

	fputs("<ul class=\"legend\">", out);
	for (l = 0; l < chart->nr_lines; l++) {
		fprintf(out, "<li><svg width=\"26\" height=\"10\" aria-hidden=\"true\">");
		if (chart->bars)
			fprintf(out, "<rect class=\"%s\" x=\"8\" y=\"0\" width=\"10\" height=\"10\"/>",
				chart->line[l].class);
		else
			fprintf(out, "<path class=\"line %s\" d=\"M0 5H26\"/>", chart->line[l].class);
		fputs("</svg> ", out);
		html_put(out, chart->line[l].name);
		if (chart->bars && bar_samples(chart) > 1)
			fprintf(out, ", a bar for %zu samples", bar_samples(chart));
		fputs("</li>", out);
	}
	fputs("</ul>\n", out);
}

void chart_put(FILE *out, const struct chart *chart)
{
	struct axes axes = {
		.first = chart->ms[0], .last = chart->ms[chart->nr - 1], .height = chart->height,
	};
	double most = chart->most > 0 ? chart->most : greatest(chart);
	int l;

	axes.step = nice_step(most < 4 ? 4 : most, chart->height > 150 ? 5 : 3);
	axes.top = axes.step * ceil((most < 1 ? 1 : most) / axes.step);
	put_legend(out, chart);
	fprintf(out, "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH,
		chart->height);
	html_put(out, chart->label);
	fputs("\">\n", out);
	put_axes(out, &axes, chart->unit);
	if (chart->bars)
		put_bars(out, chart, &axes);
	else
		for (l = chart->nr_lines - 1; l >= 0; l--)
			put_path(out, chart, &axes, &chart->line[l]);
	fputs("</svg>\n", out);
}
