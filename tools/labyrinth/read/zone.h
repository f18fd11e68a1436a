/* SPDX-License-Identifier: GPL-2.0 */
/* A zone's pages and watermarks, drawn by zones and top. */
#ifndef ZONE_H
#define ZONE_H

#include "table.h"

struct zone {
	const char *name;
	int64_t node, free, usable, min, low, high, bottom, depth;
};

struct zone zone_read(const struct table *zones, size_t row);

/* The row of the owner with the deepest floor; -1 if unknown. */
int64_t zone_deepest_owner(const struct table *owners);
/* The floor of an owner with reserve_pct @pct; UNKNOWN if GFP_ATOMIC's floor is unknown. */
int64_t zone_floor(const struct zone *zone, int64_t pct);

/*
 * @width characters: "#" for usable pages, "." for the rest, letters for the marks. Returns
 * true if the usable pages exceed the scale.
 */
bool zone_gauge(const struct zone *zone, int64_t floor, char *gauge, int width);

/* What the characters of a gauge mean. */
extern const char zone_legend[];

#endif
