/* SPDX-License-Identifier: GPL-2.0 */
/* A zone's pages and marks, as zones and top draw them. */
#ifndef ZONE_H
#define ZONE_H

#include "table.h"

struct zone {
	const char *name;
	int64_t node, free, usable, min, low, high, bottom, depth;
};

struct zone zone_read(const struct table *zones, size_t row);

/* The row of the owner that may go deepest; -1 where that is not known. */
int64_t zone_deepest_owner(const struct table *owners);
/* The floor of an owner with reserve_pct @pct; UNKNOWN where that of GFP_ATOMIC is. */
int64_t zone_floor(const struct zone *zone, int64_t pct);

/*
 * @width characters: "#" for what may be taken, "." for the rest, and letters for the marks.
 * True: more may be taken than fits in.
 */
bool zone_gauge(const struct zone *zone, int64_t floor, char *gauge, int width);

#endif
