// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cell.h"
#include "../message.h"
#include "../nearest.h"
#include "json.h"
#include "list.h"
#include "print.h"

/* ---- selection */

static bool is(const struct table *table, size_t row, const char *column, const char *wanted)
{
	return !wanted || !strcmp(table_cell(table, row, table_column(table, column)), wanted);
}

/* Violations also match by offender. The table of owners has the owner's name in "name". */
static bool is_owners(const struct table *table, size_t row, const char *owner)
{
	const char *column = table_column(table, "owner") < 0 ? "name" : "owner";

	return is(table, row, column, owner) ||
	       (table_column(table, "offender") >= 0 && is(table, row, "offender", owner));
}

static bool is_wanted(const struct table *table, size_t row, const struct options *options)
{
	return is_owners(table, row, options->owner) && is(table, row, "state", options->state) &&
	       is(table, row, "module", options->module) &&
	       is(table, row, "reason", options->reason) && is(table, row, "kind", options->kind) &&
	       (options->older_than == UNKNOWN ||
		table_number(table, row, table_column(table, "age_ms")) > options->older_than);
}

/* Accept a known word, or one in the table, which may be of another version. */
static void check_word(const struct table *table, const char *column, const char *wanted,
		       const char *words)
{
	size_t size = wanted ? strlen(wanted) : 0, row;
	const char *at = words;

	if (!wanted)
		return;
	need_column(table, column);
	for (; size && (at = strstr(at, wanted)); at += size)
		if ((at == words || at[-1] == ' ') && (at[size] == ' ' || !at[size]))
			return;
	for (row = 0; row < table->nr_rows; row++)
		if (is(table, row, column, wanted))
			return;
	die(USAGE, "There is no %s \"%s\". There are: %s.", column, wanted, words);
}

void list_need_owner(const struct source *source, const struct table *table,
		     const struct options *options)
{
	struct nearest nearest = { .word = options->owner };
	struct table owners;
	size_t row;

	if (!options->owner)
		return;
	for (row = 0; row < table->nr_rows; row++)
		if (is_owners(table, row, options->owner))
			return;
	/* An old saved folder may lack it. */
	if (!source_table(source, "owners", &owners))
		return;
	for (row = 0; row < owners.nr_rows; row++) {
		if (is(&owners, row, "name", options->owner)) {
			table_free(&owners);
			return;
		}
		nearest_try(&nearest, table_cell_of(&owners, row, "name"));
	}
	if (nearest.best)
		die(FAILED, "There is no owner \"%s\": did you mean \"%s\"?", options->owner,
		    nearest.best);
	die(FAILED, "There is no owner \"%s\": see \"labyrinth owners\".", options->owner);
}

static void check_columns(const struct table *table, const struct options *options)
{
	if (options->owner && table_column(table, "name") < 0)
		need_column(table, "owner");
	check_word(table, "state", options->state, "owned ready quarantined orphan");
	check_word(table, "reason", options->reason, "budget floor buddy context scope dying");
	check_word(table, "kind", options->kind,
		   "bad_argument double_free foreign_free plain_page shared_page freed_behind use_after_free wrong_scope dead_owner receiver_full orphan module_gone miscounted");
	if (options->older_than != UNKNOWN)
		need_column(table, "age_ms");
}

struct key {
	size_t row, at;
	int64_t number;
	const char *word;	/* NULL in a numeric column */
};

/* Numbers descending, words ascending; stable. */
static int compare(const void *a, const void *b, void *data)
{
	const struct key *left = a, *right = b;
	const bool *reverse = data;
	int which;

	if (left->word)
		which = strcmp(left->word, right->word);
	else
		which = (left->number < right->number) - (left->number > right->number);
	if (*reverse)
		which = -which;
	return which ?: (left->at > right->at) - (left->at < right->at);
}

__attribute__((noreturn))
static void die_of_column(const struct table *table, const char *name)
{
	char names[1024] = "";
	unsigned int i;

	for (i = 0; i < table->nr_columns; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s",
			 table->column[i]);
	die(USAGE, "%s has no column \"%s\" to sort by. There are:%s.", table->file, name, names);
}

/* The heading of a column of ages is "age" for "age_ms". */
static int column_of(const struct table *table, const char *name)
{
	int column = table_column(table, name);
	char ms[64];

	snprintf(ms, sizeof(ms), "%s_ms", name);
	return column < 0 ? table_column(table, ms) : column;
}

