// SPDX-License-Identifier: GPL-2.0
/*
 * What would have helped, from what was seen, with the arithmetic.
 *
 * An owner is taken to be short of as many pages as it was refused in its longest row of
 * refusals without a second between two: as far as its budget goes. These come from a stock
 * that is so much larger; from more of the reserve, by
 *
 *	reserve_pct = (min - usable + pages) * 100 / (min - 3/8 min)
 *
 * or from a min mark that others stop at earlier, by
 *
 *	(floor - usable + pages) * 8/5 * 100 / reserve_pct
 *
 * in that zone, and in the others by their share. vm.min_free_kbytes is what all min marks
 * add up to.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "command.h"
#include "json.h"
#include "message.h"
#include "print.h"

#define KEPT		1024	/* refusals, by the module */
#define PAUSE		1000	/* ms that end a row of refusals */
#define PAGE_KB		4

struct facts {
	struct table owners, zones, refusals;
	int64_t min_free;	/* kB, UNKNOWN if it was not saved */
};

/* An owner's refusals for one reason, in their longest row. */
struct need {
	const char *owner, *reason;
	int64_t refused;
	size_t worst;		/* with the fewest free pages */
	int64_t at;		/* the owner's line, -1 where it has gone */
	int64_t pages;
	bool said;		/* something; more are alternatives */
};

static int64_t number(const struct table *table, size_t row, const char *column)
{
	return table_number(table, row, table_column(table, column));
}

static const char *cell(const struct table *table, size_t row, const char *column)
{
	return table_cell(table, row, table_column(table, column));
}

/* A row that has both words; -1: none. */
static int64_t find(const struct table *table, const char *column, const char *word,
		    const char *column2, const char *word2)
{
	size_t row;

	for (row = 0; row < table->nr_rows; row++)
		if (!strcmp(cell(table, row, column), word) &&
		    (!column2 || !strcmp(cell(table, row, column2), word2)))
			return row;
	return -1;
}

static int64_t or_none(int64_t value)
{
	return value == UNKNOWN ? 0 : value;
}

/* Rounded up; figures may be anything. */
static int64_t up(double value)
{
	if (!(value < NUMBER_MOST))
		return NUMBER_MOST;
	return value < 0 ? 0 : (int64_t)value + (value > (int64_t)value);
}

/* ---- saying so */

static bool as_json, any;

/* UNKNOWN @from: it is not known, or there is none. */
__attribute__((format(printf, 5, 6)))
static void advise(struct need *need, const char *change, int64_t from, int64_t to,
		   const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	any = true;
	if (as_json) {
		json_t *object = json_object();

		json_add(object, "owner", json_text(need->owner));
		json_add(object, "reason", json_text(need->reason));
		json_add(object, "count", json_count(need->refused));
		json_add(object, "change", json_text(change));
		json_add(object, "from", json_count(from));
		json_add(object, "to", json_count(to));
		json_add(object, "why", json_text(why));
		json_next(object);
		return;
	}
	printf("  %s%s", need->said ? "or " : "", colour(STRONG));
	need->said = true;
	cell_put(stdout, change);
	if (to != UNKNOWN && from != UNKNOWN)
		printf(" from %" PRId64 " to %" PRId64, from, to);
	else if (to != UNKNOWN)
		printf(" to %" PRId64, to);
	printf("%s\n      ", colour(PLAIN));
	cell_put(stdout, why);
	putchar('\n');
}

/* ---- refusals */

static void advise_stock(const struct facts *facts, struct need *need)
{
	int64_t budget, stock, to;

	if (need->at < 0) {
		advise(need, "stock", UNKNOWN, UNKNOWN,
		       "the owner has gone: %" PRId64 " pages more than it had", need->pages);
		return;
	}
	budget = or_none(number(&facts->owners, need->at, "budget"));
	stock = or_none(number(&facts->owners, need->at, "stock"));
	to = stock + need->pages;
	if (stock >= budget)
		advise(need, "budget and stock", stock, to,
		       "stock %" PRId64 " + %" PRId64 " pages; where the driver creates it", stock,
		       need->pages);
	else
		advise(need, "stock", stock, to < budget ? to : budget,
		       "stock %" PRId64 " + %" PRId64 " pages, budget %" PRId64 "; by " LIVE_FOLDER "/owner/%s/stock, or where the driver creates it",
		       stock, need->pages, budget, need->owner);
}

