// SPDX-License-Identifier: GPL-2.0
/*
 * The file "advice" holds the changes that would have prevented each refusal, computed by the
 * module from the figures at that time, with their prices. Of an owner's reports with the same
 * reason, only the one with the most refusals is shown, and whether its change has been made since.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../cell.h"
#include "../command.h"
#include "../message.h"
#include "../show/json.h"
#include "../show/print.h"
#include "advise.h"

static const char *times(int64_t count)
{
	return count == 1 ? "time" : "times";
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

/* ---- output */

static json_t *change_json(const struct change *change)
{
	json_t *object = json_object();

	json_add(object, "owner", json_text(change->owner));
	json_add(object, "reason", json_text(change->reason));
	json_add(object, "count", json_count(change->count));
	json_add(object, "caller", change->caller ? json_text(change->caller) : json_null());
	json_add(object, "change", json_text(change->what));
	json_add(object, "from", json_count(change->from));
	json_add(object, "to", json_count(change->to));
	json_add(object, "done", json_boolean(change_is_done(change)));
	json_add(object, "why", json_text(change->why));
	json_add(object, "by", change->by ? json_text(change->by) : json_null());
	json_add(object, "cost_kb", json_count(change->cost));
	json_add(object, "reserve_pages", json_count(change->reserve));
	return object;
}

static void change_print(const struct change *change, bool other)
{
	printf("  %s%s", other ? "or " : "", colour(STRONG));
	cell_put(stdout, change->what);
	if (change_is_done(change))
		printf(" is %" PRId64 " by now: %" PRId64 " would have sufficed", change->now,
		       change->to);
	else if (change->to != UNKNOWN)
		printf(" from %" PRId64 " to %" PRId64, change->from, change->to);
	printf("%s\n      ", colour(PLAIN));
	cell_put(stdout, change->why);
	putchar('\n');
}

static void change_say(const struct facts *facts, const struct change *change, bool other)
{
	if (facts->json)
		json_next(change_json(change));
	else
		change_print(change, other);
}

/* The line above an owner's changes, up to the colon. */
static void head(struct facts *facts, const char *owner)
{
	int64_t row = owner_row(facts, owner);

	facts->any = true;
	cell_put(stdout, owner);
	if (row >= 0) {
		fputs(" of module ", stdout);
		cell_put(stdout, table_cell_of(&facts->owners, row, "module"));
	}
	fputs(": ", stdout);
}

/* ---- refusals */

/* Show all changes of a report, or only the one that has been made since. */
static void say_changes(const struct facts *facts, const struct keyvalue *call,
			const struct change *base)
{
	struct change change[CHANGES_MOST];
	int nr = changes_read(facts, call, base, change), done = changes_done(change, nr), i;

	for (i = 0; i < nr; i++)
		if (done < 0 || i == done)
			change_say(facts, &change[i], i && done < 0);
}

static void advise_refusal(struct facts *facts, const struct keyvalue *call)
{
	struct change change = {
		.owner = keyvalue_text(call, "owner") ?: "-",
		.reason = keyvalue_text(call, "reason"),
		.caller = keyvalue_text(call, "caller"),
		.count = keyvalue_number(call, "times"),
	};

	if (!facts->json) {
		head(facts, change.owner);
		printf("refused %s", colour(WARNING));
		if (change.count != UNKNOWN)
			printf("%" PRId64 " %s", change.count, times(change.count));
		else
			fputs("an unknown number of times", stdout);
		printf("%s, for the reason \"", colour(PLAIN));
		cell_put(stdout, change.reason);
		puts("\"");
	}
	say_changes(facts, call, &change);
}

/* The owner has refusals, but no report of them is left. */
static void advise_unreported(struct facts *facts, size_t row)
{
	const char *owner = table_cell_of(&facts->owners, row, "name"), *reason, *of;
	int64_t refused = table_number_of(&facts->owners, row, "refused");
	size_t i;

	for (i = 0; i < facts->advice.nr; i++) {
		reason = keyvalue_text(&facts->advice.line[i], "reason");
		of = keyvalue_text(&facts->advice.line[i], "owner");
		if (reason && strcmp(reason, "could_sleep") && of && !strcmp(of, owner))
			return;
	}
	if (refused <= 0 || facts->json)
		return;
	head(facts, owner);
	printf("refused %" PRId64 " %s; no report of that is left, but see \"labyrinth refusals --owner=",
	       refused, times(refused));
	cell_put(stdout, owner);
	puts("\"");
}

/* ---- owners */

/* @caller has the form "function+0x1/0x2[module]". */
static void caller_words(const char *caller, char *buf, size_t size)
{
	const char *module = caller ? strchr(caller, '[') : NULL;

	if (!caller || !strcmp(caller, "-") || !strcmp(caller, "?"))
		snprintf(buf, size, "by an unknown caller");
	else if (!strcmp(caller, "gone"))
		snprintf(buf, size, "by a module that has left");
	else if (!module)
		snprintf(buf, size, "by %s of the kernel itself", caller);
	else
		snprintf(buf, size, "by %.*s of module %.*s", (int)(module - caller), caller,
			 (int)strcspn(module + 1, "]"), module + 1);
}

