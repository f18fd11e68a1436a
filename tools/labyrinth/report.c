// SPDX-License-Identifier: GPL-2.0
/*
 * A page that tells a recording: it asks for nothing from outside, runs nothing, and whatever
 * the file says is text in it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "html.h"
#include "output.h"
#include "print.h"
#include "recording.h"
#include "report.h"

#define TALLIES_SHOWN	40

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

static int64_t total(const struct all_series *all, int value)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < all->nr; i++)
		if (__builtin_add_overflow(sum, series_growth(&all->one[i], value), &sum))
			return NUMBER_MOST;
	return sum;
}

static void put_tile(FILE *out, int64_t value, const char *unit, const char *class,
		     const char *what)
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
	int64_t violations = total(&recording->owners, VIOLATIONS);
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
	if (recording->nr == 1)
		fputs("<div class=\"tile\"><b>1</b> sample</div>\n", out);
	else
		fprintf(out, "<div class=\"tile\"><b>%zu</b> samples in %s</div>\n", recording->nr,
			age_text(buf, recording->ms[recording->nr - 1] - first));
	put_tile(out, recording->owners.nr, "", "", recording->owners.nr == 1 ? "owner" : "owners");
	put_tile(out, total(&recording->owners, REFUSED), "", "bad", "refused meanwhile");
	put_tile(out, violations, "", "bad",
		 violations == 1 ? "violation meanwhile" : "violations meanwhile");
	if (depth != UNKNOWN)
		put_tile(out, depth, " %", "warn", "of a zone's atomic reserve gone, at most");
	fputs("</div>\n", out);
}

static void put_page(FILE *out, const struct recording *recording)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>labyrinth report</title>\n<style>\n",
	      out);
	fputs(report_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
	put_head(out, recording);
	report_zones(out, recording);
	report_owners(out, recording);
	put_tallies(out, &recording->refusals, "Refusals", "reason", "context");
	put_tallies(out, &recording->violations, "Violations", "kind", "offender");
	put_text(out, recording, "What would have helped", "advise");
	put_text(out, recording, "Verdicts", "verdicts");
	fputs("</main>\n</body>\n</html>\n", out);
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
