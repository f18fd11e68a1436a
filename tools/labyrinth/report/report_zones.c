// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <math.h>

#include "../read/recording.h"
#include "../read/table.h"
#include "../show/html.h"
#include "chart.h"
#include "report.h"

#define CHARTED	12

static int64_t or_none(int64_t value)
{
	return value == UNKNOWN ? 0 : value;
}

static int64_t usable(const struct point *point)
{
	if (point->value[FREE] == UNKNOWN)
		return UNKNOWN;
	return point->value[FREE] - or_none(point->value[CMA]) -
	       or_none(point->value[LOWMEM_RESERVE]);
}

static int64_t bottom(const struct point *point)
{
	int64_t min = or_none(point->value[MIN]);

	if (point->value[ATOMIC_FLOOR] != UNKNOWN)
		return point->value[ATOMIC_FLOOR];
	return min - min / 2 - (min - min / 2) / 4;
}

/* The owner's floor at each sample; its reserve_pct may change over time. */
static void fill_floor(struct line *line, const struct series *zone, const struct series *owner)
{
	size_t i, at = 0;

	for (i = 0; i < zone->nr; i++) {
		const struct point *point = &zone->point[i];
		int64_t pct, min = point->value[MIN];

		while (at < owner->nr && owner->point[at].sample < point->sample)
			at++;
		if (at == owner->nr || owner->point[at].sample != point->sample || min == UNKNOWN)
			continue;
		pct = or_none(owner->point[at].value[RESERVE_PCT]);
		line->y[point->sample] = floor(min - (min - bottom(point)) * (pct / 100.0));
	}
}

/* Find the owners with the largest distinct shares of the reserve. Returns their number. */
static int deepest_owners(const struct recording *recording, const struct series **deepest,
			  int most)
{
	int64_t below = 101;
	int nr;

	for (nr = 0; nr < most; nr++) {
		int64_t best = 0;
		size_t i;

		for (i = 0; i < recording->owners.nr; i++) {
			const struct series *owner = &recording->owners.one[i];
			int64_t pct = series_last(owner, RESERVE_PCT);

			if (pct > best && pct < below) {
				best = pct;
				deepest[nr] = owner;
			}
		}
		if (!best)
			break;
		below = best;
	}
	return nr;
}

static double scale(const struct series *zone, int64_t most)
{
	double marks = 1.5 * fmax(or_none(series_most(zone, HIGH)),
				  1.5 * or_none(series_most(zone, MIN)));

	return marks > 0 && most > 1.5 * marks ? marks : 0;
}

static void put_zone(FILE *out, const struct recording *recording, const struct time_axis *time,
		     const struct series *zone)
{
	static const char * const floors[] = { "d", "d2" };
	const struct series *deepest[2];
	struct chart chart = {
		.unit = "pages", .time = time, .height = 230,
		.label = "usable pages and watermarks of the zone, over time",
	};
	int64_t most = UNKNOWN, least = NUMBER_MOST;
	struct line *line, *below;
	int nr = deepest_owners(recording, deepest, 2), i;
	size_t p;

	line = chart_line(&chart, LINE, "a");
	snprintf(line->name, sizeof(line->name), "usable pages");
	for (p = 0; p < zone->nr; p++) {
		int64_t value = usable(&zone->point[p]);

		if (value == UNKNOWN)
			continue;
		line->y[zone->point[p].sample] = value;
		most = value > most ? value : most;
		least = value < least ? value : least;
	}
	line = chart_line(&chart, LINE, "mark");
	snprintf(line->name, sizeof(line->name), "min %" PRId64, or_none(series_last(zone, MIN)));
	line_fill(line, zone, MIN);
	for (i = 0; i < nr; i++) {
		line = chart_line(&chart, LINE, floors[i]);
		fill_floor(line, zone, deepest[i]);
		snprintf(line->name, sizeof(line->name), "floor of %.200s (%" PRId64 " %%)",
			 deepest[i]->name, series_last(deepest[i], RESERVE_PCT));
	}
	below = chart_line(&chart, LINE, "bad");
	snprintf(below->name, sizeof(below->name), "GFP_ATOMIC's floor %" PRId64,
		 bottom(&zone->point[zone->nr - 1]));
	for (p = 0; p < zone->nr; p++)
		below->y[zone->point[p].sample] = bottom(&zone->point[p]);
	chart.most = scale(zone, most);

	fputs("<section class=\"card\"><h3>", out);
	html_put(out, zone->name);
	fputs("</h3>\n", out);
	chart_put(out, &chart);
	fputs("<p class=\"note\">", out);
	if (most != UNKNOWN) {
		fputs("Fewest ", out);
		html_number(out, least);
		fputs(", most ", out);
		html_number(out, most);
		fputs(" usable pages.", out);
	}
	if (chart.most > 0)
		fputs(" A line that ends at the upper edge continues above the chart.", out);
	fputs("</p></section>\n", out);
	chart_free(&chart);
}

static void put_charts(FILE *out, const struct recording *recording, const struct time_axis *time)
{
	const struct all_series *zones = &recording->zones;
	size_t nr = zones->nr < CHARTED ? zones->nr : CHARTED, i;

	fputs("<p class=\"note\">Usable pages are free - cma - lowmem_reserve. The atomic reserve lies between min and GFP_ATOMIC's floor, which is 3/8 of min. The reserve_pct of an owner sets how much of it that owner may use.</p>\n",
	      out);
	if (nr < zones->nr)
		fprintf(out, "<p class=\"note\">The first %zu of %zu zones; the table has all.</p>\n", nr,
			zones->nr);
	fputs("<div class=\"cards\">\n", out);
	for (i = 0; i < nr; i++)
		put_zone(out, recording, time, &zones->one[i]);
	fputs("</div>\n", out);
}

static void put_table(FILE *out, const struct all_series *zones)
{
	size_t i;

	fputs("<div class=\"wide\"><table>\n<thead><tr><th>zone</th><th class=\"n\">free, last</th><th class=\"n\">min</th><th class=\"n\">low</th><th class=\"n\">high</th><th class=\"n\">lowmem_reserve</th><th class=\"n\">cma</th><th class=\"n\">GFP_ATOMIC's floor</th><th class=\"n\">% of the reserve used, most</th><th class=\"n\">pages taken from it, most</th></tr></thead>\n<tbody>\n",
	      out);
	for (i = 0; i < zones->nr; i++) {
		static const int last[] = { FREE, MIN, LOW, HIGH, LOWMEM_RESERVE, CMA, ATOMIC_FLOOR };
		const struct series *zone = &zones->one[i];
		size_t v;

		fputs("<tr>", out);
		html_cell(out, zone->name);
		for (v = 0; v < sizeof(last) / sizeof(*last); v++)
			html_number_cell(out, series_last(zone, last[v]), NULL);
		html_number_cell(out, series_most(zone, DEPTH_PCT), "warn");
		html_number_cell(out, series_most(zone, OUT), "warn");
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

void report_zones(FILE *out, const struct recording *recording, const struct time_axis *time)
{
	fputs("<h2>Zones over time</h2>\n", out);
	if (!recording->zones.nr) {
		fputs("<p>The recording has no zones.</p>\n", out);
		return;
	}
	put_charts(out, recording, time);
	put_table(out, &recording->zones);
}
