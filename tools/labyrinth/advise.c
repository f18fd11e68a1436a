// SPDX-License-Identifier: GPL-2.0
/*
 * What would have helped, from what was seen, with the arithmetic.
 *
 * A verdict has all figures of its moment, and names numbers for the refusals that it could
 * count: those of one second, or of the time since the one before. So its figures are taken,
 * and not its numbers: these come out the same where all refusals were counted, and greater
 * where the table of refusals has more in a row, without a second between two. Where a
 * verdict is no longer there, the table has figures of the first zone, and owners and zones
 * those of now.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "cell.h"
#include "command.h"
#include "needs.h"
#include "print.h"
#include "zone.h"

static const char *times(int64_t count)
{
	return count == 1 ? "time" : "times";
}

/* ---- refusals */

static void advise_stock(const struct facts *facts, const struct need *need,
			 struct advice *advice, int64_t pages)
{
	const struct dry *dry = &need->dry;
	int64_t to = or_zero(dry->stock) + pages;
	bool gone = owner_row(facts, need->owner) < 0;

	if (dry->stock == UNKNOWN || dry->budget == UNKNOWN)
		advice_add(advice, "stock", UNKNOWN, UNKNOWN, UNKNOWN,
			   "%" PRId64 " pages more than it had; where the driver creates it", pages);
	else if (dry->stock >= dry->budget)
		advice_add(advice, "budget and stock", dry->budget, dry->budget + pages,
			   owner_now(facts, need->owner, "stock"),
			   "budget %" PRId64 " + %" PRId64 " pages; where the driver creates it",
			   dry->budget, pages);
	else
		advice_add(advice, "stock", dry->stock, to < dry->budget ? to : dry->budget,
			   owner_now(facts, need->owner, "stock"),
			   "stock %" PRId64 " + %" PRId64 " pages, budget %" PRId64 "; %s%s%swhere the driver creates it",
			   dry->stock, pages, dry->budget,
			   gone || dry->at_creation ? "" : "by " LIVE_FOLDER "/owner/",
			   gone || dry->at_creation ? "" : need->owner,
			   gone || dry->at_creation ? "" : "/stock, or ");
}

/* In place of a greater stock. */
static void advise_marks(const struct facts *facts, const struct need *need,
			 struct advice *advice, int64_t pages)
{
	const struct dry *dry = &need->dry;
	bool floor = !strcmp(need->reason, "floor");
	int64_t share = floor ? dry->reserve_pct : 100, pct, mark, more = 0, to, min;
	const struct dry_zone *zone = NULL;

	if (share < 0 || dry_had(dry, share, pages))
		return;
	pct = floor ? dry_pct(dry, pages, &zone) : UNKNOWN;
	if (pct >= 0 && pct <= 100)
		advice_add(advice, "reserve_pct", share, pct,
			   owner_now(facts, need->owner, "reserve_pct"),
			   "zone %.20s: (min %" PRId64 " - usable %" PRId64 " + %" PRId64 " pages) * 100 / (min - 3/8 min: %" PRId64 "); by " LIVE_FOLDER "/owner/%s/reserve_pct",
			   zone->name, zone->min, zone->usable, pages,
			   zone->min - zone_bottom(zone->min), need->owner);
	mark = dry_mark(dry, share, pages, facts->page_kb, &zone, &more);
	min = dry->marks / facts->page_kb;
	if (mark == UNKNOWN || more > NUMBER_MOST / facts->page_kb - min)
		return;
	to = (min + more) * facts->page_kb;
	advice_add(advice, "vm.min_free_kbytes", dry->marks, to, facts->min_free,
		   "zone %.20s: (floor %" PRId64 " - usable %" PRId64 " + %" PRId64 " pages) * 8/5 * 100 / %" PRId64 " %% = %" PRId64 "; of all min marks %" PRId64 " / its %" PRId64 " times that: %" PRId64 " pages of %" PRId64 " kB",
		   zone->name, zone_mark(zone->min, zone_bottom(zone->min), share), zone->usable, pages,
		   share, mark, min, zone->min, more, facts->page_kb);
}

