// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "../cell.h"
#include "../command.h"
#include "../read/keyvalue.h"
#include "../read/watch_table.h"
#include "../show/json.h"
#include "../show/print.h"

enum { COMMAND, MODULE, SRCVERSION, KERNEL, NR_VERSIONS };

/* As in the file "saved". */
static const char * const version_names[NR_VERSIONS] = {
	"command", "module", "srcversion", "kernel",
};

#define WORD_SIZE	64

struct versions {
	char of[NR_VERSIONS][WORD_SIZE];
};

struct facts {
	struct table owners, zones, refusals, violations, audit, saved;
	int64_t zone;		/* row of the deepest zone, or -1 */
	char watch[MODE_MOST];
	struct keyvalues module;	/* the file "watch_module" */
};

/* Only the zones that requests try first. lowmem_reserve protects the other zones. */
static int64_t deepest_zone(const struct table *zones)
{
	int column = table_column(zones, "depth_pct");
	int protected = table_column(zones, "lowmem_reserve");
	int64_t at = -1, most = UNKNOWN, value;
	size_t row;

	for (row = 0; row < zones->nr_rows; row++) {
		value = table_number(zones, row, column);
		if (value > most && table_number(zones, row, protected) <= 0) {
			most = value;
			at = row;
		}
	}
	return at;
}

static bool audited(const struct facts *facts)
{
	return facts->audit.nr_rows && table_number_of(&facts->audit, 0, "audits") > 0;
}

static int64_t sum(const struct facts *facts, const char *column)
{
	return table_sum(&facts->owners, table_column(&facts->owners, column));
}

/* Count since loading: the last seq includes reports of destroyed owners. */
static int64_t reported(const struct facts *facts, const struct table *reports, const char *column)
{
	int64_t value = sum(facts, column), seq = UNKNOWN;

	if (reports->nr_rows)
		seq = table_number_of(reports, reports->nr_rows - 1, "seq");
	return seq > value ? seq : value;
}

/* ---- text output */

/* Print in the colour of a cell of @column. */
static void put_count(int64_t value, const char *column, const char *words)
{
	char text[32] = "?";

	if (value != UNKNOWN)
		snprintf(text, sizeof(text), "%" PRId64, value);
	printf("%s%s%s%s", colour(cell_colour(column, text)), text, colour(PLAIN), words);
}

/* The sum of a column over all owners. */
static void put_sum(const struct facts *facts, const char *column, const char *words)
{
	put_count(sum(facts, column), column, words);
}

static void put_cell(const struct table *table, size_t row, const char *column)
{
	cell_put(stdout, table_cell_of(table, row, column));
}

/* Describe the last row of refusals or violations. */
static void put_last(const struct table *table, const char *what)
{
	size_t row = table->nr_rows - 1;
	char buf[32];

	if (table->nr_rows) {
		printf("; the last %s ago: ",
		       age_text(buf, table_number_of(table, row, "age_ms")));
		put_cell(table, row, what);
		fputs(", ", stdout);
		put_cell(table, row, "owner");
		fputs(", by ", stdout);
		put_cell(table, row, "caller");
		if (table_number_of(table, row, "caught") == 1)
			fputs(", caught in the act", stdout);
	}
	putchar('\n');
}

/* The module that is being watched, or NULL. */
static const char *watched_module(const struct facts *facts)
{
	const struct keyvalue *line = facts->module.line;

	return facts->module.nr && keyvalue_number(line, "on") == 1 ?
	       keyvalue_text(line, "module") : NULL;
}

/* Nothing if nothing is watched. */
static void print_watch(const struct facts *facts)
{
	static const struct {
		const char *mode, *words;
	} modes[] = {
		{ "free", ": frees of labyrinth's pages by others" },
		{ "reserve", ": pages taken from below min, see \"labyrinth dippers\"" },
		{ "all", ": frees by others, and pages taken from below min, see \"labyrinth dippers\"" },
	};
	const char *module = watched_module(facts), *words = "";
	bool on = strcmp(facts->watch, "off") && strcmp(facts->watch, "-") &&
		  strcmp(facts->watch, "unsupported");
	size_t i;

	if (!on && !module)
		return;
	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(facts->watch, modes[i].mode))
			words = modes[i].words;
	printf("watch       %s%s", on ? facts->watch : "", words);
	if (module) {
		fputs(on ? "; the module " : "the module ", stdout);
		cell_put(stdout, module);
	}
	putchar('\n');
}

/* On this machine, or on the one that saved the folder. */
static void read_versions(const struct source *source, const struct facts *facts,
			  struct versions *versions)
{
	struct utsname machine;
	const char *value;
	size_t i;

	if (source->live) {
		uname(&machine);
		snprintf(versions->of[COMMAND], WORD_SIZE, "%s", VERSION);
		snprintf(versions->of[KERNEL], WORD_SIZE, "%.63s", machine.release);
		first_word("/sys/module/labyrinth/version", versions->of[MODULE]);
		first_word("/sys/module/labyrinth/srcversion", versions->of[SRCVERSION]);
		return;
	}
	for (i = 0; i < NR_VERSIONS; i++) {
		value = table_value(&facts->saved, version_names[i]);
		snprintf(versions->of[i], WORD_SIZE, "%.63s", value ?: "-");
	}
}

static void print_versions(const struct source *source, const struct facts *facts)
{
	struct versions versions;
	size_t nr = 0, i;

	read_versions(source, facts, &versions);
	for (i = 0; i < NR_VERSIONS; i++) {
		if (!strcmp(versions.of[i], "-"))
			continue;
		printf("%s%s ", nr++ ? ", " : "versions    ", version_names[i]);
		cell_put(stdout, versions.of[i]);
	}
	if (nr)
		putchar('\n');
}

