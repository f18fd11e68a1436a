// SPDX-License-Identifier: GPL-2.0
/* The changes in the file "advice": how to make them, their price, and whether they were made. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "advise.h"

int64_t owner_row(const struct facts *facts, const char *owner)
{
	size_t row;

	for (row = 0; row < facts->owners.nr_rows; row++)
		if (!strcmp(table_cell_of(&facts->owners, row, "name"), owner))
			return row;
	return -1;
}

static int64_t value_now(const struct facts *facts, const char *owner, const char *what)
{
	int64_t row = owner_row(facts, owner);

	if (!strcmp(what, "vm.min_free_kbytes"))
		return facts->min_free;
	if (!strcmp(what, "budget_and_stock"))
		what = "stock";
	return row < 0 ? UNKNOWN : table_number_of(&facts->owners, row, what);
}

bool change_is_done(const struct change *change)
{
	return change->to != UNKNOWN && change->now != UNKNOWN && change->now >= change->to;
}

/* Describe the zone that the numbers of @line follow from; "" if it names none. */
static void zone_words(const struct facts *facts, const struct keyvalue *line, char *buf, size_t size)
{
	const struct keyvalues *advice = &facts->advice;
	size_t i;

	*buf = 0;
	for (i = 0; keyvalue_text(line, "zone") && i < advice->nr; i++) {
		const struct keyvalue *zone = &advice->line[i];

		if (!keyvalue_text(zone, "usable") || !keyvalue_same(zone, line, "report") ||
		    !keyvalue_same(zone, line, "node") || !keyvalue_same(zone, line, "zone"))
			continue;
		snprintf(buf, size, "; zone %.20s had %" PRId64 " pages above what is protected, min %" PRId64 ", the owner's floor %" PRId64 ", GFP_ATOMIC's %" PRId64,
			 keyvalue_text(zone, "zone"), keyvalue_number(zone, "usable"),
			 keyvalue_number(zone, "min"), keyvalue_number(zone, "floor"),
			 keyvalue_number(zone, "atomic_floor"));
		return;
	}
}

static bool changes_by(const struct change *change, const char *by)
{
	return change->by && !strcmp(change->by, by);
}

static void how_words(const struct change *change, char *buf, size_t size)
{
	const char *later = changes_by(change, "creation") ? ", from its next creation on" : "";

	if (changes_by(change, "sysctl"))
		snprintf(buf, size, "sysctl %.32s=%" PRId64, change->what, change->to);
	else if (!changes_by(change, "settings") && !changes_by(change, "creation"))
		snprintf(buf, size, "where the driver creates it");
	else if (!strcmp(change->what, "budget_and_stock"))
		snprintf(buf, size, "labyrinth set %.64s budget=%" PRId64 " stock=%" PRId64 "%s",
			 change->owner, change->to, change->to, later);
	else
		snprintf(buf, size, "labyrinth set %.64s %.32s=%" PRId64 "%s", change->owner,
			 change->what, change->to, later);
}

/* What the change takes from others; "" if the module did not say. */
static void price_words(const struct change *change, char *buf, size_t size)
{
	char cost[32];

	*buf = 0;
	if (change->cost < 1000)
		snprintf(cost, sizeof(cost), "%" PRId64 " kB", change->cost);
	else
		snprintf(cost, sizeof(cost), "%" PRId64 ".%" PRId64 " MB", change->cost / 1024,
			 change->cost % 1024 * 10 / 1024);
	if (!strcmp(change->what, "reserve_pct") && change->reserve != UNKNOWN)
		snprintf(buf, size, "; takes no memory, but leaves other users of the reserve %" PRId64 " pages fewer",
			 change->reserve);
	else if (change->cost == UNKNOWN)
		return;
	else if (!strcmp(change->what, "budget"))
		snprintf(buf, size, "; takes up to %s, while it has the pages", cost);
	else if (!strcmp(change->what, "vm.min_free_kbytes"))
		snprintf(buf, size, "; takes %s from everybody, always", cost);
	else
		snprintf(buf, size, "; keeps %s for this owner alone, always", cost);
}

/* Describe how to make the change, its price, and the figures behind it. */
static void change_why(const struct facts *facts, const struct keyvalue *call,
		       const struct keyvalue *line, struct change *change)
{
	char zone[256], how[256], price[128];

	zone_words(facts, line, zone, sizeof(zone));
	how_words(change, how, sizeof(how));
	price_words(change, price, sizeof(price));
	if (!strcmp(change->what, "quarantine"))
		snprintf(change->why, sizeof(change->why), "%" PRId64 " pages of its budget are there: see its violations for what keeps them",
			 keyvalue_number(call, "quarantined"));
	else if (!strcmp(change->what, "too_small"))
		snprintf(change->why, sizeof(change->why), "this machine is too small for that load: %" PRId64 " pages short",
			 keyvalue_number(call, "pages"));
	else if (!strcmp(change->what, "scope"))
		snprintf(change->why, sizeof(change->why), "its handle is not for the task that called");
	else if (!strcmp(change->what, "destroy"))
		snprintf(change->why, sizeof(change->why), "stop interrupts and work before destroying the owner");
	else
		snprintf(change->why, sizeof(change->why), "%s%s%s%s", how,
			 strcmp(change->what, "budget") ? "" : ", or give pages back sooner",
			 price, zone);
}

int changes_read(const struct facts *facts, const struct keyvalue *call,
		 const struct change *base, struct change change[CHANGES_MOST])
{
	const struct keyvalues *advice = &facts->advice;
	int nr = 0;
	size_t at;

	for (at = 0; at < advice->nr && nr < CHANGES_MOST; at++) {
		const struct keyvalue *line = &advice->line[at];
		struct change *one = &change[nr];

		*one = *base;
		one->what = keyvalue_text(line, "change");
		if (!one->what || !keyvalue_same(line, call, "report"))
			continue;
		one->by = keyvalue_text(line, "by");
		one->from = keyvalue_number(line, "from");
		one->to = keyvalue_number(line, "to");
		one->cost = keyvalue_number(line, "cost_kb");
		one->reserve = keyvalue_number(line, "reserve_pages");
		one->now = value_now(facts, one->owner, one->what);
		change_why(facts, call, line, one);
		nr++;
	}
	return nr;
}

int changes_done(const struct change *change, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (change_is_done(&change[i]))
			return i;
	return -1;
}

bool call_is_outdone(const struct facts *facts, const struct keyvalue *call)
{
	const struct keyvalues *advice = &facts->advice;
	int64_t count = keyvalue_number(call, "times");
	size_t i;

	for (i = 0; i < advice->nr; i++) {
		const struct keyvalue *other = &advice->line[i];
		int64_t more;

		if (other == call || !keyvalue_text(other, "reason") ||
		    !keyvalue_same(other, call, "reason") || !keyvalue_same(other, call, "owner"))
			continue;
		more = keyvalue_number(other, "times");
		if (more > count || (more == count && other > call))
			return true;
	}
	return false;
}
