// SPDX-License-Identifier: GPL-2.0
/* The lists at the bottom: the last refusals and violations, and dippers. */
#include <string.h>

#include "top.h"

struct report_column {
	const char *name, *heading;
	int width;	/* 0: the rest of the line */
};

static const struct report_column refusal_columns[] = {
	{ "age_ms", "AGE", 7 }, { "owner", "LAST REFUSALS OF", 20 }, { "reason", "REASON", 8 },
	{ "context", "CONTEXT", 8 }, { "zone", "ZONE", 8 }, { "free", "FREE", 7 },
	{ "caller", "CALLER", 0 },
};

static const struct report_column violation_columns[] = {
	{ "age_ms", "AGE", 7 }, { "owner", "LAST VIOLATIONS OF", 20 }, { "kind", "KIND", 16 },
	{ "offender", "OFFENDER", 16 }, { "caller", "CALLER", 0 },
};

static void put_headings(int y, const struct report_column *columns)
{
	int x = 0;

	for (;; x += columns++->width + 1) {
		screen_put(y, x, columns->width ? columns->width : COLS - x,
			   table_is_number(columns->name), A_BOLD, columns->heading);
		if (!columns->width)
			return;
	}
}

static void put_report(int y, const struct table *table, size_t row,
		       const struct report_column *columns)
{
	char age[32];
	int x = 0;

	for (;; x += columns++->width + 1) {
		const char *text = table_cell_of(table, row, columns->name);
		bool right = table_is_number(columns->name);

		if (!strcmp(columns->name, "age_ms"))
			text = age_text(age, table_number_of(table, row, "age_ms"));
		screen_put(y, x, columns->width ? columns->width : COLS - x, right,
			   screen_colour(cell_colour(columns->name, text)), text);
		if (!columns->width)
			return;
	}
}

static void put_reports(int y, int height, const struct top_data *data, const struct table *table,
			const char *what, const struct report_column *columns)
{
	size_t row = table->nr_rows;
	int end = y + height;

	if (row)
		put_headings(y++, columns);
	else if (data->source->closed)
		put_line(y++, A_BOLD, "Last %s: not known. %s", what, data->source->closed);
	else
		put_line(y++, A_BOLD, "Last %s: none", what);
	while (row-- && y < end)
		if (is_filtered(&data->wish, table_cell_of(table, row, "owner")))
			put_report(y++, table, row, columns);
}

void put_refusals(int y, int height, const struct top_data *data)
{
	put_reports(y, height, data, &data->refusals, "refusals", refusal_columns);
}

void put_violations(int y, int height, const struct top_data *data)
{
	put_reports(y, height, data, &data->violations, "violations", violation_columns);
}

static const struct report_column dipper_columns[] = {
	{ "held", "HELD", 7 }, { "pages", "PAGES", 8 }, { "refused", "REFUSED", 7 },
	{ "depth_pct", "DEPTH%", 6 }, { "order", "ORDER", 5 }, { "context", "CONTEXT", 8 },
	{ "caller", "DIPPER", 0 },
};

void put_dippers(int y, int height, const struct top_data *data)
{
	size_t row;

	if (data->dippers.nr_rows)
		put_headings(y, dipper_columns);
	else
		put_line(y, A_BOLD, "Dippers: none");
	for (row = 0; row < data->dippers.nr_rows && (int)row < height - 1; row++)
		put_report(y + 1 + row, &data->dippers, row, dipper_columns);
}
