// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../message.h"
#include "table.h"

/* ---- numbers */

static const char * const number_names[] = {
	"age_ms", "allocs", "atomic_floor", "audits", "below_min", "boost", "budget", "busy",
	"bytes", "cached", "caught", "cma", "could_sleep", "cpu", "depth_pct", "first_ms",
	"floor", "found", "free", "frees", "from", "from_reserve", "held", "high", "highatomic", "id", "last_ms", "low",
	"lowmem_reserve", "mapcount", "min", "min_free_kbytes", "minutes_ago", "ms", "nid",
	"node", "on", "order", "orphans", "owned", "owners", "page_size", "pages", "peak", "pfn",
	"phys", "quarantined", "ram", "ready", "refcount", "refused", "report", "reserve_pct",
	"seq", "stock", "stocked", "tags", "times", "to", "unseen", "us", "usable", "violations",
};

bool table_is_number(const char *name)
{
	size_t i;

	if (!strncmp(name, "refused_", 8) || !strncmp(name, "violations_", 11))
		return true;
	for (i = 0; i < sizeof(number_names) / sizeof(*number_names); i++)
		if (!strcmp(name, number_names[i]))
			return true;
	return false;
}

bool number_parse(const char *text, int64_t *value)
{
	const char *digits = text + (*text == '-');
	int base = digits[0] == '0' && digits[1] == 'x' ? 16 : 10;
	char *end;

	if (!strcmp(text, "-")) {
		*value = UNKNOWN;
		return true;
	}
	if (!isxdigit((unsigned char)digits[base == 16 ? 2 : 0]))
		return false;
	errno = 0;
	*value = strtoll(text, &end, base);
	return !errno && !*end && *value <= NUMBER_MOST && *value >= -NUMBER_MOST;
}

/* ---- parsing */

__attribute__((format(printf, 3, 4)))
static bool refuse(struct trouble *trouble, unsigned long line, const char *format, ...)
{
	va_list args;

	trouble->line = line;
	va_start(args, format);
	vsnprintf(trouble->what, sizeof(trouble->what), format, args);
	va_end(args);
	return false;
}

char *text_line(struct text *text, struct trouble *trouble)
{
	char *line = text->data + text->at, *end;
	size_t left = text->size - text->at, size;

	*trouble = (struct trouble){};
	if (!left)
		return NULL;
	end = memchr(line, '\n', left < LINE_MOST ? left : LINE_MOST);
	size = end ? (size_t)(end - line) : left;
	if (memchr(line, 0, size < LINE_MOST ? size : LINE_MOST))
		refuse(trouble, text->line, "A byte is 0: this is no text.");
	else if (!end && left < LINE_MOST)
		refuse(trouble, text->line, "The line is cut off.");
	else if (!end)
		refuse(trouble, text->line, "The line is longer than %lu bytes.", LINE_MOST);
	if (trouble->line)
		return NULL;
	*end = 0;
	text->at += size + 1;
	text->line++;
	return line;
}

static bool is_column_name(const char *name)
{
	return islower((unsigned char)*name) &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789")];
}

static bool parse_names(struct table *table, char *line, struct trouble *trouble)
{
	char *name, *rest;

	for (name = strtok_r(line, " \t", &rest); name; name = strtok_r(NULL, " \t", &rest)) {
		if (!is_column_name(name))
			return refuse(trouble, table->line, "\"%.64s\" is no name of a column.",
				      name);
		if (table_column(table, name) >= 0)
			return refuse(trouble, table->line, "Column \"%.64s\" is there twice.",
				      name);
		if (table->nr_columns == COLUMNS_MOST)
			return refuse(trouble, table->line, "There are more than %u columns.",
				      COLUMNS_MOST);
		table->number[table->nr_columns] = table_is_number(name);
		table->column[table->nr_columns++] = name;
	}
	return table->nr_columns || refuse(trouble, table->line, "No columns are named.");
}