#define SPARE	": alloc_page(GFP_KERNEL) would spare the reserve there"

static void advise_sleeper(const struct source *source, struct facts *facts, size_t row)
{
	struct change change = {
		.owner = table_cell_of(&facts->owners, row, "name"), .reason = "could_sleep",
		.count = table_number_of(&facts->owners, row, "could_sleep"),
		.what = "gfp_kernel", .from = UNKNOWN, .to = UNKNOWN, .now = UNKNOWN,
		.cost = UNKNOWN, .reserve = UNKNOWN,
	};
	struct table stats;
	char words[256];

	if (change.count <= 0)
		return;
	if (source_owner_table(source, change.owner, "stats", &stats))
		change.caller = table_value(&stats, "could_sleep_caller");
	caller_words(change.caller, words, sizeof(words));
	snprintf(change.why, sizeof(change.why), "%" PRId64 " such requests; the last time %s" SPARE,
		 change.count, words);
	if (!facts->json) {
		head(facts, change.owner);
		printf("asked the kernel %s%" PRId64 " %s%s atomically where it could sleep\n",
		       colour(WARNING), change.count, times(change.count), colour(PLAIN));
	}
	change_say(facts, &change, false);
	table_free(&stats);
}

/* Only the reports of a destroyed owner remain. */
static void advise_gone_sleeper(struct facts *facts, const struct keyvalue *call)
{
	struct change change = {
		.owner = keyvalue_text(call, "owner") ?: "-", .reason = "could_sleep",
		.caller = keyvalue_text(call, "caller"), .what = "gfp_kernel",
		.count = UNKNOWN, .from = UNKNOWN, .to = UNKNOWN, .now = UNKNOWN,
		.cost = UNKNOWN, .reserve = UNKNOWN,
	};
	char words[256];

	if (owner_row(facts, change.owner) >= 0)
		return;
	caller_words(change.caller, words, sizeof(words));
	snprintf(change.why, sizeof(change.why), "%s" SPARE, words);
	if (!facts->json) {
		head(facts, change.owner);
		puts("has gone; it asked the kernel atomically where it could sleep");
	}
	change_say(facts, &change, false);
}

static void advise_taker(struct facts *facts, size_t row)
{
	struct change change = {
		.owner = table_cell_of(&facts->owners, row, "name"), .reason = "from_reserve",
		.count = table_number_of(&facts->owners, row, "from_reserve"),
		.what = "reserve_pct", .from = UNKNOWN, .to = UNKNOWN, .now = UNKNOWN,
		.cost = UNKNOWN, .reserve = UNKNOWN,
	};

	if (change.count <= 0)
		return;
	snprintf(change.why, sizeof(change.why), "what it has there, others lack: give pages back sooner, or allow it less by labyrinth set %.64s reserve_pct=N",
		 change.owner);
	if (!facts->json) {
		head(facts, change.owner);
		printf("has %s%" PRId64 " %s%s of the atomic reserve\n", colour(WARNING),
		       change.count, change.count == 1 ? "page" : "pages", colour(PLAIN));
	}
	change_say(facts, &change, false);
}

static void advise_reports(struct facts *facts, bool could_sleep)
{
	size_t i;

	for (i = 0; i < facts->advice.nr; i++) {
		const struct keyvalue *call = &facts->advice.line[i];
		const char *reason = keyvalue_text(call, "reason");

		if (!reason || could_sleep == !!strcmp(reason, "could_sleep") ||
		    call_is_outdone(facts, call))
			continue;
		if (could_sleep)
			advise_gone_sleeper(facts, call);
		else
			advise_refusal(facts, call);
	}
}

static void advise_all(const struct source *source, struct facts *facts)
{
	size_t i;

	if (facts->json)
		json_open();
	advise_reports(facts, false);
	for (i = 0; i < facts->owners.nr_rows; i++)
		advise_unreported(facts, i);
	for (i = 0; i < facts->owners.nr_rows; i++)
		advise_sleeper(source, facts, i);
	advise_reports(facts, true);
	for (i = 0; i < facts->owners.nr_rows; i++)
		advise_taker(facts, i);
	if (facts->json)
		json_close();
	else if (!facts->any)
		puts("Nothing is to be changed.");
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct facts facts = { .json = options->json };

	(void)args;
	source_need_table(source, "owners", &facts.owners);
	need_column(&facts.owners, "name");
	keyvalues_need(source, "advice", &facts.advice);
	facts.min_free = read_min_free(source);
	if (options->keep)
		advise_keep(source, &facts);
	else
		advise_all(source, &facts);
	keyvalues_free(&facts.advice);
	table_free(&facts.owners);
}

const struct command advise_command = {
	.name = "advise",
	.summary = "what would have helped: stocks, marks, callers, with the figures",
	.takes = TAKES_JSON | TAKES_KEEP,
	.run = run,
	.example = "advise",
};
