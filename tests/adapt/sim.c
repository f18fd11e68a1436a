// SPDX-License-Identifier: GPL-2.0
/*
 * A simulator of stocks under a load. It compiles the rule of the module, and prints a table of
 * what the adaptive stock and fixed ones refuse and hold, or KTAP.
 *
 * usage: sim table | test | trace LOAD | recorded FILE
 *
 * "trace" prints a line per minute: minute, pages demanded, adaptive stock. FILE has a line
 * "MILLISECONDS PAGES" for each burst.
 *
 * The pages of a burst are asked for in one go, where only the stock can give them, and leave
 * the owner. The refill runs REFILL_MS after its request, and finds memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../labyrinth/core/adapt_rule.h"
#include "loads.h"

#define REFILL_MS	5
#define ASKED		16U
#define BUDGET		4096U
#define SHARE		2048U	/* pages above what was asked, as a machine of 512 MiB permits */

#define NEVER		(~0UL)

struct result {
	unsigned long refused, refused_bursts, peak;
	double average;
	unsigned int repeated;	/* refused bursts that were no new level */
	unsigned int below, above;	/* steps that broke a limit */
	unsigned int left;	/* pages at the end */
};

/* ---- a stock */

struct stock {
	bool adapts;
	struct lab_adapt_state state;
	unsigned int stocked, taken, refused;
	unsigned long now, stepped, refill, look;	/* times; NEVER if none is due */
	double held;		/* page-milliseconds */
};

static unsigned long earlier(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

static void pass(struct stock *stock, unsigned long until)
{
	stock->held += (double)stock->stocked * (until - stock->now);
	stock->now = until;
}

static void refill(struct stock *stock, struct result *result)
{
	struct lab_adapt_load load = {
		.least = ASKED,
		.most = ASKED + SHARE < BUDGET ? ASKED + SHARE : BUDGET,
		.taken = stock->taken,
		.refused = stock->refused,
		.elapsed_ms = stock->now - stock->stepped,
	};

	stock->refill = NEVER;
	if (stock->adapts) {
		lab_adapt_step(&stock->state, &load);
		result->below += stock->state.stock < load.least;
		result->above += stock->state.stock > load.most;
		stock->stepped = stock->now;
		stock->taken = 0;
		stock->refused = 0;
		if (stock->state.stock > ASKED && stock->look == NEVER)
			stock->look = stock->now + LAB_ADAPT_LOOK_MS;
	}
	stock->stocked = stock->state.stock;
	if (stock->stocked > result->peak)
		result->peak = stock->stocked;
}

/* Let the refills and looks take place that are due before @until. */
static void run(struct stock *stock, unsigned long until, struct result *result)
{
	unsigned long next;

	while ((next = earlier(stock->refill, stock->look)) <= until) {
		pass(stock, next);
		if (stock->look == next)
			stock->look = NEVER;
		refill(stock, result);
	}
	pass(stock, until);
}

/* Returns how many pages it got. */
static unsigned int take(struct stock *stock, const struct burst *burst, bool gives_up)
{
	unsigned int got = burst->pages < stock->stocked ? burst->pages : stock->stocked;
	unsigned int low = stock->adapts ? lab_adapt_refill_at(stock->state.stock) :
					   stock->state.stock / 2;

	stock->stocked -= got;
	stock->taken += got;
	if (got < burst->pages)
		stock->refused += gives_up ? 1 : burst->pages - got;
	if (stock->refill == NEVER &&
	    ((got && stock->stocked <= low) || (stock->adapts && got < burst->pages)))
		stock->refill = stock->now + REFILL_MS;
	return got;
}

/* The largest burst that the rule still has to know of when @nr comes. */
static unsigned int level_before(const struct load *load, unsigned int nr)
{
	unsigned long now = load->bursts[nr].ms;
	unsigned int level = 0;

	while (nr-- && now - load->bursts[nr].ms < LAB_ADAPT_KEEP_MS) {
		if (load->shortage && load->bursts[nr].ms < load->shortage && load->shortage <= now)
			break;
		if (load->bursts[nr].pages > level)
			level = load->bursts[nr].pages;
	}
	return level;
}

static void simulate(const struct load *load, bool adapts, unsigned int pages, FILE *trace,
		     struct result *result)
{
	struct stock stock = {
		.adapts = adapts, .state = { .stock = pages, .peak = pages }, .stocked = pages,
		.refill = NEVER, .look = NEVER,
	};
	unsigned long minute = 0, demanded = 0;
	bool shrunk = !load->shortage;
	unsigned int i, got;

	*result = (struct result){ .peak = pages };
	for (i = 0; i <= load->nr; i++) {
		unsigned long until = i < load->nr ? load->bursts[i].ms : load->end;

		for (; trace && minute * MINUTE < until; minute++) {
			run(&stock, minute * MINUTE, result);
			fprintf(trace, "%lu %lu %u\n", minute, demanded, stock.state.stock);
			demanded = 0;
		}
		if (!shrunk && until >= load->shortage) {
			shrunk = true;
			run(&stock, load->shortage, result);
			if (adapts) {
				stock.stocked = ASKED;
				lab_adapt_cut(&stock.state, ASKED);
			}
		}
		run(&stock, until, result);
		if (i == load->nr)
			break;
		got = take(&stock, &load->bursts[i], load->gives_up);
		if (load->bursts[i].pages > demanded)
			demanded = load->bursts[i].pages;
		result->refused += load->bursts[i].pages - got;
		if (got == load->bursts[i].pages)
			continue;
		result->refused_bursts++;
		result->repeated += adapts && load->bursts[i].pages <= level_before(load, i);
	}
	result->average = stock.held / load->end;
	result->left = stock.stocked;
}

/* ---- output */

static unsigned int mean(const struct load *load)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < load->nr; i++)
		sum += load->bursts[i].pages;
	return load->nr ? sum / load->nr : 0;
}

