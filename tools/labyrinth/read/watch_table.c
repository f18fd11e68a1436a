// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cell.h"
#include "../message.h"
#include "watch_table.h"

void watch_mode(const struct source *source, char mode[MODE_MOST])
{
	struct trouble trouble;
	struct text text;
	char *line, shown[80];

	snprintf(mode, MODE_MOST, "-");
	if (!source_read(source, "watch", &text))
		return;
	line = text_line(&text, &trouble);
	if (!line)
		die(BAD_DATA, "%s/watch:1: %s", source->name,
		    trouble.line ? trouble.what : "There is no word.");
	if (!*line || strlen(line) >= MODE_MOST ||
	    line[strspn(line, "abcdefghijklmnopqrstuvwxyz_")]) {
		cell_text(shown, sizeof(shown), line);
		die(BAD_DATA, "%s/watch:1: \"%s\" is nothing to watch.", source->name, shown);
	}
	snprintf(mode, MODE_MOST, "%s", line);
	free(text.data);
}

bool watch_is_reserve(const char *mode)
{
	return !strcmp(mode, "reserve") || !strcmp(mode, "all");
}

/* ---- callers */

struct place {
	size_t row;
	int64_t held, pages;
};

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->held != y->held)
		return x->held < y->held ? 1 : -1;
	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

/* @caller has the form "function+0x1/0x2[module]". */
static void put_row(FILE *out, const struct table *table, size_t row, const char *caller)
{
	size_t function = strcspn(caller, "["), module;
	unsigned int i;

	for (i = 0; i < table->nr_columns; i++)
		fprintf(out, "%s ", table_cell(table, row, i));
	module = caller[function] ? strcspn(caller + function + 1, "]") : 0;
	if (!function || !module)
		fprintf(out, "%s -\n", caller);
	else
		fprintf(out, "%.*s %.*s\n", (int)function, caller, (int)module,
			caller + function + 1);
}

static void put_table(FILE *out, const struct table *table)
{
	int held = need_column(table, "held"), pages = need_column(table, "pages");
	int caller = need_column(table, "caller");
	struct place *place = allocate(NULL, table->nr_rows, sizeof(*place));
	unsigned int i;
	size_t row;

	for (row = 0; row < table->nr_rows; row++)
		place[row] = (struct place){ row, table_number(table, row, held),
					     table_number(table, row, pages) };
	qsort(place, table->nr_rows, sizeof(*place), compare);
	for (i = 0; i < table->nr_columns; i++)
		fprintf(out, "%s ", table->column[i]);
	fputs("function module\n", out);
	for (row = 0; row < table->nr_rows; row++)
		put_row(out, table, place[row].row, table_cell(table, place[row].row, caller));
	free(place);
}

bool watch_table(const struct source *source, const char *path, struct table *table)
{
	struct text text = { .line = 1 };
	struct table read;
	FILE *out;

	*table = (struct table){};
	if (!source_table(source, path, &read))
		return false;
	out = open_memstream(&text.data, &text.size);
	if (!out)
		die(FAILED, "There is not enough memory.");
	put_table(out, &read);
	if (fclose(out))
		die(FAILED, "There is not enough memory.");
	source_parse(source, path, &text, table);
	table_free(&read);
	return true;
}
