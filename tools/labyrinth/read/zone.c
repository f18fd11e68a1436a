// SPDX-License-Identifier: GPL-2.0
/*
 * The usable pages of a zone are free - cma - lowmem_reserve. The atomic reserve lies between
 * min and the floor of GFP_ATOMIC. An owner may use reserve_pct percent of it, down to the
 * owner's floor.
 */
#include "zone.h"

const char zone_legend[] =
	"# usable  3 GFP_ATOMIC's floor  f an owner's lowest floor  m min  l low  h high";

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
	if (zone->bottom == UNKNOWN)
		return UNKNOWN;
	pct = pct < 0 ? 0 : pct > 100 ? 100 : pct;
	return zone->min - (int64_t)((__int128)(zone->min - zone->bottom) * pct / 100);
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
