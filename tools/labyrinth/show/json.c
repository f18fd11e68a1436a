// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../cell.h"
#include "../message.h"
#include "json.h"

static json_t *need(json_t *value)
{
	if (!value)
		die(FAILED, "There is not enough memory.");
	return value;
}

/* Text that is not UTF-8 is escaped by cell_put(). */
json_t *json_text(const char *text)
{
	json_t *value = json_string(text);
	char *escaped = NULL;
	size_t size = 0;
	FILE *out;

	if (value)
		return value;
	out = open_memstream(&escaped, &size);
	if (!out)
		return need(NULL);
	cell_put(out, text);
	fclose(out);
	value = need(json_string(escaped));
	free(escaped);
	return value;
}

json_t *json_count(int64_t value)
{
	return need(value == UNKNOWN ? json_null() : json_integer(value));
}

/* The column's name determines the type, so that it does not depend on the value. */
json_t *json_cell(const char *name, const char *cell)
{
	int64_t value;

	if (!strcmp(cell, "-"))
		return need(json_null());
	if (table_is_number(name) && number_parse(cell, &value))
		return json_count(value);
	return json_text(cell);
}

void json_add(json_t *object, const char *name, json_t *value)
{
	json_t *key = json_text(name);

	if (json_object_set_new(object, json_string_value(key), value))
		need(NULL);
	json_decref(key);
}

json_t *json_row(const struct table *table, size_t row)
{
	json_t *object = need(json_object());
	unsigned int i;

	for (i = 0; i < table->nr_columns; i++)
		json_add(object, table->column[i],
			 json_cell(table->column[i], table_cell(table, row, i)));
	return object;
}

json_t *json_pairs(const struct table *table)
{
	json_t *object = need(json_object());
	size_t row;

	for (row = 0; row < table->nr_rows; row++) {
		const char *name = table_cell(table, row, 0);

		json_add(object, name, json_cell(name, table_cell(table, row, 1)));
	}
	return object;
}

static void dump(json_t *value)
{
	size_t flags = JSON_ENSURE_ASCII | JSON_COMPACT | JSON_ENCODE_ANY;

	if (json_dumpf(value, stdout, flags) && !ferror(stdout))
		need(NULL);
	json_decref(value);
}

void json_put(json_t *value)
{
	dump(value);
	putchar('\n');
}

static bool any;

void json_open(void)
{
	any = false;
	putchar('[');
}

void json_next(json_t *value)
{
	fputs(any ? ",\n " : "\n ", stdout);
	any = true;
	dump(value);
}

void json_close(void)
{
	puts(any ? "\n]" : "]");
}
