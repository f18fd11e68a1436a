// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../cell.h"
#include "../read/watch_table.h"
#include "../show/json.h"
#include "../show/list.h"
#include "../show/print.h"
#include "watch_module.h"

static const char * const columns[] = {
	"function", "order", "gfp", "context", "times", "pages", "held", "unseen", "below_min",
	"refused", "depth_pct", "age_ms", NULL
};

/* ---- reading */

void watched_read(const struct source *source, struct watched *watched)
{
	keyvalues_need(source, "watch_module", &watched->figures);
	if (!watch_table(source, "takers", &watched->takers))
		die_of_missing(source, "takers");
}

void watched_free(struct watched *watched)
{
	keyvalues_free(&watched->figures);
	table_free(&watched->takers);
}

const char *watched_name(const struct watched *watched)
{
	return watched->figures.nr ? keyvalue_text(watched->figures.line, "module") : NULL;
}

bool watched_is_on(const struct watched *watched)
{
	return watched->figures.nr && keyvalue_number(watched->figures.line, "on") == 1;
}

/* ---- text output */

static int64_t figure(const struct watched *watched, const char *key)
{
	return keyvalue_number(watched->figures.line, key);
}

static int64_t sum(const struct watched *watched, const char *column)
{
	return or_zero(table_sum(&watched->takers, table_column(&watched->takers, column)));
}

/* Pages of requests for more than one page. */
static int64_t large_pages(const struct watched *watched)
{
	int64_t large = 0;
	size_t row;

	for (row = 0; row < watched->takers.nr_rows; row++)
		if (table_number_of(&watched->takers, row, "order") > 0)
			large += or_zero(table_number_of(&watched->takers, row, "pages"));
	return large;
}

static void print_number(int64_t value)
{
	if (value == UNKNOWN)
		putchar('?');
	else
		printf("%" PRId64, value);
}

static void print_taken(const struct watched *watched)
{
	int64_t unseen = sum(watched, "unseen"), large = large_pages(watched);

	printf("taken        %" PRId64 " pages by %" PRId64 " requests that may not sleep; %" PRId64
	       " of the pages from below min\n", sum(watched, "pages"), sum(watched, "times"),
	       sum(watched, "below_min"));
	if (large)
		printf("large        %" PRId64 " of the pages by requests of higher orders, which labyrinth does not serve\n",
		       large);
	fputs("peak         ", stdout);
	print_number(figure(watched, "peak"));
	fputs(" pages at once", stdout);
	if (unseen)
		printf(" or more, as the free of %" PRId64 " pages could not be seen", unseen);
	fputs("; ", stdout);
	print_number(figure(watched, "held"));
	printf(" held at the end\nrefused      %" PRId64 " requests\n", sum(watched, "refused"));
}

static int64_t deepest(const struct watched *watched)
{
	int64_t depth = 0, value;
	size_t row;

	for (row = 0; row < watched->takers.nr_rows; row++) {
		value = table_number_of(&watched->takers, row, "depth_pct");
		depth = value > depth ? value : depth;
	}
	return depth;
}

/* As parameters of an owner, where reserve_pct 0 would be the module's default. */
static void print_needs(const struct watched *watched)
{
	int64_t stock = figure(watched, "stock"), share = figure(watched, "reserve_pct");

	fputs("\nTo serve the same requests, an owner of labyrinth would need\nbudget       ", stdout);
	print_number(figure(watched, "budget"));
	printf(" pages%s\nstock        ", sum(watched, "unseen") ? " or more" : "");
	print_number(stock);
	puts(stock == UNKNOWN ? "" : stock ? " pages, the most that were refused in one second" :
	     " pages: no refusal was seen");
	fputs("reserve_pct  ", stdout);
	if (share)
		print_number(share);
	else
		fputs(sum(watched, "below_min") ? "1: less than a percent was used" :
		      "LABYRINTH_RESERVE_NONE: no page came from below min", stdout);
	putchar('\n');
}

void watched_print(const struct watched *watched)
{
	const struct options options = { .older_than = UNKNOWN, .limit = UNKNOWN };
	int64_t depth = deepest(watched);
	struct list list;
	char buf[32];

	fputs("module       ", stdout);
	cell_put(stdout, watched_name(watched) ?: "?");
	printf(", watched for %s\n", age_text(buf, figure(watched, "ms")));
	if (!watched->takers.nr_rows) {
		puts("taken        nothing: there was no request that may not sleep");
		return;
	}
	print_taken(watched);
	printf("depth        %s%" PRId64 " %%%s of the atomic reserve gone after a request, at most\n\n",
	       colour(depth_colour(depth)), depth, colour(PLAIN));
	list_choose(&list, &watched->takers, columns, &options);
	list_print(&list, "");
	free(list.row);
	print_needs(watched);
}

/* ---- JSON output */

void watched_json(const struct watched *watched)
{
	const struct keyvalue *line = watched->figures.line;
	json_t *object = json_object(), *takers = json_array();
	unsigned int i;
	size_t row;

	for (i = 0; i < line->nr; i++)
		json_add(object, line->key[i], json_cell(line->key[i], line->value[i]));
	for (row = 0; row < watched->takers.nr_rows; row++)
		json_array_append_new(takers, json_row(&watched->takers, row));
	json_add(object, "takers", takers);
	json_put(object);
}
