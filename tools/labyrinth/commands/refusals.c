// SPDX-License-Identifier: GPL-2.0
/* One shortage refuses many calls: equal refusals share a line, unless --all is given. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../message.h"
#include "../show/list.h"

static const char none[] = "No refusals found.";

static const char * const columns[] = {
	"seq", "age_ms", "owner", "reason", "context", "cpu", "zone", "free", "min", "floor",
	"caller", NULL
};

static const char * const group_columns[] = {
	"times", "last_ms", "first_ms", "owner", "reason", "context", "zone", "caller", NULL
};

/* Equal in these cells. */
static const char * const keys[] = { "owner", "reason", "context", "zone", "caller" };

#define NR_KEYS	(sizeof(keys) / sizeof(*keys))

struct group {
	size_t at;		/* of the newest in the list */
	size_t times;
	int64_t first, last;	/* ms ago */
};

/* ---- groups */

static int compare_keys(const struct list *list, size_t one, size_t other)
{
	int which = 0;
	size_t i;

	for (i = 0; i < NR_KEYS && !which; i++) {
		int column = table_column(list->table, keys[i]);

		which = strcmp(table_cell(list->table, list->row[one], column),
			       table_cell(list->table, list->row[other], column));
	}
	return which;
}

/* Equal ones together, the newest of them first. */
static int compare(const void *a, const void *b, void *list)
{
	size_t one = *(const size_t *)a, other = *(const size_t *)b;

	return compare_keys(list, one, other) ?: (one > other) - (one < other);
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *one = a, *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

/* Returns the number of groups, in the order of their newest refusals. */
static size_t find_groups(struct group *group, struct list *list)
{
	int age = table_column(list->table, "age_ms");
	size_t *at = allocate(NULL, list->nr, sizeof(*at)), nr = 0, i;

	for (i = 0; i < list->nr; i++)
		at[i] = i;
	qsort_r(at, list->nr, sizeof(*at), compare, list);
	for (i = 0; i < list->nr; i++) {
		int64_t ms = table_number(list->table, list->row[at[i]], age);

		if (!nr || compare_keys(list, group[nr - 1].at, at[i]))
			group[nr++] = (struct group){ .at = at[i], .last = ms };
		group[nr - 1].times++;
		group[nr - 1].first = ms;
	}
	qsort(group, nr, sizeof(*group), compare_groups);
	free(at);
	return nr;
}

static void put_age(FILE *out, int64_t ms)
{
	if (ms == UNKNOWN)
		fputs(" -", out);
	else
		fprintf(out, " %" PRId64, ms);
}

/* A table in the module's format. Cells have no blanks. */
static void make_table(struct table *groups, struct list *list)
{
	struct group *group = allocate(NULL, list->nr, sizeof(*group));
	size_t nr = find_groups(group, list), i, k;
	struct text text = { .line = 1 };
	struct trouble trouble;
	FILE *out = open_memstream(&text.data, &text.size);

	if (!out)
		die(FAILED, "There is not enough memory.");
	for (k = 0; group_columns[k]; k++)
		fprintf(out, "%s%c", group_columns[k], group_columns[k + 1] ? ' ' : '\n');
	for (i = 0; i < nr; i++) {
		fprintf(out, "%zu", group[i].times);
		put_age(out, group[i].last);
		put_age(out, group[i].first);
		for (k = 0; k < NR_KEYS; k++)
			fprintf(out, " %s",
				table_cell_of(list->table, list->row[group[i].at], keys[k]));
		fputc('\n', out);
	}
	if (fclose(out) || !table_parse(groups, &text, &trouble))
		die(FAILED, "There is not enough memory.");
	groups->file = strdup("refusals");
	free(group);
}

/* ---- the command */

/* The age of a group is that of its newest refusal. */
static const char *group_column(const struct table *table, const char *sort)
{
	size_t i;

	if (!sort || !strcmp(sort, "age") || !strcmp(sort, "age_ms"))
		return sort ? "last_ms" : NULL;
	for (i = 0; group_columns[i]; i++)
		if (!strcmp(group_columns[i], sort))
			return sort;
	if (table_column(table, sort) >= 0)
		die(USAGE, "To sort by \"%s\", list each refusal with --all.", sort);
	return sort;
}

/* Choose among the rows first, then sort and limit the groups. */
static void list_groups(struct table *table, const struct options *options)
{
	struct options choice = *options;
	const struct options order = {
		.sort = group_column(table, options->sort), .reverse = options->reverse,
		.limit = options->limit, .older_than = UNKNOWN,
	};
	struct table groups;
	struct list list;

	choice.sort = NULL;
	choice.reverse = false;
	choice.limit = UNKNOWN;
	list_choose(&list, table, columns, &choice);
	make_table(&groups, &list);
	list_table(&groups, &order, group_columns, none);
	free(list.row);
	table_free(table);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct table table;

	(void)args;
	source_need_table(source, "refusals", &table);
	list_need_owner(source, &table, options);
	if (options->all || options->json)
		list_table(&table, options, columns, none);
	else
		list_groups(&table, options);
}

const struct command refusals_command = {
	.name = "refusals",
	.summary = "calls that got no page, and why; the newest first",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_OWNER | TAKES_REASON | TAKES_ALL,
	.run = run,
	.example = "refusals --owner=nic-rx --limit=3",
};