/* The most pages asked for while a refill is due and runs: all that a fixed stock may need. */
static unsigned int largest(const struct load *load)
{
	unsigned int i, first = 0, sum = 0, most = 0;

	for (i = 0; i < load->nr; i++) {
		sum += load->bursts[i].pages;
		while (load->bursts[i].ms - load->bursts[first].ms >= 2 * REFILL_MS)
			sum -= load->bursts[first++].pages;
		if (sum > most)
			most = sum;
	}
	return most;
}

static void row(const struct load *load, const char *kind, bool adapts, unsigned int pages)
{
	struct result result;

	simulate(load, adapts, pages, NULL, &result);
	printf("%-9s %-9s %6u %11lu %11lu %9.1f %6lu\n", load->name, kind, pages, result.refused,
	       result.refused_bursts, result.average, result.peak);
}

static void rows(const struct load *load)
{
	row(load, "adaptive", true, ASKED);
	row(load, "none", false, 0);
	row(load, "small", false, ASKED);
	row(load, "mean", false, mean(load));
	row(load, "largest", false, largest(load));
}

static void head(void)
{
	printf("%-9s %-9s %6s %11s %11s %9s %6s\n", "load", "stock", "pages", "not-given",
	       "bursts-hit", "held-mean", "most");
}

static unsigned int failed, tests;

static void test(bool good, const struct load *load, const char *words, double got)
{
	if (!good)
		printf("# %s: %g\n", load->name, got);
	printf("%sok %u %s: %s\n", good ? "" : "not ", ++tests, load->name, words);
	failed += !good;
}

static void test_load(const struct load *load)
{
	struct result adaptive, small, fixed;

	simulate(load, true, ASKED, NULL, &adaptive);
	simulate(load, false, ASKED, NULL, &small);
	simulate(load, false, largest(load), NULL, &fixed);
	/* A driver that gives up shows a level's size by and by: one refusal for each doubling. */
	if (load->gives_up)
		test(adaptive.refused_bursts <= 8, load, "doubling finds the level",
		     adaptive.refused_bursts);
	else if (load->rate)
		test(adaptive.refused_bursts <= 1, load, "a constant rate is refused once",
		     adaptive.refused_bursts);
	else
		test(!adaptive.repeated, load, "a level that was there is not refused again",
		     adaptive.repeated);
	test(!adaptive.below, load, "never below what the driver asked for", adaptive.below);
	test(!adaptive.above, load, "never above budget and share", adaptive.above);
	test(adaptive.left == ASKED, load, "back at what the driver asked for", adaptive.left);
	test(adaptive.average < fixed.average, load, "holds less than the largest burst",
	     adaptive.average);
	test(20 * adaptive.refused < small.refused, load,
	     "refuses less than a twentieth of the small one", adaptive.refused);
}

static void read_load(const char *file, struct load *load)
{
	FILE *text = fopen(file, "r");
	struct burst burst;

	*load = (struct load){ .name = "recorded" };
	if (!text) {
		perror(file);
		exit(1);
	}
	while (fscanf(text, "%lu %u", &burst.ms, &burst.pages) == 2)
		add_burst(load, burst.ms, burst.pages);
	fclose(text);
	load->end = (load->nr ? load->bursts[load->nr - 1].ms : 0) + QUIET;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct result result;
	struct load load;
	unsigned int i;

	if (!strcmp(what, "recorded") && argc == 3) {
		read_load(argv[2], &load);
		head();
		rows(&load);
		return 0;
	}
	if (strcmp(what, "table") && strcmp(what, "test") && (strcmp(what, "trace") || argc != 3)) {
		fprintf(stderr, "usage: %s table | test | trace LOAD | recorded FILE\n", argv[0]);
		return 2;
	}
	if (!strcmp(what, "table"))
		head();
	else if (!strcmp(what, "test"))
		printf("KTAP version 1\n1..%u\n", 6 * NR_LOADS);
	for (i = 0; i < NR_LOADS; i++) {
		make_load(i, &load);
		if (!strcmp(what, "trace") && strcmp(argv[2], load.name))
			continue;
		if (!strcmp(what, "table"))
			rows(&load);
		else if (!strcmp(what, "test"))
			test_load(&load);
		else
			simulate(&load, true, ASKED, stdout, &result);
		free(load.bursts);
	}
	return failed > 0;
}
