// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "needs.h"
#include "zone.h"

#define KEPT		1024	/* refusals, by the module */
#define PAUSE		1000	/* ms that end a row of refusals */
#define NEEDS_MOST	2048U

int64_t owner_row(const struct facts *facts, const char *owner)
{
	size_t row;

	for (row = 0; row < facts->owners.nr_rows; row++)
		if (!strcmp(table_cell_of(&facts->owners, row, "name"), owner))
			return row;
	return -1;
}

int64_t owner_now(const struct facts *facts, const char *owner, const char *column)
{
	int64_t row = owner_row(facts, owner);

	return row < 0 ? UNKNOWN : table_number_of(&facts->owners, row, column);
}

const char *told_caller(const struct facts *facts, const char *owner)
{
	int i;

	for (i = facts->nr_sleepers - 1; i >= 0; i--)
		if (!strcmp(facts->sleeper[i].owner, owner))
			return facts->sleeper[i].caller;
	return NULL;
}

static struct need *need_of(struct facts *facts, const char *owner, const char *reason)
{
	struct need *need = facts->need;
	size_t i;

	for (i = 0; i < facts->nr_needs; i++, need++)
		if (!strcmp(need->owner, owner) && !strcmp(need->reason, reason))
			return need;
	if (facts->nr_needs == NEEDS_MOST)
		return NULL;
	*need = (struct need){ .owner = owner, .reason = reason, .dry.times = UNKNOWN };
	facts->nr_needs++;
	return need;
}

static void count_refusals(struct facts *facts)
{
	const struct table *table = &facts->refusals;
	size_t row = table->nr_rows > KEPT ? table->nr_rows - KEPT : 0;

	for (; row < table->nr_rows; row++) {
		struct need *need = need_of(facts, table_cell_of(table, row, "owner"),
					    table_cell_of(table, row, "reason"));
		int64_t age = or_zero(table_number_of(table, row, "age_ms"));

		if (need->run && need->before - age >= PAUSE)
			need->run = 0;
		if (!need->run++)
			need->begun = row;
		need->before = age;
		if (need->run > need->row) {
			need->row = need->run;
			need->first = need->begun;
		}
	}
}

/* "function [module]" is one cell in tables. */
static bool read_sleeper(struct facts *facts, const struct verdict *verdict)
{
	static const char words[] = ": alloc_page(GFP_KERNEL) would spare the reserve in ";
	struct sleeper *sleeper = &facts->sleeper[facts->nr_sleepers];
	const char *in = verdict->nr_lines ? strstr(verdict->lines, words) : NULL;
	char *blank;

	if (!in || facts->nr_sleepers == SLEEPERS_MOST ||
	    !line_scan(verdict->lines, "advice: * asks atomically where", NULL, sleeper->owner))
		return false;
	snprintf(sleeper->caller, sizeof(sleeper->caller), "%s", in + strlen(words));
	blank = strchr(sleeper->caller, ' ');
	if (blank)
		memmove(blank, blank + 1, strlen(blank));
	facts->nr_sleepers++;
	return true;
}

/* Of an owner's verdicts for one reason, the one that counted most. */
static void read_verdicts(struct facts *facts)
{
	size_t i;

	for (i = 0; i < facts->verdicts.nr; i++) {
		const struct verdict *verdict = &facts->verdicts.one[i];
		struct need *need;
		struct dry dry;

		if (read_sleeper(facts, verdict) || !dry_tell(&dry, verdict))
			continue;
		need = need_of(facts, dry.owner, dry.reason);
		if (!need || (need->dry.told && need->dry.times > dry.times))
			continue;
		need->dry = dry;
		if (!need->row) {
			need->owner = need->dry.owner;
			need->reason = need->dry.reason;
		}
	}
}

/* As far as the tables tell it. */
static void look_up(const struct facts *facts, struct need *need)
{
	const struct table *refusals = &facts->refusals, *zones = &facts->zones;
	struct dry_zone *zone = &need->dry.zone[0];
	const char *name = table_cell_of(refusals, need->first, "zone");
	int64_t floor = table_number_of(refusals, need->first, "floor"), bottom, marks;
	size_t row;

	need->dry = (struct dry){
		.times = UNKNOWN, .marks = UNKNOWN, .reserve_pct = UNKNOWN,
		.budget = owner_now(facts, need->owner, "budget"),
		.owned = owner_now(facts, need->owner, "owned"),
		.quarantined = owner_now(facts, need->owner, "quarantined"),
		.stock = owner_now(facts, need->owner, "stock"),
	};
	zone->min = table_number_of(refusals, need->first, "min");
	zone->usable = table_number_of(refusals, need->first, "free");
	zone->node = table_number_of(refusals, need->first, "node");
	bottom = zone_bottom(zone->min);
	if (zone->usable == UNKNOWN || zone->min <= 0 || floor > zone->min || floor < bottom)
		return;
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	for (row = 0; row < zones->nr_rows; row++)
		if (!strcmp(table_cell_of(zones, row, "zone"), name) &&
		    table_number_of(zones, row, "node") == zone->node)
			break;
	if (row == zones->nr_rows)
		return;
	zone->usable -= or_zero(table_number_of(zones, row, "cma")) +
			or_zero(table_number_of(zones, row, "lowmem_reserve"));
	need->dry.nr_zones = 1;
	/* Of the least that makes this floor. */
	for (need->dry.reserve_pct = 0; need->dry.reserve_pct < 100; need->dry.reserve_pct++)
		if (zone_mark(zone->min, bottom, need->dry.reserve_pct) <= floor)
			break;
	marks = table_sum(zones, table_column(zones, "min"));
	if (marks > 0 && marks < NUMBER_MOST / facts->page_kb)
		need->dry.marks = marks * facts->page_kb;
}

static int64_t read_min_free(const struct source *source)
{
	int64_t value = UNKNOWN;
	FILE *in;

	if (!source->live)
		return source_saved(source, "min_free_kbytes");
	in = fopen("/proc/sys/vm/min_free_kbytes", "re");
	if (in && fscanf(in, "%" SCNd64, &value) != 1)
		value = UNKNOWN;
	if (in)
		fclose(in);
	return value;
}

void facts_read(const struct source *source, struct facts *facts)
{
	size_t i;

	*facts = (struct facts){};
	source_need_table(source, "owners", &facts->owners);
	source_need_table(source, "refusals", &facts->refusals);
	source_table(source, "zones", &facts->zones);
	need_column(&facts->owners, "name");
	need_column(&facts->refusals, "owner");
	need_column(&facts->refusals, "reason");
	facts->min_free = read_min_free(source);
	facts->page_kb = source_page_size(source) / 1024;
	facts->need = allocate(NULL, NEEDS_MOST, sizeof(*facts->need));
	count_refusals(facts);
	if (verdicts_read(source, &facts->verdicts))
		read_verdicts(facts);
	for (i = 0; i < facts->nr_needs; i++)
		if (!facts->need[i].dry.told)
			look_up(facts, &facts->need[i]);
}

void facts_free(struct facts *facts)
{
	free(facts->need);
	verdicts_free(&facts->verdicts);
	table_free(&facts->owners);
	table_free(&facts->refusals);
	table_free(&facts->zones);
}
