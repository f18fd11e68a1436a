// SPDX-License-Identifier: GPL-2.0
/*
 * Prometheus' text format, for node_exporter's textfile collector. The collector may read at
 * any time, so the output file is replaced atomically.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../command.h"
#include "../message.h"
#include "../read/watch_table.h"
#include "../show/metric.h"
#include "../show/output.h"

static const struct metric owner_metrics[] = {
	{ "budget", "owner_budget_pages", "gauge", "Most pages it may own at once.", 1 },
	{ "owned", "owner_owned_pages", "gauge", "Pages handed out and not given back.", 1 },
	{ "stocked", "owner_ready_pages", "gauge", "Pages ready for the owner.", 1 },
	{ "stock", "owner_stock_pages", "gauge", "Pages to be kept ready.", 1 },
	{ "peak", "owner_peak_pages", "gauge",
	  "Most pages owned at once since the last reset.", 1 },
	{ "from_reserve", "owner_from_reserve_pages", "gauge",
	  "Owned pages that were taken out of the atomic reserve.", 1 },
	{ "quarantined", "owner_quarantined_pages", "gauge",
	  "Pages given back while somebody else held them.", 1 },
	{ "reserve_pct", "owner_reserve_share_ratio", "gauge",
	  "Share of each zone's atomic reserve that the owner may use.", 100 },
	{ "bytes", "owner_memory_bytes", "gauge", "Memory for the owner's handle and tags.", 1 },
	{ "allocs", "owner_allocs_total", "counter", "Pages handed out.", 1 },
	{ "frees", "owner_frees_total", "counter", "Pages given back.", 1 },
	{ "could_sleep", "owner_could_sleep_total", "counter",
	  "Atomic requests to the kernel where the caller might have waited.", 1 },
	{}
};

static const struct metric zone_metrics[] = {
	{ "free", "zone_free_pages", "gauge", "Free pages of the zone.", 1 },
	{ "min", "zone_min_pages", "gauge", "The zone's min watermark.", 1 },
	{ "low", "zone_low_pages", "gauge", "The zone's low watermark.", 1 },
	{ "high", "zone_high_pages", "gauge", "The zone's high watermark.", 1 },
	{ "lowmem_reserve", "zone_lowmem_reserve_pages", "gauge",
	  "Pages kept from requests that may use higher zones.", 1 },
	{ "cma", "zone_cma_pages", "gauge", "Free pages in CMA areas.", 1 },
	{ "highatomic", "zone_highatomic_pages", "gauge",
	  "Pages kept for atomic requests of higher order.", 1 },
	{ "boost", "zone_boost_pages", "gauge", "What is added to each watermark just now.", 1 },
	{ "atomic_floor", "zone_atomic_floor_pages", "gauge",
	  "Down to here GFP_ATOMIC gets pages.", 1 },
	{ "depth_pct", "zone_reserve_gone_ratio", "gauge",
	  "How much of the zone's atomic reserve is gone.", 100 },
	{ "from_reserve", "zone_from_reserve_pages", "gauge",
	  "Pages taken from below min that are still out.", 1 },
	{}
};

static const struct metric audit_metrics[] = {
	{ "audits", "audits_total", "counter", "Audits since loading.", 1 },
	{ "age_ms", "audit_age_seconds", "gauge", "Time since the last audit.", 1000 },
	{ "found", "audit_found_differences", "gauge",
	  "Differences that the last audit found.", 1 },
	{ "orphans", "audit_orphan_pages", "gauge", "Orphans that the last audit found.", 1 },
	{}
};

/* Counters in an owner's stats, by prefix; the rest of the name becomes a label. */
static const struct {
	const char *column, *label;
	struct metric metric;
} kinds[] = {
	{ "refused", "reason", { "refused_", "owner_refused_total", "counter",
	  "Calls that got no page.", 1 } },
	{ "violations", "kind", { "violations_", "owner_violations_total", "counter",
	  "Broken rules of ownership.", 1 } },
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

/* ---- tables */

/* One sample per row; @labels is a NULL-terminated array of column names. */
static void put_table(FILE *out, const struct table *table, const struct metric *metric,
		      const char * const *labels)
{
	for (; metric->column; metric++) {
		int column = table_column(table, metric->column);
		size_t row, i;

		if (column < 0)
			continue;
		metric_head(out, metric);
		for (row = 0; row < table->nr_rows; row++) {
			int64_t value = table_number(table, row, column);

			if (value == UNKNOWN)
				continue;
			fprintf(out, "labyrinth_%s%s", metric->name, *labels ? "{" : "");
			for (i = 0; labels[i]; i++) {
				fputs(i ? "," : "", out);
				metric_label(out, *labels[i] == 'n' && !strcmp(labels[i], "name") ?
					     "owner" : labels[i],
					     table_cell(table, row, table_column(table, labels[i])));
			}
			fputs(*labels ? "}" : "", out);
			metric_value(out, metric, value);
		}
	}
}

/* ---- refusals and violations of owners */

static void put_kind(FILE *out, const struct table *owners, size_t row, int k, const char *label,
		     int64_t value)
{
	const struct metric *metric = &kinds[k].metric;

	if (value == UNKNOWN)
		return;
	fprintf(out, "labyrinth_%s{", metric->name);
	metric_label(out, "owner", table_cell(owners, row, table_column(owners, "name")));
	fputc(',', out);
	metric_label(out, "module", table_cell(owners, row, table_column(owners, "module")));
	fputc(',', out);
	metric_label(out, kinds[k].label, label);
	fputc('}', out);
	metric_value(out, metric, value);
}

static void put_kinds(FILE *out, const struct source *source, const struct table *owners)
{
	int name = table_column(owners, "name");
	struct table *stats = allocate(NULL, owners->nr_rows, sizeof(*stats));
	size_t row, i, k;

	for (row = 0; row < owners->nr_rows; row++)
		if (source_owner_table(source, table_cell(owners, row, name), "stats", &stats[row]))
			need_pairs(&stats[row]);
	for (k = 0; k < NR_KINDS; k++) {
		const char *prefix = kinds[k].metric.column;

		metric_head(out, &kinds[k].metric);
		for (row = 0; row < owners->nr_rows; row++) {
			if (!stats[row].nr_rows)
				put_kind(out, owners, row, k, "unknown",
					 table_number(owners, row,
						      table_column(owners, kinds[k].column)));
			for (i = 0; i < stats[row].nr_rows; i++) {
				const char *what = table_cell(&stats[row], i, 0);

				if (!strncmp(what, prefix, strlen(prefix)))
					put_kind(out, owners, row, k, what + strlen(prefix),
						 table_value_number(&stats[row], what));
			}
		}
	}
	for (row = 0; row < owners->nr_rows; row++)
		table_free(&stats[row]);
	free(stats);
}

/* ---- the last events */

/* The module lists that many; a saved folder may have more. */
#define EVENTS_MOST	1024

static const struct {
	const char *file, *label;
	struct metric metric;
} lasts[] = {
	{ "refusals", "reason", { "age_ms", "refusal_age_seconds", "gauge",
	  "Time since the last refusal, destroyed owners included.", 1000 } },
	{ "violations", "kind", { "age_ms", "violation_age_seconds", "gauge",
	  "Time since the last violation, destroyed owners included.", 1000 } },
};

static bool same_event(const struct table *events, size_t a, size_t b, const char *label)
{
	return !strcmp(table_cell_of(events, a, label), table_cell_of(events, b, label)) &&
	       !strcmp(table_cell_of(events, a, "owner"), table_cell_of(events, b, "owner"));
}

/*
 * The age of the last event of each owner and kind. The owner's counters end with the owner, and a
 * counter that is 1 in its first sample has not increased for Prometheus.
 */
static void put_last(FILE *out, const struct source *source, int l)
{
	const char *label = lasts[l].label;
	struct table events;
	size_t row, later;

	if (!source_table(source, lasts[l].file, &events))
		return;
	metric_head(out, &lasts[l].metric);
	row = events.nr_rows > EVENTS_MOST ? events.nr_rows - EVENTS_MOST : 0;
	for (; row < events.nr_rows; row++) {
		int64_t age = table_number_of(&events, row, lasts[l].metric.column);

		for (later = row + 1; later < events.nr_rows; later++)
			if (same_event(&events, row, later, label))
				break;
		if (later < events.nr_rows || age == UNKNOWN)
			continue;
		fprintf(out, "labyrinth_%s{", lasts[l].metric.name);
		metric_label(out, "owner", table_cell_of(&events, row, "owner"));
		fputc(',', out);
		metric_label(out, label, table_cell_of(&events, row, label));
		fputc('}', out);
		metric_value(out, &lasts[l].metric, age);
	}
	table_free(&events);
}

/* ---- dippers */

#define DIPPERS_MOST	20
#define OTHERS		"others"

/* A function's rows, summed up. */
struct dipper {
	char *function;
	const char *module;
	int64_t held, pages, refused;
};

static const struct {
	struct metric metric;
	size_t value;
} dipper_metrics[] = {
	{ { "held", "dipper_pages_held", "gauge",
	    "Pages taken from below min and not freed yet.", 1 }, offsetof(struct dipper, held) },
	{ { "pages", "dipper_pages_total", "counter", "Pages taken from below min.", 1 },
	  offsetof(struct dipper, pages) },
	{ { "refused", "dipper_refused_total", "counter",
	    "Requests that could not wait and got no page.", 1 },
	  offsetof(struct dipper, refused) },
};

static void add(int64_t *sum, int64_t value)
{
	if (value == UNKNOWN)
		*sum = UNKNOWN;
	else if (*sum != UNKNOWN && __builtin_add_overflow(*sum, value, sum))
		*sum = UNKNOWN;
}

static void add_dipper(struct dipper *to, const struct dipper *dipper)
{
	add(&to->held, dipper->held);
	add(&to->pages, dipper->pages);
	add(&to->refused, dipper->refused);
}

/* By what only grows, so that a function seldom leaves or joins the others. */
static int compare_dippers(const void *a, const void *b)
{
	const struct dipper *x = a, *y = b;

	if (!strcmp(x->function, OTHERS) != !strcmp(y->function, OTHERS))
		return strcmp(x->function, OTHERS) ? -1 : 1;
	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return strcmp(x->function, y->function) ?: strcmp(x->module, y->module);
}

/* One for each function of each module, without the offset of the call. Returns their number. */
static size_t sum_dippers(struct dipper *all, const struct table *table)
{
	size_t row, i, nr = 0;

	for (row = 0; row < table->nr_rows; row++) {
		const char *function = table_cell_of(table, row, "function");
		struct dipper one = {
			.function = strndup(function, strcspn(function, "+")),
			.module = table_cell_of(table, row, "module"),
			.held = table_number_of(table, row, "held"),
			.pages = table_number_of(table, row, "pages"),
			.refused = table_number_of(table, row, "refused"),
		};

		if (!one.function)
			die(FAILED, "There is not enough memory.");
		for (i = 0; i < nr; i++)
			if (!strcmp(all[i].function, one.function) &&
			    !strcmp(all[i].module, one.module))
				break;
		if (i == nr) {
			all[nr++] = one;
		} else {
			add_dipper(&all[i], &one);
			free(one.function);
		}
	}
	qsort(all, nr, sizeof(*all), compare_dippers);
	return nr;
}

/* Sum up all but the largest. Returns the number of those left. */
static size_t limit_dippers(struct dipper *all, size_t nr)
{
	size_t i;

	if (nr <= DIPPERS_MOST)
		return nr;
	for (i = DIPPERS_MOST + 1; i < nr; i++) {
		add_dipper(&all[DIPPERS_MOST], &all[i]);
		free(all[i].function);
	}
	free(all[DIPPERS_MOST].function);
	all[DIPPERS_MOST].function = strdup(OTHERS);
	all[DIPPERS_MOST].module = "-";
	if (!all[DIPPERS_MOST].function)
		die(FAILED, "There is not enough memory.");
	return DIPPERS_MOST + 1;
}

static void put_dippers(FILE *out, const struct table *table)
{
	struct dipper *all = allocate(NULL, table->nr_rows, sizeof(*all));
	size_t nr = limit_dippers(all, sum_dippers(all, table)), m, i;

	for (m = 0; m < sizeof(dipper_metrics) / sizeof(*dipper_metrics); m++) {
		const struct metric *metric = &dipper_metrics[m].metric;

		metric_head(out, metric);
		for (i = 0; i < nr; i++) {
			int64_t value = *(int64_t *)((char *)&all[i] + dipper_metrics[m].value);

			if (value == UNKNOWN)
				continue;
			fprintf(out, "labyrinth_%s{", metric->name);
			metric_label(out, "function", all[i].function);
			fputc(',', out);
			metric_label(out, "module", all[i].module);
			fputc('}', out);
			metric_value(out, metric, value);
		}
	}
	for (i = 0; i < nr; i++)
		free(all[i].function);
	free(all);
}

/* A sample for each mode, so that none remains of one that was left. */
static void put_watch(FILE *out, const char *mode)
{
	static const struct metric metric = { "", "watch", "gauge", "1 for what is watched.", 1 };
	static const char * const modes[] = { "off", "free", "reserve", "all" };
	size_t i;

	metric_head(out, &metric);
	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		fprintf(out, "labyrinth_watch{mode=\"%s\"} %d\n", modes[i],
			!strcmp(modes[i], mode));
}

/* A saved folder does not tell the module's version. */
static void put_build_info(FILE *out, const struct source *source)
{
	static const struct metric metric = {
		"", "build_info", "gauge", "1; versions of the command and of the loaded module.", 1
	};
	char module[64] = "-";

	if (source->live)
		first_word("/sys/module/labyrinth/version", module);
	metric_head(out, &metric);
	fprintf(out, "labyrinth_build_info{version=\"" VERSION "\",");
	metric_label(out, "module", module);
	fputs("} 1\n", out);
}

static void put_all(FILE *out, const struct source *source)
{
	static const char * const of_owner[] = { "name", "module", NULL };
	static const char * const of_zone[] = { "node", "zone", NULL };
	static const char * const of_all[] = { NULL };
	struct table owners, zones, audit, dippers;
	char mode[MODE_MOST];
	size_t l;

	source_need_table(source, "owners", &owners);
	source_note_closed(source, "audits, dippers and zone_from_reserve_pages");
	source_table(source, "zones", &zones);
	source_table(source, "audit", &audit);
	watch_table(source, "dippers", &dippers);
	watch_mode(source, mode);
	need_column(&owners, "name");
	put_build_info(out, source);
	put_table(out, &owners, owner_metrics, of_owner);
	put_kinds(out, source, &owners);
	for (l = 0; l < sizeof(lasts) / sizeof(*lasts); l++)
		put_last(out, source, l);
	put_table(out, &zones, zone_metrics, of_zone);
	put_table(out, &audit, audit_metrics, of_all);
	if (dippers.nr_rows)
		put_dippers(out, &dippers);
	if (strcmp(mode, "-"))
		put_watch(out, mode);
	table_free(&owners);
	table_free(&zones);
	table_free(&audit);
	table_free(&dippers);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct output output;

	(void)args;
	put_all(output_open(&output, options->output), source);
	output_close(&output);
}

const struct command metrics_command = {
	.name = "metrics",
	.summary = "all figures in Prometheus' text format",
	.takes = TAKES_OUTPUT,
	.run = run,
	.example = "metrics --output=/var/lib/prometheus/node-exporter/labyrinth.prom",
};
