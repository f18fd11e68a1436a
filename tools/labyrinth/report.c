// SPDX-License-Identifier: GPL-2.0
/*
 * A page that tells a recording: it asks for nothing from outside, runs nothing, and whatever
 * the file says is text in it.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "command.h"
#include "html.h"
#include "message.h"
#include "output.h"
#include "print.h"
#include "recording.h"
#include "report.h"

#define OWNERS_CHARTED	12
#define ZONES_CHARTED	12
#define TALLIES_SHOWN	40

/* ---- the most active ones */

struct rank {
	size_t at;
	int64_t refused, moved, most;
};

static int compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->refused != y->refused)
		return x->refused < y->refused ? 1 : -1;
	if (x->moved != y->moved)
		return x->moved < y->moved ? 1 : -1;
	if (x->most != y->most)
		return x->most < y->most ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

/* By what they were refused, what they took, and what they had. */
static struct rank *rank_owners(const struct recording *recording)
{
	const struct all_series *owners = &recording->owners;
	struct rank *rank = allocate(NULL, owners->nr, sizeof(*rank));
	size_t i;

	for (i = 0; i < owners->nr; i++)
		rank[i] = (struct rank){
			.at = i, .refused = series_growth(&owners->one[i], REFUSED),
			.moved = series_growth(&owners->one[i], ALLOCS),
			.most = series_most(&owners->one[i], OWNED),
		};
	qsort(rank, owners->nr, sizeof(*rank), compare_ranks);
	return rank;
}

static int64_t total(const struct all_series *all, int value)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (__builtin_add_overflow(sum, series_growth(&all->one[i], value), &sum))
			return NUMBER_MOST;
	return sum;
}

/* ---- owners */

static void fill(struct line *line, const struct series *series, int value)
{
	size_t i;

	for (i = 0; i < series->nr; i++)
		if (series->point[i].value[value] != UNKNOWN)
			line->y[series->point[i].sample] = series->point[i].value[value];
}

static void put_owner(FILE *out, const struct recording *recording, const struct series *series)
{
	static const struct {
		int value;
		const char *class, *name;
	} lines[] = {
		{ OWNED, "a", "owned" }, { STOCKED, "b", "stocked (ready for it)" },
		{ FROM_RESERVE, "c", "from_reserve (of the owned)" },
	};
	struct chart chart = {
		.unit = "pages", .ms = recording->ms, .nr = recording->nr, .height = 200,
		.label = "pages owned, stocked and from the reserve over time",
	};
	struct line *line;
	size_t i;

	fputs("<section class=\"card\"><h3>", out);
	html_put(out, series->name);
	fputs(" <small>", out);
	html_put(out, series->beside);
	fputs("; budget ", out);
	html_number(out, series_last(series, BUDGET));
	fputs("</small></h3>\n", out);
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		line = chart_line(&chart, lines[i].class);
		strcpy(line->name, lines[i].name);
		fill(line, series, lines[i].value);
	}
	chart_put(out, &chart);
	chart_free(&chart);

	chart.bars = true;
	chart.height = 130;
	chart.unit = "refusals";
	chart.label = "refusals per sample over time";
	line = chart_line(&chart, "bad");
	snprintf(line->name, sizeof(line->name), "refusals per sample: %" PRId64 " in all",
		 series_growth(series, REFUSED));
	for (i = 0; i < series->nr; i++)
		line->y[series->point[i].sample] = point_growth(series, i, REFUSED);
	chart_put(out, &chart);
	chart_free(&chart);
	fputs("</section>\n", out);
}

static void put_owners(FILE *out, const struct recording *recording, const struct rank *rank)
{
	const struct all_series *owners = &recording->owners;
	size_t nr = owners->nr < OWNERS_CHARTED ? owners->nr : OWNERS_CHARTED, i;

	fputs("<h2>Owners over time</h2>\n", out);
	if (!owners->nr)
		fputs("<p>There was no owner.</p>\n", out);
	if (nr < owners->nr)
		fprintf(out, "<p class=\"note\">The %zu most active of %zu: those that were refused most, then those that took most. All are in the table.</p>\n",
			nr, owners->nr);
	fputs("<div class=\"cards\">\n", out);
	for (i = 0; i < nr; i++)
		put_owner(out, recording, &owners->one[rank[i].at]);
	fputs("</div>\n", out);
}

