// SPDX-License-Identifier: GPL-2.0
/*
 * A self-contained HTML page of a recording. It loads nothing and has no script, and all text
 * from the recording is escaped.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../command.h"
#include "../message.h"
#include "../read/recording.h"
#include "../show/html.h"
#include "../show/output.h"
#include "../show/print.h"
#include "report.h"
#include "time_axis.h"

#define TALLIES_SHOWN	40

/* ---- refusals and violations */

static int compare_tallies(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->before != y->before)
		return x->before < y->before ? 1 : -1;
	return strcmp(x->owner, y->owner) ?: strcmp(x->caller, y->caller);
}

/* The larger of the owners' counters and the rows seen, which include destroyed owners. */
static int64_t meanwhile(const struct all_series *owners, int value, const struct all_tallies *all)
{
	int64_t counted = 0, seen = 0;
	size_t i;

	for (i = 0; i < owners->nr; i++)
		if (__builtin_add_overflow(counted, series_growth(&owners->one[i], value),
					   &counted))
			return NUMBER_MOST;
	for (i = 0; i < all->nr; i++)
		seen += all->one[i].count;
	return counted > seen ? counted : seen;
}

static void put_tallies(FILE *out, const struct recording *recording,
			const struct all_tallies *all, const char *title, const char *what,
			const char *by)
{
	size_t i;
	char buf[32];

	fprintf(out, "<h2>%s</h2>\n", title);
	if (!all->nr) {
		fputs("<p>None.</p>\n", out);
		return;
	}
	qsort(all->one, all->nr, sizeof(*all->one), compare_tallies);
	fprintf(out, "<div class=\"wide\"><table>\n<thead><tr><th class=\"n\">recorded</th><th class=\"n\">last seen at</th><th class=\"n\">before</th><th>owner</th><th>%s</th><th>%s</th><th>caller</th></tr></thead>\n<tbody>\n",
		what, by);
	for (i = 0; i < all->nr && i < TALLIES_SHOWN; i++) {
		const struct tally *tally = &all->one[i];

		fputs("<tr>", out);
		html_number_cell(out, tally->count, "bad");
		fprintf(out, "<td class=\"n\">%s</td>",
			age_text(buf, tally->count ? tally->ms - recording->ms[0] : UNKNOWN));
		html_number_cell(out, tally->before, NULL);
		html_cell(out, tally->owner);
		html_cell(out, tally->what);
		html_cell(out, tally->by);
		html_cell(out, tally->caller);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
	if (all->nr > TALLIES_SHOWN)
		fprintf(out, "<p class=\"note\">And %zu more lines.</p>\n",
			all->nr - TALLIES_SHOWN);
	fputs("<p class=\"note\">\"before\" counts those that were there when the recording began; times are counted from the first sample. The module keeps the last 1,024: if more came between two samples, the oldest of them are missing.</p>\n",
	      out);
}

/* ---- text records */

static void put_text(FILE *out, const struct recording *recording, const char *title,
		     const char *name, bool ages)
{
	fprintf(out, "<h2>%s</h2>\n", title);
	if (!recording->words || !json_is_string(json_object_get(recording->words, name))) {
		fputs("<p>The recording has none.</p>\n", out);
		return;
	}
	if (ages) {
		fputs("<p class=\"note\">", out);
		report_put_anchor(out, recording);
		fputs("</p>\n", out);
	}
	fputs("<pre>", out);
	html_put_lines(out, recording_text(recording->words, name));
	fputs("</pre>\n", out);
}

/* ---- the page */

static void put_tile(FILE *out, int64_t value, const char *unit, const char *class,
		     const char *what)
{
	fprintf(out, "<div class=\"tile%s%s\"><b>", value > 0 && *class ? " " : "",
		value > 0 ? class : "");
	html_number(out, value);
	fprintf(out, "%s</b> %s</div>\n", unit, what);
}

static void put_facts(FILE *out, const struct recording *recording)
{
	static const struct {
		const char *name, *what;
	} facts[] = {
		{ "kernel", "kernel" }, { "machine", "machine" }, { "module", "module" },
		{ "srcversion", "its srcversion" },
		{ "command", "command" },
		{ "date", "recorded from" },
	};
	const json_t *min_free = json_object_get(recording->head, "min_free_kbytes");
	size_t i;

	fputs("<dl>", out);
	for (i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		fprintf(out, "<div><dt>%s</dt><dd>", facts[i].what);
		html_put(out, recording_text(recording->head, facts[i].name));
		fputs("</dd></div>", out);
	}
	if (json_is_integer(min_free)) {
		fputs("<div><dt>vm.min_free_kbytes</dt><dd>", out);
		html_number(out, json_integer_value(min_free));
		fputs(" KiB</dd></div>", out);
	}
	fputs("</dl>\n", out);
}

static void put_tiles(FILE *out, const struct recording *recording)
{
	int64_t refused = meanwhile(&recording->owners, REFUSED, &recording->refusals);
	int64_t violations = meanwhile(&recording->owners, VIOLATIONS, &recording->violations);
	int64_t depth = UNKNOWN;
	char span[32], words[64] = "sample";
	size_t i;

	for (i = 0; i < recording->zones.nr; i++) {
		int64_t most = series_most(&recording->zones.one[i], DEPTH_PCT);

		depth = most > depth ? most : depth;
	}
	if (recording->nr > 1)
		snprintf(words, sizeof(words), "samples in %s",
			 age_text(span, recording->ms[recording->nr - 1] - recording->ms[0]));
	fputs("<div class=\"tiles\">\n", out);
	put_tile(out, recording->nr, "", "", words);
	put_tile(out, recording->owners.nr, "", "", recording->owners.nr == 1 ? "owner" : "owners");
	put_tile(out, refused, "", "bad", refused == 1 ? "refusal" : "refusals");
	put_tile(out, violations, "", "bad",
		 violations == 1 ? "violation" : "violations");
	if (depth != UNKNOWN)
		put_tile(out, depth, " %", "warn", "of a zone's atomic reserve used, at most");
	fputs("</div>\n", out);
}

static void put_head(FILE *out, const struct recording *recording, const struct time_axis *time)
{
	char buf[32];

	fputs("<h1>labyrinth: owners and the atomic reserve</h1>\n", out);
	put_facts(out, recording);
	if (!recording->ended)
		fputs("<p class=\"broken\">The recording was interrupted: its advice and verdicts may be older than the last samples.</p>\n",
		      out);
	put_tiles(out, recording);
	fputs("<p class=\"note\">In charts, time is counted from the first sample.</p>\n", out);
	if (time->nr_gaps)
		fprintf(out, "<p class=\"note\">No samples were taken for %s%s: the machine may have been suspended. Charts are shaded there, and that time is shortened.</p>\n",
			age_text(buf, time->gaps_ms),
			time->nr_gaps > 1 ? ", in several pieces" : "");
}

static void put_page(FILE *out, const struct recording *recording)
{
	struct time_axis time;

	time_axis_make(&time, recording->ms, recording->nr);
	fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>labyrinth report</title>\n<style>\n",
	      out);
	fputs(report_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
	put_head(out, recording, &time);
	report_zones(out, recording, &time);
	report_owners(out, recording, &time);
	put_tallies(out, recording, &recording->refusals, "Refusals", "reason", "context");
	put_tallies(out, recording, &recording->violations, "Violations", "kind", "offender");
	report_dippers(out, recording);
	put_text(out, recording, "What would have helped", "advise", false);
	put_text(out, recording, "Verdicts", "verdicts", true);
	fputs("</main>\n</body>\n</html>\n", out);
	time_axis_free(&time);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct recording recording;
	struct output output;

	(void)source;
	if (!options->output && isatty(STDOUT_FILENO))
		die(USAGE, "An HTML page does not belong on a terminal: name a file with --output.");
	recording_read(&recording, args[0]);
	put_page(output_open(&output, options->output), &recording);
	output_close(&output);
	recording_free(&recording);
}

const struct command report_command = {
	.name = "report",
	.args = "FILE",
	.summary = "an HTML page with charts of what was recorded in FILE",
	.takes = TAKES_OUTPUT | NEEDS_NO_SOURCE,
	.least = 1,
	.most = 1,
	.run = run,
	.example = "report night.jsonl --output=night.html",
};
