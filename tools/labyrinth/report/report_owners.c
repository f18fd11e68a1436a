// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "../message.h"
#include "../read/recording.h"
#include "../read/table.h"
#include "../show/html.h"
#include "../show/print.h"
#include "chart.h"
#include "report.h"

#define CHARTED	12

/* ---- ranking */

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

/* Rank by refusals, then allocations, then most pages owned. */
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

/* ---- charts */

static void put_numbers(FILE *out, const struct time_axis *time, const struct series *series)
{
	static const struct {
		int value;
		const char *class, *name;
	} lines[] = {
		{ OWNED, "a", "owned" }, { STOCKED, "b", "stocked (ready for use)" },
		{ FROM_RESERVE, "c", "from_reserve (of the owned)" },
	};
	struct chart chart = {
		.unit = "pages", .time = time, .height = 200,
		.label = "pages owned, stocked and from the reserve, and violations, over time",
	};
	int64_t violations = series_growth(series, VIOLATIONS);
	struct line *line;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		line = chart_line(&chart, LINE, lines[i].class);
		snprintf(line->name, sizeof(line->name), "%s", lines[i].name);
		line_fill(line, series, lines[i].value);
	}
	if (violations) {
		line = chart_line(&chart, MARKS, "event");
		line->what = "violations";
		snprintf(line->name, sizeof(line->name), "violations: %" PRId64, violations);
		line_fill_growth(line, series, VIOLATIONS);
	}
	chart_put(out, &chart);
	chart_free(&chart);
}

static void put_refusals(FILE *out, const struct time_axis *time, const struct series *series)
{
	struct chart chart = {
		.unit = "refusals", .time = time, .height = 130, .label = "refusals over time",
	};
	int64_t refused = series_growth(series, REFUSED);
	struct line *line;

	if (!refused) {
		fputs("<p class=\"note\">No refusals during the recording.</p>\n", out);
		return;
	}
	line = chart_line(&chart, BARS, "bar");
	line->what = "refusals";
	snprintf(line->name, sizeof(line->name), "refusals: %" PRId64 " in all", refused);
	line_fill_growth(line, series, REFUSED);
	chart_put(out, &chart);
	chart_free(&chart);
}

static void put_owner(FILE *out, const struct time_axis *time, const struct series *series)
{
	char from[32], to[32];

	fputs("<section class=\"card\"><h3>", out);
	html_put(out, series->name);
	fputs(" <small>", out);
	html_put(out, series->beside);
	fputs("; budget ", out);
	html_number(out, series_last(series, BUDGET));
	fputs("</small></h3>\n", out);
	put_numbers(out, time, series);
	put_refusals(out, time, series);
	if (series->nr < time->nr)
		fprintf(out, "<p class=\"note\">It existed in %zu of %zu samples, from %s to %s.</p>\n",
			series->nr, time->nr,
			age_text(from, time->ms[series->point[0].sample] - time->ms[0]),
			age_text(to, time->ms[series->point[series->nr - 1].sample] - time->ms[0]));
	fputs("</section>\n", out);
}

static void put_charts(FILE *out, const struct all_series *owners, const struct time_axis *time,
		       const struct rank *rank)
{
	size_t nr = owners->nr < CHARTED ? owners->nr : CHARTED, i;

	fputs("<h2>Owners over time</h2>\n", out);
	if (!owners->nr)
		fputs("<p>The recording has no owners.</p>\n", out);
	if (nr < owners->nr)
		fprintf(out, "<p class=\"note\">The %zu most active of %zu owners: those with most refusals, then those with most allocations. The table has all.</p>\n",
			nr, owners->nr);
	fputs("<div class=\"cards\">\n", out);
	for (i = 0; i < nr; i++)
		put_owner(out, time, &owners->one[rank[i].at]);
	fputs("</div>\n", out);
}

/* ---- the table */

static void put_table(FILE *out, const struct recording *recording, const struct rank *rank)
{
	size_t i;

	fputs("<h2>All owners</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>owner</th><th>module</th><th class=\"n\">owned, last</th><th class=\"n\">most</th><th class=\"n\">budget</th><th class=\"n\">stocked, last</th><th class=\"n\">stock</th><th class=\"n\">from_reserve, most</th><th class=\"n\">reserve_pct</th><th class=\"n\">quarantined, most</th><th class=\"n\">refused</th><th class=\"n\">violations</th><th class=\"n\">samples</th></tr></thead>\n<tbody>\n",
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
		html_number_cell(out, owner->nr, NULL);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n<p class=\"note\">In pages; \"last\" is the value in the last sample with the owner. Refusals and violations are those between the first sample and the last.</p>\n",
	      out);
}

void report_owners(FILE *out, const struct recording *recording, const struct time_axis *time)
{
	struct rank *rank = rank_owners(recording);

	put_charts(out, &recording->owners, time, rank);
	put_table(out, recording, rank);
	free(rank);
}