static void put_owner_table(FILE *out, const struct recording *recording, const struct rank *rank)
{
	size_t i;

	fputs("<h2>All owners</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>owner</th><th>module</th><th class=\"n\">owned, last</th><th class=\"n\">most</th><th class=\"n\">budget</th><th class=\"n\">stocked, last</th><th class=\"n\">stock</th><th class=\"n\">from_reserve, most</th><th class=\"n\">reserve_pct</th><th class=\"n\">quarantined, most</th><th class=\"n\">refused</th><th class=\"n\">violations</th></tr></thead>\n<tbody>\n",
	      out);
	for (i = 0; i < recording->owners.nr; i++) {
		const struct series *owner = &recording->owners.one[rank[i].at];

		fputs("<tr>", out);
		html_cell(out, owner->name);
		html_cell(out, owner->beside);
		html_number_cell(out, series_last(owner, OWNED), NULL);
		html_number_cell(out, series_most(owner, OWNED), NULL);
		html_number_cell(out, series_last(owner, BUDGET), NULL);
		html_number_cell(out, series_last(owner, STOCKED), NULL);
		html_number_cell(out, series_last(owner, STOCK), NULL);
		html_number_cell(out, series_most(owner, FROM_RESERVE), "warn");
		html_number_cell(out, series_last(owner, RESERVE_PCT), NULL);
		html_number_cell(out, series_most(owner, QUARANTINED), "warn");
		html_number_cell(out, rank[i].refused, "bad");
		html_number_cell(out, series_growth(owner, VIOLATIONS), "bad");
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n<p class=\"note\">In pages. Refusals and violations are those between the first sample and the last.</p>\n",
	      out);
}

/* ---- zones */

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

/* Down to where each sample lets the owner: @owner's share of the reserve may be changed. */
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

/* Owners with the largest shares of the reserve, one for each share; how many there are. */
static int deepest_owners(const struct recording *recording, const struct series **deepest, int most)
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

static void put_zone(FILE *out, const struct recording *recording, const struct series *zone)
{
	static const char * const floors[] = { "d", "d2" };
	const struct series *deepest[2];
	struct chart chart = {
		.unit = "pages", .ms = recording->ms, .nr = recording->nr, .height = 230,
		.label = "pages that may be taken, and the marks of the zone, over time",
	};
	int64_t most = UNKNOWN, least = NUMBER_MOST;
	struct line *line, *below;
	int nr = deepest_owners(recording, deepest, 2), i;
	size_t p;

	line = chart_line(&chart, "a");
	strcpy(line->name, "free: may be taken");
	for (p = 0; p < zone->nr; p++) {
		int64_t value = usable(&zone->point[p]);

		if (value == UNKNOWN)
			continue;
		line->y[zone->point[p].sample] = value;
		most = value > most ? value : most;
		least = value < least ? value : least;
	}
	line = chart_line(&chart, "mark");
	snprintf(line->name, sizeof(line->name), "min %" PRId64, or_none(series_last(zone, MIN)));
	fill(line, zone, MIN);
	for (i = 0; i < nr; i++) {
		line = chart_line(&chart, floors[i]);
		fill_floor(line, zone, deepest[i]);
		snprintf(line->name, sizeof(line->name), "floor of %.200s (%" PRId64 " %%)",
			 deepest[i]->name, series_last(deepest[i], RESERVE_PCT));
	}
	below = chart_line(&chart, "bad");
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
		fputs(" pages that may be taken.", out);
	}
	if (chart.most > 0)
		fputs(" Along the upper edge there are more than the chart shows.", out);
	fputs("</p></section>\n", out);
	chart_free(&chart);
}

