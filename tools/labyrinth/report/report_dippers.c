// SPDX-License-Identifier: GPL-2.0
#include "../read/table.h"
#include "../show/html.h"
#include "../show/print.h"
#include "report.h"

#define DIPPERS_SHOWN	40

static void put_row(FILE *out, const json_t *row)
{
	static const struct {
		const char *name, *class;
	} numbers[] = {
		{ "times", NULL }, { "pages", NULL }, { "held", "warn" }, { "unseen", NULL },
		{ "below_min", NULL }, { "refused", "bad" }, { "depth_pct", NULL },
	};
	char buf[32];
	size_t i;

	fputs("<tr>", out);
	html_cell(out, recording_text(row, "function"));
	html_cell(out, recording_text(row, "module"));
	html_number_cell(out, recording_number(row, "order"), NULL);
	html_cell(out, recording_text(row, "gfp"));
	html_cell(out, recording_text(row, "context"));
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		html_number_cell(out, recording_number(row, numbers[i].name), numbers[i].class);
	fprintf(out, "<td class=\"n\">%s</td></tr>\n",
		age_text(buf, recording_number(row, "age_ms")));
}

/* As of the last text record. Nothing if dippers were not watched. */
void report_dippers(FILE *out, const struct recording *recording)
{
	const json_t *rows = json_object_get(recording->words, "dippers");
	size_t nr = json_array_size(rows), i;

	if (!nr)
		return;
	fputs("<h2>Dippers</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>function</th><th>module</th><th class=\"n\">order</th><th>gfp</th><th>context</th><th class=\"n\">times</th><th class=\"n\">pages</th><th class=\"n\">held</th><th class=\"n\">unseen</th><th class=\"n\">below_min</th><th class=\"n\">refused</th><th class=\"n\">depth_pct</th><th class=\"n\">age</th></tr></thead>\n<tbody>\n",
	      out);
	for (i = 0; i < nr && i < DIPPERS_SHOWN; i++)
		put_row(out, json_array_get(rows, i));
	fputs("</tbody></table></div>\n", out);
	if (nr > DIPPERS_SHOWN)
		fprintf(out, "<p class=\"note\">And %zu more lines.</p>\n", nr - DIPPERS_SHOWN);
	fputs("<p class=\"note\">Callers of the kernel's page allocator, other than labyrinth, that took pages from below a zone's min mark since the watch began.",
	      out);
	report_put_anchor(out, recording);
	fputs("</p>\n", out);
}