static void advise_budget(const struct facts *facts, const struct need *need,
			  struct advice *advice)
{
	const struct dry *dry = &need->dry;

	if (dry->budget == UNKNOWN)
		advice_add(advice, "budget", UNKNOWN, UNKNOWN, UNKNOWN,
			   "%" PRId64 " pages more than it had; where the driver creates it",
			   advice->count);
	else if (dry->quarantined >= advice->count)
		advice_add(advice, "quarantine", UNKNOWN, UNKNOWN, UNKNOWN,
			   "%" PRId64 " of budget %" PRId64 " are there: see its violations for what keeps them",
			   dry->quarantined, dry->budget);
	else
		advice_add(advice, "budget", dry->budget,
			   dry->budget + (advice->count < dry->budget ? advice->count : dry->budget),
			   owner_now(facts, need->owner, "budget"),
			   "budget %" PRId64 " + %" PRId64 " refusals, at most twice as many; where the driver creates it, or give pages back sooner",
			   dry->budget, advice->count);
}

/* So many was it short of: as often as it was refused, as far as its budget goes. */
static int64_t short_of(const struct dry *dry, int64_t count)
{
	int64_t room;

	if (dry->budget == UNKNOWN)
		return count;
	room = dry->budget - or_zero(dry->owned) - or_zero(dry->quarantined);
	return count <= room ? count : room > 1 ? room : 1;
}

static void advise_need(const struct facts *facts, const struct need *need)
{
	const struct dry *dry = &need->dry;
	bool row = need->row >= dry->times, memory;
	struct advice advice = {
		.owner = need->owner, .reason = need->reason, .told = dry->times,
		.count = row ? need->row : dry->times,
	};
	char reason[256];
	int64_t pages;

	if (advice.count < 1)
		advice.count = 1;
	pages = short_of(dry, advice.count);
	memory = !strcmp(need->reason, "floor") || !strcmp(need->reason, "buddy");
	cell_text(reason, sizeof(reason), need->reason);
	advice_head(need->owner, NULL, "refused %s%" PRId64 " %s%s %s, for the reason \"%s\"\n",
		    colour(WARNING), advice.count, times(advice.count), colour(PLAIN),
		    row ? "without a pause" : "between two verdicts", reason);
	if (memory && !dry->told)
		advice_remark("  (its verdict is not there: by its first zone, and by what it has now)\n");
	else if (dry->times != UNKNOWN && dry->times < advice.count)
		advice_remark("  (its verdict asks for less, as it counted %" PRId64 ")\n",
			      dry->times);
	if (!strcmp(need->reason, "budget"))
		advise_budget(facts, need, &advice);
	else if (!strcmp(need->reason, "scope"))
		advice_add(&advice, "scope", UNKNOWN, UNKNOWN, UNKNOWN,
			   "its handle is not for the task that called");
	else if (!strcmp(need->reason, "dying"))
		advice_add(&advice, "destruction", UNKNOWN, UNKNOWN, UNKNOWN,
			   "stop interrupts and work before destroying the owner");
	else
		advise_stock(facts, need, &advice, pages);
	if (memory)
		advise_marks(facts, need, &advice, pages);
	advice_say(&advice);
}

/* ---- owners */

static bool is_known(const char *caller)
{
	return caller && strcmp(caller, "-") && strcmp(caller, "?");
}

/* Of "function+0x1/0x2[module]". */
static void caller_words(const char *caller, char *buf, size_t size)
{
	size_t function;

	if (!is_known(caller)) {
		snprintf(buf, size, "by a caller that is not told");
		return;
	}
	function = strcspn(caller, "[");
	if (!strcmp(caller, "gone"))
		snprintf(buf, size, "by a module that has left");
	else if (!strchr(caller, '['))
		snprintf(buf, size, "by %.*s of the kernel itself", (int)function, caller);
	else
		snprintf(buf, size, "by %.*s of module %.*s", (int)function, caller,
			 (int)strcspn(strchr(caller, '[') + 1, "]"), strchr(caller, '[') + 1);
}

#define SPARE	": alloc_page(GFP_KERNEL) would spare the reserve there"