bool table_is_pairs(const struct table *table)
{
	return table->nr_columns == 2 && !strcmp(table->column[0], "name") &&
	       !strcmp(table->column[1], "value");
}

static bool parse_row(struct table *table, char *line, unsigned long nr, struct trouble *trouble)
{
	uint32_t *cell = table->cell + table->nr_rows * table->nr_columns;
	bool pairs = table_is_pairs(table);
	unsigned int i = 0;
	const char *name;
	int64_t value;
	char *at, *rest;

	for (at = strtok_r(line, " \t", &rest); at; at = strtok_r(NULL, " \t", &rest)) {
		if (i == table->nr_columns)
			return refuse(trouble, nr, "There are more cells than columns in line %lu.",
				      table->line);
		/* In a name-value table, the row's name determines the type. */
		name = pairs && i ? table->data + cell[0] : table->column[i];
		if ((pairs ? table_is_number(name) : table->number[i]) && !number_parse(at, &value))
			return refuse(trouble, nr, "\"%.64s\" is no number for \"%.40s\".", at,
				      name);
		cell[i++] = at - table->data;
	}
	table->nr_rows++;
	return i == table->nr_columns ||
	       refuse(trouble, nr, "There are %u cells, and %u columns in line %lu.", i,
		      table->nr_columns, table->line);
}

bool table_parse(struct table *table, struct text *text, struct trouble *trouble)
{
	size_t room = 0;
	char *line;

	*table = (struct table){ .data = text->data, .line = text->line };
	line = text_line(text, trouble);
	if (!line)
		return !trouble->line &&
		       refuse(trouble, text->line, "There is no line that names the columns.");
	if (!parse_names(table, line, trouble))
		return false;
	while ((line = text_line(text, trouble)) && *line) {
		if (table->nr_rows == room) {
			room = room ? 2 * room : 64;
			table->cell = allocate(table->cell, room * table->nr_columns,
					       sizeof(*table->cell));
		}
		if (!parse_row(table, line, text->line - 1, trouble))
			return false;
	}
	return !trouble->line;
}

void table_free(struct table *table)
{
	free(table->cell);
	free(table->data);
	free(table->file);
	*table = (struct table){};
}

/* ---- lookup */

int table_column(const struct table *table, const char *name)
{
	unsigned int i;

	for (i = 0; i < table->nr_columns; i++)
		if (!strcmp(name, table->column[i]))
			return i;
	return -1;
}

const char *table_cell(const struct table *table, size_t row, int column)
{
	return column < 0 ? "?" : table->data + table->cell[row * table->nr_columns + column];
}

int64_t table_number(const struct table *table, size_t row, int column)
{
	int64_t value;

	if (column < 0 || !number_parse(table_cell(table, row, column), &value))
		return UNKNOWN;
	return value;
}

const char *table_cell_of(const struct table *table, size_t row, const char *name)
{
	return table_cell(table, row, table_column(table, name));
}

int64_t table_number_of(const struct table *table, size_t row, const char *name)
{
	return table_number(table, row, table_column(table, name));
}

int64_t or_zero(int64_t value)
{
	return value == UNKNOWN ? 0 : value;
}

int64_t table_sum(const struct table *table, int column)
{
	int64_t sum = 0, value;
	size_t row;

	if (column < 0)
		return UNKNOWN;
	for (row = 0; row < table->nr_rows; row++) {
		value = table_number(table, row, column);
		if (value != UNKNOWN && __builtin_add_overflow(sum, value, &sum))
			return UNKNOWN;
	}
	return sum;
}

const char *table_value(const struct table *table, const char *name)
{
	size_t row;

	if (table_is_pairs(table))
		for (row = 0; row < table->nr_rows; row++)
			if (!strcmp(name, table_cell(table, row, 0)))
				return table_cell(table, row, 1);
	return NULL;
}

int64_t table_value_number(const struct table *table, const char *name)
{
	const char *cell = table_value(table, name);
	int64_t value;

	return cell && number_parse(cell, &value) ? value : UNKNOWN;
}