static void sort(struct list *list, const char *name, bool reverse)
{
	const struct table *table = list->table;
	int column = column_of(table, name);
	struct key *keys;
	size_t i;

	if (column < 0)
		die_of_column(table, name);
	keys = allocate(NULL, list->nr, sizeof(*keys));
	for (i = 0; i < list->nr; i++) {
		keys[i].row = list->row[i];
		keys[i].at = i;
		keys[i].word = table->number[column] ? NULL :
			       table_cell(table, list->row[i], column);
		keys[i].number = keys[i].word ? 0 : table_number(table, list->row[i], column);
	}
	qsort_r(keys, list->nr, sizeof(*keys), compare, &reverse);
	for (i = 0; i < list->nr; i++)
		list->row[i] = keys[i].row;
	free(keys);
}

static void turn(struct list *list)
{
	size_t i;

	for (i = 0; i < list->nr / 2; i++) {
		size_t other = list->row[i];

		list->row[i] = list->row[list->nr - 1 - i];
		list->row[list->nr - 1 - i] = other;
	}
}

void list_choose(struct list *list, const struct table *table, const char * const *columns,
		 const struct options *options)
{
	size_t row;

	*list = (struct list){ .table = table, .columns = columns };
	check_columns(table, options);
	list->row = allocate(NULL, table->nr_rows, sizeof(*list->row));
	for (row = 0; row < table->nr_rows; row++)
		if (is_wanted(table, row, options))
			list->row[list->nr++] = row;
	/* The module appends to its reports. */
	if (table_column(table, "seq") >= 0)
		turn(list);
	if (options->sort)
		sort(list, options->sort, options->reverse);
	else if (options->reverse)
		turn(list);
	if (options->limit != UNKNOWN && list->nr > (size_t)options->limit) {
		list->cut = list->nr - options->limit;
		list->nr = options->limit;
	}
}

/* ---- output */

static bool is_age(const char *column)
{
	return !strcmp(column, "age_ms") || !strcmp(column, "first_ms") ||
	       !strcmp(column, "last_ms");
}

static const char *shown(const struct list *list, size_t i, int column, char buf[32])
{
	const char *name = column < 0 ? "" : list->table->column[column];

	if (is_age(name))
		return age_text(buf, table_number(list->table, list->row[i], column));
	if (!strcmp(name, "caught"))
		return table_number(list->table, list->row[i], column) == 1 ? "in the act" : "-";
	return table_cell(list->table, list->row[i], column);
}

static const char *heading(const char *column)
{
	return !strcmp(column, "age_ms") ? "age" : !strcmp(column, "first_ms") ? "first" :
	       !strcmp(column, "last_ms") ? "last" : column;
}

static bool is_right(const char *column)
{
	return table_is_number(column) && strcmp(column, "caught");
}

static void put(const char *text, size_t width, bool right, bool last, enum colour how)
{
	int pad = width - cell_width(text);

	if (right)
		printf("%*s", pad, "");
	fputs(how ? colour(how) : "", stdout);
	cell_put(stdout, text);
	fputs(how ? colour(PLAIN) : "", stdout);
	if (last)
		putchar('\n');
	else
		printf("%*s", right ? 2 : pad + 2, "");
}

void list_print(const struct list *list, const char *none)
{
	int column[COLUMNS_MOST];
	size_t width[COLUMNS_MOST], i, nr = 0, c;
	char buf[32];

	if (!list->nr && !list->cut) {
		puts(none);
		return;
	}
	for (; list->columns[nr]; nr++) {
		column[nr] = table_column(list->table, list->columns[nr]);
		width[nr] = strlen(heading(list->columns[nr]));
	}
	for (i = 0; i < list->nr; i++)
		for (c = 0; c < nr; c++) {
			size_t wide = cell_width(shown(list, i, column[c], buf));

			width[c] = wide > width[c] ? wide : width[c];
		}
	for (c = 0; c < nr; c++)
		put(heading(list->columns[c]), width[c], is_right(list->columns[c]), c + 1 == nr,
		    STRONG);
	for (i = 0; i < list->nr; i++)
		for (c = 0; c < nr; c++) {
			const char *cell = shown(list, i, column[c], buf);

			put(cell, width[c], is_right(list->columns[c]), c + 1 == nr,
			    cell_colour(list->columns[c], cell));
		}
	if (list->cut)
		printf("... and %zu more\n", list->cut);
}

void list_json(const struct list *list)
{
	size_t i;

	json_open();
	for (i = 0; i < list->nr; i++)
		json_next(json_row(list->table, list->row[i]));
	json_close();
}

void list_table(struct table *table, const struct options *options, const char * const *columns,
		const char *none)
{
	struct list list;

	list_choose(&list, table, columns, options);
	if (options->json)
		list_json(&list);
	else
		list_print(&list, none);
	free(list.row);
	table_free(table);
}

void list_run(const struct source *source, const struct options *options, const char *file,
	      const char * const *columns, const char *none)
{
	struct table table;

	source_need_table(source, file, &table);
	list_need_owner(source, &table, options);
	list_table(&table, options, columns, none);
}