static void put_zones(FILE *out, const struct recording *recording)
{
	const struct all_series *zones = &recording->zones;
	size_t nr = zones->nr < ZONES_CHARTED ? zones->nr : ZONES_CHARTED, i;

	fputs("<h2>Zones over time</h2>\n<p class=\"note\">What may be taken is free - cma - lowmem_reserve. Between min and GFP_ATOMIC's floor, 3/8 of it, lies the atomic reserve; an owner's floor is as deep as its reserve_pct lets it go.</p>\n<div class=\"cards\">\n",
	      out);
	for (i = 0; i < nr; i++)
		put_zone(out, recording, &zones->one[i]);
	fputs("</div>\n<div class=\"wide\"><table>\n<thead><tr><th>zone</th><th class=\"n\">free, last</th><th class=\"n\">min</th><th class=\"n\">low</th><th class=\"n\">high</th><th class=\"n\">lowmem_reserve</th><th class=\"n\">cma</th><th class=\"n\">GFP_ATOMIC's floor</th><th class=\"n\">% of the reserve gone, most</th><th class=\"n\">pages out of it, most</th></tr></thead>\n<tbody>\n",
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

/* ---- what went wrong */

static int compare_tallies(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->owner, y->owner) ?: strcmp(x->caller, y->caller);
}

static void put_tallies(FILE *out, const struct all_tallies *all, const char *title,
			const char *what, const char *by)
{
	size_t i;
	char buf[32];

	fprintf(out, "<h2>%s</h2>\n", title);
	if (!all->nr) {
		fputs("<p>None were seen.</p>\n", out);
		return;
	}
	qsort(all->one, all->nr, sizeof(*all->one), compare_tallies);
	fprintf(out, "<div class=\"wide\"><table>\n<thead><tr><th class=\"n\">times</th><th>owner</th><th>%s</th><th>%s</th><th>caller</th><th class=\"n\">last seen at</th></tr></thead>\n<tbody>\n",
		what, by);
	for (i = 0; i < all->nr && i < TALLIES_SHOWN; i++) {
		const struct tally *tally = &all->one[i];

		fputs("<tr>", out);
		html_number_cell(out, tally->count, NULL);
		html_cell(out, tally->owner);
		html_cell(out, tally->what);
		html_cell(out, tally->by);
		html_cell(out, tally->caller);
		fprintf(out, "<td class=\"n\">%s</td></tr>\n", age_text(buf, tally->ms));
	}
	fputs("</tbody></table></div>\n", out);
	if (all->nr > TALLIES_SHOWN)
		fprintf(out, "<p class=\"note\">And %zu more lines.</p>\n", all->nr - TALLIES_SHOWN);
}

/* ---- words */

static void put_text(FILE *out, const struct recording *recording, const char *title,
		     const char *name)
{
	fprintf(out, "<h2>%s</h2>\n", title);
	if (!recording->words || !json_is_string(json_object_get(recording->words, name))) {
		fputs("<p>The recording has none.</p>\n", out);
		return;
	}
	fputs("<pre>", out);
	html_put_lines(out, recording_text(recording->words, name));
	fputs("</pre>\n", out);
}

/* ---- the page */

static void put_tile(FILE *out, int64_t value, const char *unit, const char *class, const char *what)
{
	fprintf(out, "<div class=\"tile%s%s\"><b>", value > 0 && *class ? " " : "",
		value > 0 ? class : "");
	html_number(out, value);
	fprintf(out, "%s</b> %s</div>\n", unit, what);
}

static void put_head(FILE *out, const struct recording *recording)
{
	static const struct {
		const char *name, *what;
	} facts[] = {
		{ "kernel", "kernel" }, { "machine", "machine" }, { "srcversion", "module's srcversion" },
		{ "command", "recorded by labyrinth" }, { "date", "begun" },
	};
	int64_t depth = UNKNOWN, first = recording->ms[0];
	const json_t *min_free = json_object_get(recording->head, "min_free_kbytes");
	char buf[32];
	size_t i;

	fputs("<h1>labyrinth: owners and the atomic reserve</h1>\n<dl>", out);
	for (i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		fprintf(out, "<div><dt>%s</dt><dd>", facts[i].what);
		html_put(out, recording_text(recording->head, facts[i].name));
		fputs("</dd></div>", out);
	}
	if (json_is_integer(min_free)) {
		fputs("<div><dt>vm.min_free_kbytes</dt><dd>", out);
		html_number(out, json_integer_value(min_free));
		fputs("</dd></div>", out);
	}
	fputs("</dl>\n", out);
	if (!recording->ended)
		fputs("<p class=\"broken\">The recording was broken off: what is said in words may be older than the last samples.</p>\n",
		      out);
	for (i = 0; i < recording->zones.nr; i++) {
		int64_t most = series_most(&recording->zones.one[i], DEPTH_PCT);

		depth = most > depth ? most : depth;
	}
	fputs("<div class=\"tiles\">\n", out);
	fprintf(out, "<div class=\"tile\"><b>%zu</b> sample%s in %s</div>\n", recording->nr,
		recording->nr == 1 ? "" : "s",
		age_text(buf, recording->ms[recording->nr - 1] - first));
	put_tile(out, recording->owners.nr, "", "", recording->owners.nr == 1 ? "owner" : "owners");
	put_tile(out, total(&recording->owners, REFUSED), "", "bad", "refused meanwhile");
	put_tile(out, total(&recording->owners, VIOLATIONS), "", "bad", "violations meanwhile");
	if (depth != UNKNOWN)
		put_tile(out, depth, " %", "warn", "of a zone's atomic reserve gone, at most");
	fputs("</div>\n", out);
}

static void put_page(FILE *out, const struct recording *recording)
{
	struct rank *rank = rank_owners(recording);

	fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>labyrinth report</title>\n<style>\n",
	      out);
	fputs(report_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
	put_head(out, recording);
	put_zones(out, recording);
	put_owners(out, recording, rank);
	put_owner_table(out, recording, rank);
	put_tallies(out, &recording->refusals, "Refusals", "reason", "context");
	put_tallies(out, &recording->violations, "Violations", "kind", "offender");
	put_text(out, recording, "What would have helped", "advise");
	put_text(out, recording, "Verdicts", "verdicts");
	fputs("</main>\n</body>\n</html>\n", out);
	free(rank);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct recording recording;
	struct output output;

	(void)source;
	recording_read(&recording, args[0]);
	put_page(output_open(&output, options->output), &recording);
	output_close(&output);
	recording_free(&recording);
}

const struct command report_command = {
	.name = "report",
	.args = "FILE",
	.summary = "a page of HTML with charts, of what was recorded in FILE",
	.takes = TAKES_OUTPUT | NEEDS_NO_SOURCE,
	.least = 1,
	.most = 1,
	.run = run,
};
