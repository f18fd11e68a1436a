// SPDX-License-Identifier: GPL-2.0
/*
 * The formulas are those of labyrinth/dry.c, on the figures that a verdict has of that
 * moment, so that the same number comes out; each in the zone where it is least.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dry.h"
#include "zone.h"

/* ---- what a verdict tells */

/* "REASON: OWNER got no page: ..." */
static bool tell_what(struct dry *dry, const char *line)
{
	return line_scan(line, "*:", NULL, dry->reason) &&
	       line_scan(line + strlen(dry->reason), ": * got no page: ", NULL, dry->owner);
}

static void tell_owner(struct dry *dry, const char *line)
{
	int64_t number[6];
	size_t name = strlen(dry->owner);

	if (strncmp(line, "  ", 2) || strncmp(line + 2, dry->owner, name) ||
	    !line_scan(line + 2 + name, ": owns # of # pages, # of them from the reserve; # ready, stock #, quarantined #",
		  number, NULL))
		return;
	dry->owned = number[0];
	dry->budget = number[1];
	dry->stock = number[4];
	dry->quarantined = number[5];
}

static void tell_zone(struct dry *dry, const char *line)
{
	struct dry_zone *zone = &dry->zone[dry->nr_zones];
	int64_t number[8];

	if (dry->nr_zones == DRY_ZONES ||
	    !line_scan(line, "  node # *, in pages: free # (CMA #, highatomic #), min #, this owner's floor #, GFP_ATOMIC's #, lowmem_reserve #,",
		  number, zone->name))
		return;
	zone->node = number[0];
	zone->min = number[4];
	zone->usable = number[1] - number[2] - number[7];
	dry->nr_zones++;
}

bool dry_tell(struct dry *dry, const struct verdict *verdict)
{
	const char *line = verdict->lines;
	int64_t number[2];
	size_t i;

	*dry = (struct dry){
		.told = true, .times = UNKNOWN, .budget = UNKNOWN, .owned = UNKNOWN,
		.quarantined = UNKNOWN, .stock = UNKNOWN, .reserve_pct = UNKNOWN, .marks = UNKNOWN,
	};
	if (!verdict->nr_lines || !tell_what(dry, line))
		return false;
	for (i = 1; i < verdict->nr_lines; i++) {
		line = line_after(line);
		tell_owner(dry, line);
		tell_zone(dry, line);
		if (line_scan(line, "  such refusals since the last report: #", number, NULL))
			dry->times = number[0];
		else if (line_scan(line, "  it may have # percent", number, NULL))
			dry->reserve_pct = number[0];
		else if (line_scan(line, "  or: vm.min_free_kbytes from about # to #", number, NULL))
			dry->marks = number[0];
		else if (line_scan(line, "  change: its stock from # to # pages, where", number, NULL))
			dry->at_creation = true;
	}
	return true;
}

/* ---- what would have sufficed */

/* Figures may be anything. */
static int64_t clip(__int128 value)
{
	return value > NUMBER_MOST ? NUMBER_MOST : value < 0 ? 0 : (int64_t)value;
}

static int64_t divide_up(__int128 value, int64_t by)
{
	return clip((value + by - 1) / by);
}

static int64_t floor_of(const struct dry_zone *zone, int64_t pct)
{
	return zone_mark(zone->min, zone_bottom(zone->min), pct);
}

bool dry_had(const struct dry *dry, int64_t pct, int64_t pages)
{
	int i;

	for (i = 0; i < dry->nr_zones; i++)
		if (dry->zone[i].usable >= floor_of(&dry->zone[i], pct) + pages)
			return true;
	return false;
}

int64_t dry_pct(const struct dry *dry, int64_t pages, const struct dry_zone **zone)
{
	int64_t least = UNKNOWN, reserve, depth, wanted;
	int i;

	for (i = 0; i < dry->nr_zones; i++) {
		reserve = dry->zone[i].min - zone_bottom(dry->zone[i].min);
		depth = dry->zone[i].min - dry->zone[i].usable + pages;
		if (reserve <= 0)
			continue;
		wanted = divide_up((__int128)(depth > 0 ? depth : 0) * 100, reserve);
		if (least == UNKNOWN || wanted < least) {
			least = wanted;
			*zone = &dry->zone[i];
		}
	}
	return least;
}

int64_t dry_mark(const struct dry *dry, int64_t pct, int64_t pages, int64_t page_kb,
		 const struct dry_zone **zone, int64_t *more)
{
	int64_t least = UNKNOWN, lack, own, all;
	int i;

	for (i = 0; i < dry->nr_zones; i++) {
		if (dry->zone[i].min <= 0 || pct <= 0 || dry->marks <= 0)
			continue;
		lack = floor_of(&dry->zone[i], pct) - dry->zone[i].usable + pages;
		own = divide_up((__int128)(lack > 1 ? lack : 1) * 8 * 100, 5 * pct);
		all = clip((__int128)own * (dry->marks / page_kb) / dry->zone[i].min);
		if (least == UNKNOWN || all < *more) {
			least = own;
			*more = all;
			*zone = &dry->zone[i];
		}
	}
	return least;
}
