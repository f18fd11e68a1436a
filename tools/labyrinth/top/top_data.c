// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../message.h"
#include "top.h"

/* The columns up to VIOL fit into 80 characters. */
const struct owner_column_info owner_columns[NR_OWNER_COLUMNS] = {
	[OWNER_NAME]		= { "NAME", "name", NULL, 24, false },
	[OWNER_OWNED]		= { "OWNED/BUDGET", "owned", "budget", 12, false },
	[OWNER_STOCKED]		= { "READY/STOCK", "stocked", "stock", 11, false },
	[OWNER_RESERVE]		= { "RESERVE", "from_reserve", NULL, 7, false },
	[OWNER_ALLOCS]		= { "ALLOCS/s", "allocs", NULL, 8, true },
	[OWNER_REFUSALS]	= { "REFUS/s", "refused", NULL, 7, true },
	[OWNER_VIOLATIONS]	= { "VIOL", "violations", NULL, 5, false },
	[OWNER_REFUSED]		= { "REFUSED", "refused", NULL, 8, false },
	[OWNER_PEAK]		= { "PEAK", "peak", NULL, 7, false },
	[OWNER_QUARANTINED]	= { "QUARANT", "quarantined", NULL, 7, false },
	[OWNER_SLEEP]		= { "COULDSLEEP", "could_sleep", NULL, 10, false },
	[OWNER_MODULE]		= { "MODULE", "module", NULL, 20, false },
};

/* A column is named as in the table, or as on the screen. */
enum owner_column owner_column_find(const char *name)
{
	enum owner_column column;

	for (column = 0; column < NR_OWNER_COLUMNS; column++)
		if (!strcasecmp(name, owner_columns[column].name) ||
		    !strcasecmp(name, owner_columns[column].title))
			return column;
	die(USAGE, "\"top\" has no column \"%s\" to sort by: see its headings.", name);
}

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- reading */

/* The owner's row in the previous sample; -1 if it is new. */
static int64_t row_before(const struct table *before, const struct table *owners, size_t row)
{
	const char *key = table_column(owners, "id") < 0 ? "name" : "id";
	const char *mine = table_cell(owners, row, table_column(owners, key));
	int column = table_column(before, key);
	size_t i;

	if (column < 0)
		return -1;
	/* Most owners keep their row. */
	if (row < before->nr_rows && !strcmp(table_cell(before, row, column), mine))
		return row;
	for (i = 0; i < before->nr_rows; i++)
		if (!strcmp(table_cell(before, i, column), mine))
			return i;
	return -1;
}

static double rate(const struct table *before, size_t old, const struct table *owners, size_t row,
		   const char *name, int64_t ms)
{
	int64_t from = table_number(before, old, table_column(before, name));
	int64_t to = table_number(owners, row, table_column(owners, name));

	return from == UNKNOWN || to < from ? -1 : (to - from) * 1000.0 / ms;
}

static void read_rates(struct top_data *data, const struct table *before, int64_t ms)
{
	const struct table *owners = &data->owners;
	size_t row;

	data->rates = allocate(data->rates, owners->nr_rows, sizeof(*data->rates));
	for (row = 0; row < owners->nr_rows; row++) {
		int64_t old = before->nr_rows && ms > 0 ? row_before(before, owners, row) : -1;

		data->rates[row] = (struct rates){ -1, -1 };
		if (old >= 0)
			data->rates[row] = (struct rates){
				rate(before, old, owners, row, "allocs", ms),
				rate(before, old, owners, row, "refused", ms),
			};
	}
}

static void read_again(const struct source *source, struct kept *file, struct table *table)
{
	table_free(table);
	kept_table(source, file, table);
}

static void read_dippers(struct top_data *data)
{
	char mode[MODE_MOST];

	watch_mode(data->source, mode);
	table_free(&data->dippers);
	data->dipping = watch_is_reserve(mode) &&
			watch_table(data->source, "dippers", &data->dippers);
}

void top_data_read(struct top_data *data)
{
	struct table before = data->owners;
	int64_t at = now_ms();

	kept_need_table(data->source, &data->owner_file, &data->owners);
	need_column(&data->owners, "name");
	read_rates(data, &before, at - data->read_at);
	table_free(&before);
	data->read_at = at;
	read_again(data->source, &data->zone_file, &data->zones);
	read_again(data->source, &data->refusal_file, &data->refusals);
	read_again(data->source, &data->violation_file, &data->violations);
	read_dippers(data);
	if (!data->source->live && !data->saved.nr_rows)
		source_table(data->source, "saved", &data->saved);
	top_data_choose(data);
}

void top_data_free(struct top_data *data)
{
	table_free(&data->owners);
	table_free(&data->zones);
	table_free(&data->refusals);
	table_free(&data->violations);
	table_free(&data->dippers);
	table_free(&data->saved);
	kept_close(&data->owner_file);
	kept_close(&data->zone_file);
	kept_close(&data->refusal_file);
	kept_close(&data->violation_file);
	free(data->rates);
	free(data->row);
}

/* ---- selection */

bool is_filtered(const struct wish *wish, const char *text)
{
	return !*wish->filter || strcasestr(text, wish->filter);
}

double owner_rate(const struct top_data *data, size_t row, enum owner_column column)
{
	return column == OWNER_ALLOCS ? data->rates[row].allocs : data->rates[row].refusals;
}

static const char *name_of(const struct top_data *data, size_t row)
{
	return table_cell(&data->owners, row, table_column(&data->owners, "name"));
}

static double value(const struct top_data *data, size_t row, enum owner_column column)
{
	if (owner_columns[column].rate)
		return owner_rate(data, row, column);
	return table_number(&data->owners, row,
			    table_column(&data->owners, owner_columns[column].name));
}

/* Numbers descending, words ascending; stable. */
static int compare(const void *a, const void *b, void *context)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	const struct top_data *data = context;
	enum owner_column column = data->wish.sort;
	int at = table_column(&data->owners, owner_columns[column].name), which;

	if (column == OWNER_NAME || column == OWNER_MODULE) {
		which = strcmp(table_cell(&data->owners, left, at),
			       table_cell(&data->owners, right, at));
	} else {
		double x = value(data, left, column), y = value(data, right, column);

		which = (x < y) - (x > y);
	}
	if (data->wish.reverse)
		which = -which;
	return which ?: (left > right) - (left < right);
}

const char *top_data_selected(const struct top_data *data)
{
	return data->wish.cursor.at < data->nr ?
	       name_of(data, data->row[data->wish.cursor.at]) : NULL;
}

void top_data_choose(struct top_data *data)
{
	size_t row, i;

	data->row = allocate(data->row, data->owners.nr_rows, sizeof(*data->row));
	for (data->nr = row = 0; row < data->owners.nr_rows; row++)
		if (is_filtered(&data->wish, name_of(data, row)))
			data->row[data->nr++] = row;
	qsort_r(data->row, data->nr, sizeof(*data->row), compare, data);
	for (i = 0; *data->selected && i < data->nr; i++)
		if (!strcmp(name_of(data, data->row[i]), data->selected))
			data->wish.cursor.at = i;
}
