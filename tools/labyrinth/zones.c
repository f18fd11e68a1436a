// SPDX-License-Identifier: GPL-2.0
/*
 * What may be taken from a zone is free - cma - lowmem_reserve. Between min and 3/8 of it
 * lies the atomic reserve, of which an owner may have reserve_pct percent: down to its floor.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "json.h"
#include "list.h"
#include "print.h"
#include "zone.h"

#define GAUGE	64

int64_t zone_bottom(int64_t min)
{
	min -= min / 2;
	return min - min / 4;
}

int64_t zone_mark(int64_t min, int64_t bottom, int64_t pct)
{
	return min - (int64_t)((__int128)(min - bottom) *
			       (pct < 0 ? 0 : pct > 100 ? 100 : pct) / 100);
}

struct zone zone_read(const struct table *table, size_t row)
{
	struct zone zone = {
		.name = table_cell_of(table, row, "zone"),
		.node = table_number_of(table, row, "node"),
		.free = or_zero(table_number_of(table, row, "free")),
		.min = or_zero(table_number_of(table, row, "min")),
		.low = table_number_of(table, row, "low"),
		.high = table_number_of(table, row, "high"),
		.bottom = table_number_of(table, row, "atomic_floor"),
		.depth = table_number_of(table, row, "depth_pct"),
	};

	zone.usable = zone.free - or_zero(table_number_of(table, row, "cma")) -
		      or_zero(table_number_of(table, row, "lowmem_reserve"));
	if (zone.bottom == UNKNOWN)
		zone.bottom = zone_bottom(zone.min);
	return zone;
}

int64_t zone_deepest_owner(const struct table *owners)
{
	int column = table_column(owners, "reserve_pct");
	int64_t most = UNKNOWN, at = -1, value;
	size_t row;

	for (row = 0; row < owners->nr_rows; row++) {
		value = table_number(owners, row, column);
		if (value > most) {
			most = value;
			at = row;
		}
	}
	return at;
}

int64_t zone_floor(const struct zone *zone, int64_t pct)
{
	return zone_mark(zone->min, zone->bottom, pct);
}

enum colour zone_colour(const struct zone *zone)
{
	return zone->depth >= 100 ? BAD : zone->depth > 0 ? WARNING : GOOD;
}

/* ---- the gauge */

static void put_mark(char *gauge, int width, double scale, int64_t pages, char letter)
{
	double at = pages / scale * width;

	if (pages != UNKNOWN && at >= 0 && at < width)
		gauge[(int)at] = letter;
}

bool zone_gauge(const struct zone *zone, int64_t floor, char *gauge, int width)
{
	double scale = 1.25 * (zone->high > zone->min ? zone->high : 1.5 * zone->min);
	int i;

	if (scale < 1)
		scale = 1;
	for (i = 0; i < width; i++)
		gauge[i] = zone->usable >= (i + 1) * scale / width ? '#' : '.';
	put_mark(gauge, width, scale, zone->high, 'h');
	put_mark(gauge, width, scale, zone->low, 'l');
	put_mark(gauge, width, scale, zone->bottom, '3');
	put_mark(gauge, width, scale, floor, 'f');
	put_mark(gauge, width, scale, zone->min, 'm');
	return zone->usable > scale;
}

static void gauge_print(const struct zone *zone, int64_t floor)
{
	char gauge[GAUGE];
	bool more = zone_gauge(zone, floor, gauge, GAUGE);
	int i;

	fputs("  [", stdout);
	for (i = 0; i < GAUGE; i++)
		if (gauge[i] == '.')
			putchar('.');
		else
			printf("%s%c%s", colour(gauge[i] == '#' ? zone_colour(zone) : STRONG),
			       gauge[i], colour(PLAIN));
	puts(more ? ">" : "]");
}

static void zone_print(const struct zone *zone, const struct table *owners)
{
	int64_t deepest = zone_deepest_owner(owners), floor = UNKNOWN, pct = 0;

	printf("%snode %" PRId64 " ", colour(STRONG), or_zero(zone->node));
	cell_put(stdout, zone->name);
	printf("%s: %" PRId64 " free, %" PRId64 " of them may be taken", colour(PLAIN), zone->free,
	       zone->usable > 0 ? zone->usable : 0);
	if (zone->depth != UNKNOWN)
		printf("; %s%" PRId64 " %%%s of the atomic reserve gone",
		       colour(zone->depth >= 100 ? BAD : zone->depth > 0 ? WARNING : PLAIN),
		       zone->depth, colour(PLAIN));
	putchar('\n');
	if (deepest >= 0) {
		pct = table_number_of(owners, deepest, "reserve_pct");
		floor = zone_floor(zone, pct);
	}
	gauge_print(zone, floor);
	printf("  3/8 %" PRId64, zone->bottom);
	if (floor != UNKNOWN) {
		printf("  floor %" PRId64 " (", floor);
		cell_put(stdout, table_cell_of(owners, deepest, "name"));
		printf(", %" PRId64 " %%)", pct);
	}
	printf("  min %" PRId64, zone->min);
	if (zone->low != UNKNOWN)
		printf("  low %" PRId64, zone->low);
	if (zone->high != UNKNOWN)
		printf("  high %" PRId64, zone->high);
	puts("\n");
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct table zones, owners;
	size_t row;

	(void)args;
	source_need_table(source, "zones", &zones);
	if (options->json) {
		json_open();
		for (row = 0; row < zones.nr_rows; row++)
			json_next(json_row(&zones, row));
		json_close();
		table_free(&zones);
		return;
	}
	need_column(&zones, "zone");
	need_column(&zones, "free");
	need_column(&zones, "min");
	source_table(source, "owners", &owners);
	for (row = 0; row < zones.nr_rows; row++) {
		struct zone zone = zone_read(&zones, row);

		zone_print(&zone, &owners);
	}
	puts("In pages. # may be taken   m min   f the deepest floor of an owner   3 where GFP_ATOMIC ends, 3/8 of min\n"
	     "l low   h high");
	table_free(&owners);
	table_free(&zones);
}

const struct command zones_command = {
	.name = "zones",
	.summary = "gauges of the zones, and how much of the atomic reserve is left",
	.takes = TAKES_JSON,
	.run = run,
};
