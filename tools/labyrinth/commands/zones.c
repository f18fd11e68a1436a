// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cell.h"
#include "../read/zone.h"
#include "../show/json.h"
#include "../show/list.h"
#include "../show/print.h"

#define GAUGE	64

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
			printf("%s%c%s", colour(gauge[i] == '#' ? depth_colour(zone->depth) : STRONG),
			       gauge[i], colour(PLAIN));
	puts(more ? ">" : "]");
}

static void zone_print(const struct zone *zone, const struct table *owners)
{
	int64_t deepest = zone_deepest_owner(owners), floor = UNKNOWN, pct = 0;

	printf("%snode %" PRId64 " ", colour(STRONG), or_zero(zone->node));
	cell_put(stdout, zone->name);
	printf("%s: %" PRId64 " free, %" PRId64 " of them usable", colour(PLAIN), zone->free,
	       zone->usable > 0 ? zone->usable : 0);
	if (zone->depth != UNKNOWN)
		printf("; %s%" PRId64 " %%%s of the atomic reserve used",
		       colour(zone->depth > 0 ? depth_colour(zone->depth) : PLAIN),
		       zone->depth, colour(PLAIN));
	putchar('\n');
	if (deepest >= 0) {
		pct = table_number_of(owners, deepest, "reserve_pct");
		floor = zone_floor(zone, pct);
	}
	gauge_print(zone, floor);
	if (zone->bottom != UNKNOWN)
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
	source_note_closed(source, "pages of owners that come from each zone's reserve");
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
	printf("In pages.  %s\n", zone_legend);
	table_free(&owners);
	table_free(&zones);
}

const struct command zones_command = {
	.name = "zones",
	.summary = "each zone's free pages and watermarks, as a gauge",
	.takes = TAKES_JSON,
	.run = run,
	.example = "zones",
};