static void advise_sleeper(const struct source *source, const struct facts *facts, size_t row)
{
	struct advice advice = {
		.owner = table_cell_of(&facts->owners, row, "name"), .reason = "could_sleep",
		.count = table_number_of(&facts->owners, row, "could_sleep"), .told = UNKNOWN,
	};
	int64_t allocs = table_number_of(&facts->owners, row, "allocs");
	struct table stats;
	char words[256];

	if (advice.count <= 0)
		return;
	/* Older modules tell it in no table. */
	if (source_owner_table(source, advice.owner, "stats", &stats))
		advice.caller = table_value(&stats, "could_sleep_caller");
	if (!is_known(advice.caller))
		advice.caller = told_caller(facts, advice.owner);
	caller_words(advice.caller, words, sizeof(words));
	advice_head(advice.owner, table_cell_of(&facts->owners, row, "module"),
		    "asked the kernel %s%" PRId64 " %s%s atomically where it could sleep\n", colour(WARNING),
		    advice.count, times(advice.count), colour(PLAIN));
	if (allocs == UNKNOWN)
		advice_add(&advice, "GFP_KERNEL", UNKNOWN, UNKNOWN, UNKNOWN, "the last time %s" SPARE,
			   words);
	else
		advice_add(&advice, "GFP_KERNEL", UNKNOWN, UNKNOWN, UNKNOWN,
			   "%" PRId64 " such requests, and %" PRId64 " pages handed out in all; the last time %s" SPARE,
			   advice.count, allocs, words);
	advice_say(&advice);
	table_free(&stats);
}

/* Of those that have gone, verdicts know. */
static void advise_gone_sleeper(const struct facts *facts, const struct sleeper *sleeper)
{
	struct advice advice = {
		.owner = sleeper->owner, .reason = "could_sleep", .count = UNKNOWN,
		.told = UNKNOWN, .caller = sleeper->caller,
	};
	char words[256];

	if (owner_row(facts, sleeper->owner) >= 0 ||
	    told_caller(facts, sleeper->owner) != sleeper->caller)
		return;
	caller_words(advice.caller, words, sizeof(words));
	advice_head(advice.owner, NULL, "has gone; it asked the kernel atomically where it could sleep\n");
	advice_add(&advice, "GFP_KERNEL", UNKNOWN, UNKNOWN, UNKNOWN, "%s" SPARE, words);
	advice_say(&advice);
}

static void advise_taker(const struct facts *facts, size_t row)
{
	struct advice advice = {
		.owner = table_cell_of(&facts->owners, row, "name"), .reason = "from_reserve",
		.count = table_number_of(&facts->owners, row, "from_reserve"), .told = UNKNOWN,
	};

	if (advice.count <= 0)
		return;
	advice_head(advice.owner, NULL, "has %s%" PRId64 " %s%s of the atomic reserve\n", colour(WARNING),
		    advice.count, advice.count == 1 ? "page" : "pages", colour(PLAIN));
	advice_add(&advice, "reserve_pct", UNKNOWN, UNKNOWN, UNKNOWN,
		   "what it has there, others lack: give pages back sooner, or allow it less by " LIVE_FOLDER "/owner/%s/reserve_pct",
		   advice.owner);
	advice_say(&advice);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct facts facts;
	size_t i;
	int k;

	(void)args;
	facts_read(source, &facts);
	advice_open(options->json);
	for (i = 0; i < facts.nr_needs; i++)
		advise_need(&facts, &facts.need[i]);
	for (i = 0; i < facts.owners.nr_rows; i++)
		advise_sleeper(source, &facts, i);
	for (k = 0; k < facts.nr_sleepers; k++)
		advise_gone_sleeper(&facts, &facts.sleeper[k]);
	for (i = 0; i < facts.owners.nr_rows; i++)
		advise_taker(&facts, i);
	advice_close();
	facts_free(&facts);
}

const struct command advise_command = {
	.name = "advise",
	.summary = "what would have helped: stocks, marks, callers, with the arithmetic",
	.takes = TAKES_JSON,
	.run = run,
};
