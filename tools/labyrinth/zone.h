/* SPDX-License-Identifier: GPL-2.0 */
/* A zone's pages and marks, as zones and top draw them. */
#ifndef ZONE_H
#define ZONE_H

#include "print.h"
#include "table.h"

struct zone {
	const char *name;
	int64_t node, free, usable, min, low, high, bottom, depth;
};

struct zone zone_read(const struct table *zones, size_t row);
enum colour zone_colour(const struct zone *zone);

/* The row of the owner that may go deepest; -1 where that is not known. */
int64_t zone_deepest_owner(const struct table *owners);
/* 3/8 of a min mark, where GFP_ATOMIC ends; and so many percent of the way from one to the other. */
int64_t zone_bottom(int64_t min);
int64_t zone_mark(int64_t min, int64_t bottom, int64_t pct);
/* The floor of an owner with reserve_pct @pct. */
int64_t zone_floor(const struct zone *zone, int64_t pct);

/*
 * @width characters: "#" for what may be taken, "." for the rest, and letters for the marks.
 * True: more may be taken than fits in.
 */
bool zone_gauge(const struct zone *zone, int64_t floor, char *gauge, int width);

#endif
