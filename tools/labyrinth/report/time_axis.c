// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "../message.h"
#include "../show/print.h"
#include "time_axis.h"

#define GAP_LEAST	1000	/* ms */
#define GAP_TIMES	5	/* multiple of the median interval */
#define GAP_SHOWN	0.06	/* width at most, as a share of the time with samples */
#define TICKS_MOST	7
#define TICK_ROOM	58

/* ---- gaps */

static int compare_times(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median interval between two samples. */
static int64_t usual(const int64_t *ms, size_t nr)
{
	int64_t *between = allocate(NULL, nr, sizeof(*between)), median;
	size_t i;

	for (i = 1; i < nr; i++)
		between[i - 1] = ms[i] - ms[i - 1];
	qsort(between, nr - 1, sizeof(*between), compare_times);
	median = nr > 1 ? between[(nr - 1) / 2] : 0;
	free(between);
	return median;
}

bool time_axis_gap(const struct time_axis *time, size_t sample)
{
	return sample && time->ms[sample] - time->ms[sample - 1] > time->gap;
}

void time_axis_make(struct time_axis *time, const int64_t *ms, size_t nr)
{
	double shown, most;
	size_t i;

	*time = (struct time_axis){ .ms = ms, .nr = nr };
	time->gap = GAP_TIMES * usual(ms, nr);
	time->gap = time->gap > GAP_LEAST ? time->gap : GAP_LEAST;
	for (i = 0; i < nr; i++)
		if (time_axis_gap(time, i)) {
			time->nr_gaps++;
			time->gaps_ms += ms[i] - ms[i - 1];
		}
	shown = ms[nr - 1] - ms[0] - time->gaps_ms;
	most = shown > 0 ? GAP_SHOWN * shown : INFINITY;
	time->at = allocate(NULL, nr, sizeof(*time->at));
	for (shown = 0, i = 0; i < nr; i++) {
		if (i)
			shown += time_axis_gap(time, i) ? fmin(ms[i] - ms[i - 1], most) :
							  ms[i] - ms[i - 1];
		time->at[i] = shown;
	}
	time->per_ms = shown > 0 ? 1 / shown : 0;
	for (i = 0; i < nr; i++)
		time->at[i] = shown > 0 ? time->at[i] / shown : 0.5;
}

void time_axis_free(struct time_axis *time)
{
	free(time->at);
}

/* ---- ticks */

struct step {
	double ms;
	const char *unit;
	double per;
};

static const struct step steps[] = {
	{ 1, "ms", 1 }, { 2, "ms", 1 }, { 5, "ms", 1 }, { 10, "ms", 1 }, { 20, "ms", 1 },
	{ 50, "ms", 1 }, { 100, "ms", 1 }, { 200, "ms", 1 }, { 500, "ms", 1 },
	{ 1e3, "s", 1e3 }, { 2e3, "s", 1e3 }, { 5e3, "s", 1e3 }, { 10e3, "s", 1e3 },
	{ 20e3, "s", 1e3 }, { 30e3, "s", 1e3 }, { 60e3, "min", 60e3 }, { 120e3, "min", 60e3 },
	{ 300e3, "min", 60e3 }, { 600e3, "min", 60e3 }, { 1200e3, "min", 60e3 },
	{ 1800e3, "min", 60e3 }, { 3600e3, "h", 3600e3 }, { 7200e3, "h", 3600e3 },
	{ 14400e3, "h", 3600e3 }, { 21600e3, "h", 3600e3 }, { 43200e3, "h", 3600e3 },
	{ 86400e3, "d", 86400e3 }, { 172800e3, "d", 86400e3 }, { 432000e3, "d", 86400e3 },
};

#define NR_STEPS (sizeof(steps) / sizeof(*steps))

static struct step nice_step(const struct time_axis *time)
{
	double span = time->per_ms > 0 ? 1 / time->per_ms : 0;
	struct step step;
	size_t i = 0;

	/* No time between the samples: one tick. */
	if (span <= 0)
		return (struct step){ 1000, "s", 1e3 };
	while (i + 1 < NR_STEPS && steps[i].ms * TICKS_MOST < span)
		i++;
	step = steps[i];
	/* The span exceeds TICKS_MOST of the largest step. */
	if (step.ms * TICKS_MOST < span)
		step.ms *= ceil(span / (step.ms * TICKS_MOST));
	return step;
}

static void put_label(FILE *out, const struct step *step, double ms)
{
	int64_t s = ms / 1000;

	/* After a gap, the time may be long for the step's unit. */
	if (step->per < 3600e3 && ms >= 3600e3)
		fprintf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60,
			s % 60);
	else
		fprintf(out, "%.6g %s", ms / step->per, step->unit);
}

static void put_band(FILE *out, const struct time_axis *time, size_t sample, double left,
		     double width, int top, int bottom)
{
	double from = left + time->at[sample - 1] * width, to = left + time->at[sample] * width;
	char buf[32];

	fprintf(out, "<rect class=\"gap\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>%s without a sample</title></rect>\n",
		from, top, to - from, bottom - top,
		age_text(buf, time->ms[sample] - time->ms[sample - 1]));
}

void time_axis_put(FILE *out, const struct time_axis *time, double left, double width, int top,
		   int bottom)
{
	struct step step = nice_step(time);
	double clear = -INFINITY;	/* no label right of this */
	size_t i, end;

	for (i = 0; i < time->nr; i = end) {
		double begin = time->ms[i] - time->ms[0], ms, last;

		for (end = i + 1; end < time->nr && !time_axis_gap(time, end); end++)
			;
		if (i)
			put_band(out, time, i, left, width, top, bottom);
		last = time->ms[end - 1] - time->ms[0];
		for (ms = ceil(begin / step.ms) * step.ms; ms <= last; ms += step.ms) {
			double x = left + (time->at[i] + (ms - begin) * time->per_ms) * width;

			if (x < clear)
				continue;
			fprintf(out, "<path class=\"tick\" d=\"M%.1f %dv4\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
				x, bottom, x, bottom + 16);
			put_label(out, &step, ms);
			fputs("</text>\n", out);
			clear = x + TICK_ROOM;
		}
	}
}