static void advise_marks(const struct facts *facts, struct need *need)
{
	const struct table *refusals = &facts->refusals;
	int64_t zone = find(&facts->zones, "node", cell(refusals, need->worst, "node"), "zone",
			    cell(refusals, need->worst, "zone"));
	int64_t min = number(refusals, need->worst, "min"), bottom, usable, floor, pct, wanted;
	int64_t total = table_sum(&facts->zones, table_column(&facts->zones, "min"));
	int64_t lack, more, from;
	const char *name = cell(refusals, need->worst, "zone");

	usable = number(refusals, need->worst, "free");
	floor = number(refusals, need->worst, "floor");
	if (zone < 0 || min <= 0 || usable == UNKNOWN || floor == UNKNOWN || total <= 0)
		return;
	usable -= or_none(number(&facts->zones, zone, "cma")) +
		  or_none(number(&facts->zones, zone, "lowmem_reserve"));
	bottom = min - min / 2 - (min - min / 2) / 4;
	if (bottom == min || floor > min)
		return;
	if (!strcmp(need->reason, "buddy"))
		floor = bottom;
	pct = up((double)(min - floor) * 100 / (min - bottom));
	lack = floor - usable + need->pages;
	if (lack <= 0)
		return;
	wanted = up((double)(min - usable + need->pages) * 100 / (min - bottom));
	if (strcmp(need->reason, "buddy") && wanted <= 100)
		advise(need, "reserve_pct", pct, wanted,
		       "zone %.20s: (min %" PRId64 " - usable %" PRId64 " + %" PRId64 " pages) * 100 / (min - 3/8 min: %" PRId64 "); by " LIVE_FOLDER "/owner/%s/reserve_pct",
		       name, min, usable, need->pages, min - bottom, need->owner);
	if (pct <= 0 || pct > 100)
		return;
	more = up(up((double)lack * 8 / 5 * 100 / pct) * (double)total / min) * PAGE_KB;
	from = facts->min_free == UNKNOWN ? up((double)total * PAGE_KB) : facts->min_free;
	advise(need, "vm.min_free_kbytes", from, from + more,
	       "zone %.20s: (floor %" PRId64 " - usable %" PRId64 " + %" PRId64 " pages) * 8/5 * 100 / %" PRId64 " %%, * all min marks %" PRId64 " / its %" PRId64 ", * 4 kB = %" PRId64 " kB",
	       name, floor, usable, need->pages, pct, total, min, more);
}

static void advise_budget(const struct facts *facts, struct need *need)
{
	int64_t budget = need->at < 0 ? UNKNOWN : number(&facts->owners, need->at, "budget");
	int64_t quarantined = need->at < 0 ? 0 :
			      or_none(number(&facts->owners, need->at, "quarantined"));

	if (budget == UNKNOWN)
		advise(need, "budget", UNKNOWN, UNKNOWN,
		       "the owner has gone: %" PRId64 " pages more than it had", need->refused);
	else if (quarantined >= need->refused)
		advise(need, "quarantine", UNKNOWN, UNKNOWN,
		       "%" PRId64 " of budget %" PRId64 " are there: see its violations for what keeps them",
		       quarantined, budget);
	else
		advise(need, "budget", budget,
		       budget + (need->refused < budget ? need->refused : budget),
		       "budget %" PRId64 " + %" PRId64 " refusals, at most twice as many; where the driver creates it, or give pages back sooner",
		       budget, need->refused);
}

static void advise_need(const struct facts *facts, struct need *need)
{
	if (!as_json) {
		cell_put(stdout, need->owner);
		printf(": refused %s%" PRId64 " %s%s without a pause, for the reason \"",
		       colour(WARNING), need->refused, need->refused == 1 ? "time" : "times",
		       colour(PLAIN));
		cell_put(stdout, need->reason);
		puts("\"");
	}
	if (!strcmp(need->reason, "budget"))
		advise_budget(facts, need);
	else if (!strcmp(need->reason, "scope"))
		advise(need, "scope", UNKNOWN, UNKNOWN,
		       "its handle is not for the task that called");
	else if (!strcmp(need->reason, "dying"))
		advise(need, "destruction", UNKNOWN, UNKNOWN,
		       "stop interrupts and work before destroying the owner");
	else
		advise_stock(facts, need);
	if (!strcmp(need->reason, "floor") || !strcmp(need->reason, "buddy"))
		advise_marks(facts, need);
}

/* From the first row of an owner and reason: how long was the longest row of such? */
static struct need measure(const struct facts *facts, size_t row)
{
	const struct table *table = &facts->refusals;
	struct need need = {
		.owner = cell(table, row, "owner"), .reason = cell(table, row, "reason"),
	};
	size_t worst = row;
	int64_t run = 0, before = 0, room;