static void print(const struct source *source, struct facts *facts)
{
	const struct table *audit = &facts->audit;
	char buf[32];

	if (source->live)
		warn_of_another_version();
	if (source->closed)
		printf("debugfs     closed: %s\n", source->closed);
	print_versions(source, facts);
	if (!source->live) {
		fputs("folder      ", stdout);
		cell_put(stdout, source->name);
		fputs(", saved ", stdout);
		cell_put(stdout, table_value(&facts->saved, "date") ?: "at an unknown time");
		putchar('\n');
	}
	printf("owners      %zu\npages       ", facts->owners.nr_rows);
	put_sum(facts, "owned", " owned of ");
	put_sum(facts, "budget", ", ");
	put_sum(facts, "stocked", " ready for a stock of ");
	put_sum(facts, "stock", ", ");
	put_sum(facts, "quarantined", " quarantined");
	fputs("\nreserve     ", stdout);
	put_sum(facts, "from_reserve", " pages taken from it");
	if (facts->zone >= 0) {
		printf("; %" PRId64 " %% of it used in node ",
		       table_number_of(&facts->zones, facts->zone, "depth_pct"));
		put_cell(&facts->zones, facts->zone, "node");
		putchar(' ');
		put_cell(&facts->zones, facts->zone, "zone");
	}
	fputs("\nrefusals    ", stdout);
	put_count(reported(facts, &facts->refusals, "refused"), "refused", "");
	put_last(&facts->refusals, "reason");
	fputs("violations  ", stdout);
	put_count(reported(facts, &facts->violations, "violations"), "violations", "");
	put_last(&facts->violations, "kind");
	print_watch(facts);
	fputs("audits      ", stdout);
	if (audited(facts)) {
		put_cell(audit, 0, "audits");
		printf("; the last %s ago found ",
		       age_text(buf, table_number_of(audit, 0, "age_ms")));
		put_count(table_number_of(audit, 0, "found"), "violations", " differences, ");
		put_count(table_number_of(audit, 0, "orphans"), "violations", " orphans\n");
	} else if (source->live && audit->nr_rows) {
		puts("0; \"echo 1 >" LIVE_FOLDER "/audit_now\" looks for differences and orphans");
	} else {
		puts(audit->nr_rows ? "0" : "?");
	}
}

/* ---- JSON output */

static json_t *row_or_null(const struct table *table, int64_t row)
{
	return row >= 0 && (size_t)row < table->nr_rows ? json_row(table, row) : json_null();
}

static void print_json(const struct source *source, const struct facts *facts)
{
	static const char * const sums[] = {
		"budget", "owned", "stocked", "stock", "from_reserve", "quarantined", "allocs",
		"frees", "could_sleep",
	};
	json_t *object = json_object(), *parts = json_object();
	struct versions versions;
	size_t i;

	json_add(object, "live", json_boolean(source->live));
	json_add(object, "closed", source->closed ? json_text(source->closed) : json_null());
	json_add(object, "saved", json_pairs(&facts->saved));
	read_versions(source, facts, &versions);
	for (i = 0; i < NR_VERSIONS; i++)
		json_add(parts, version_names[i], json_cell(version_names[i], versions.of[i]));
	json_add(object, "versions", parts);
	json_add(object, "owners", json_count(facts->owners.nr_rows));
	for (i = 0; i < sizeof(sums) / sizeof(*sums); i++)
		json_add(object, sums[i], json_count(sum(facts, sums[i])));
	json_add(object, "refused", json_count(reported(facts, &facts->refusals, "refused")));
	json_add(object, "violations",
		 json_count(reported(facts, &facts->violations, "violations")));
	json_add(object, "orphans", json_count(audited(facts) ?
		 table_number_of(&facts->audit, 0, "orphans") : UNKNOWN));
	json_add(object, "deepest_zone", row_or_null(&facts->zones, facts->zone));
	json_add(object, "last_refusal",
		 row_or_null(&facts->refusals, (int64_t)facts->refusals.nr_rows - 1));
	json_add(object, "last_violation",
		 row_or_null(&facts->violations, (int64_t)facts->violations.nr_rows - 1));
	json_add(object, "audit", row_or_null(&facts->audit, 0));
	json_add(object, "watch", json_cell("watch", facts->watch));
	json_add(object, "watch_module", json_cell("watch_module", watched_module(facts) ?: "-"));
	json_put(object);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct facts facts;

	(void)args;
	source_need_table(source, "owners", &facts.owners);
	source_table(source, "zones", &facts.zones);
	source_table(source, "refusals", &facts.refusals);
	source_table(source, "violations", &facts.violations);
	source_table(source, "audit", &facts.audit);
	facts.saved = (struct table){};
	if (!source->live && source_table(source, "saved", &facts.saved))
		need_pairs(&facts.saved);
	watch_mode(source, facts.watch);
	keyvalues_read(source, "watch_module", &facts.module);
	facts.zone = deepest_zone(&facts.zones);
	if (options->json)
		print_json(source, &facts);
	else
		print(source, &facts);
	table_free(&facts.owners);
	table_free(&facts.zones);
	table_free(&facts.refusals);
	table_free(&facts.violations);
	table_free(&facts.audit);
	table_free(&facts.saved);
	keyvalues_free(&facts.module);
}

const struct command status_command = {
	.name = "status",
	.summary = "owners, zones, refusals and violations in a few lines",
	.takes = TAKES_JSON,
	.run = run,
	.example = "status",
};