	for (; row < table->nr_rows; row++) {
		int64_t age = or_none(number(table, row, "age_ms"));

		if (strcmp(cell(table, row, "owner"), need.owner) ||
		    strcmp(cell(table, row, "reason"), need.reason))
			continue;
		if (!run || before - age >= PAUSE) {
			run = 0;
			worst = row;
		}
		if (number(table, row, "free") < number(table, worst, "free"))
			worst = row;
		before = age;
		if (++run > need.refused) {
			need.refused = run;
			need.worst = worst;
		}
	}
	need.pages = need.refused;
	need.at = find(&facts->owners, "name", need.owner, NULL, NULL);
	if (need.at >= 0 && table_column(&facts->owners, "budget") >= 0) {
		room = or_none(number(&facts->owners, need.at, "budget")) -
		       or_none(number(&facts->owners, need.at, "owned")) -
		       or_none(number(&facts->owners, need.at, "quarantined"));
		if (need.pages > room)
			need.pages = room > 1 ? room : 1;
	}
	return need;
}

static void advise_refusals(const struct facts *facts)
{
	const struct table *table = &facts->refusals;
	size_t first = table->nr_rows > KEPT ? table->nr_rows - KEPT : 0, row, other;

	for (row = first; row < table->nr_rows; row++) {
		struct need need;

		for (other = first; other < row; other++)
			if (!strcmp(cell(table, row, "owner"), cell(table, other, "owner")) &&
			    !strcmp(cell(table, row, "reason"), cell(table, other, "reason")))
				break;
		if (other < row)
			continue;
		need = measure(facts, row);
		advise_need(facts, &need);
	}
}

/* ---- owners */

static void advise_owners(const struct source *source, const struct facts *facts)
{
	size_t row;

	for (row = 0; row < facts->owners.nr_rows; row++) {
		struct need need = {
			.owner = cell(&facts->owners, row, "name"), .reason = "could_sleep",
			.refused = number(&facts->owners, row, "could_sleep"),
		};
		struct table stats;
		const char *caller = NULL;

		if (need.refused <= 0)
			continue;
		if (source_owner_table(source, need.owner, "stats", &stats))
			caller = table_value(&stats, "could_sleep_caller");
		if (!as_json) {
			cell_put(stdout, need.owner);
			printf(": asked the kernel %s%" PRId64 " times%s atomically where it could sleep\n",
			       colour(WARNING), need.refused, colour(PLAIN));
		}
		advise(&need, "GFP_KERNEL", UNKNOWN, UNKNOWN,
		       "alloc_page(GFP_KERNEL) would spare the reserve in %s", caller ?: "a caller that is not known");
		table_free(&stats);
	}
	for (row = 0; row < facts->owners.nr_rows; row++) {
		struct need need = {
			.owner = cell(&facts->owners, row, "name"), .reason = "from_reserve",
			.refused = number(&facts->owners, row, "from_reserve"),
		};

		if (need.refused <= 0)
			continue;
		if (!as_json) {
			cell_put(stdout, need.owner);
			printf(": has %s%" PRId64 " pages of the atomic reserve%s\n", colour(WARNING),
			       need.refused, colour(PLAIN));
		}
		advise(&need, "reserve_pct", UNKNOWN, UNKNOWN,
		       "what it has there, others lack: give pages back sooner, or allow it less by " LIVE_FOLDER "/owner/%s/reserve_pct",
		       need.owner);
	}
}

static int64_t read_min_free(const struct source *source)
{
	int64_t value = UNKNOWN;
	struct table saved;
	FILE *in;

	if (source->live) {
		in = fopen("/proc/sys/vm/min_free_kbytes", "re");
		if (in && fscanf(in, "%" SCNd64, &value) != 1)
			value = UNKNOWN;
		if (in)
			fclose(in);
	} else if (source_table(source, "saved", &saved)) {
		need_pairs(&saved);
		value = table_value_number(&saved, "min_free_kbytes");
		table_free(&saved);
	}
	return value;
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct facts facts;

	(void)args;
	source_need_table(source, "owners", &facts.owners);
	source_need_table(source, "refusals", &facts.refusals);
	source_need_table(source, "zones", &facts.zones);
	need_column(&facts.owners, "name");
	need_column(&facts.refusals, "owner");
	need_column(&facts.refusals, "reason");
	facts.min_free = read_min_free(source);
	as_json = options->json;
	any = false;
	if (as_json)
		json_open();
	advise_refusals(&facts);
	advise_owners(source, &facts);
	if (as_json)
		json_close();
	else if (!any)
		puts("Nothing is to be changed.");
	table_free(&facts.owners);
	table_free(&facts.refusals);
	table_free(&facts.zones);
}

const struct command advise_command = {
	.name = "advise",
	.summary = "what would have helped: stocks, marks, callers, with the arithmetic",
	.takes = TAKES_JSON,
	.run = run,
};
