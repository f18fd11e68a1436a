// SPDX-License-Identifier: GPL-2.0
/* Loads of a stock: bursts of pages that are asked for in one go, and leave the owner. */
#include <stdlib.h>

#include "loads.h"

static unsigned int random_below(unsigned int n)
{
	static unsigned int state = 1;

	state = state * 1664525 + 1013904223;
	return (unsigned long)(state >> 8) * n >> 24;
}

void add_burst(struct load *load, unsigned long ms, unsigned int pages)
{
	if (load->nr == load->room) {
		load->room = 2 * load->room + 1024;
		load->bursts = realloc(load->bursts, load->room * sizeof(*load->bursts));
		if (!load->bursts)
			exit(1);
	}
	load->bursts[load->nr++] = (struct burst){ ms, pages };
}

static void make_steady(struct load *load)
{
	unsigned long ms;

	for (ms = 1; ms < HOUR; ms++)
		add_burst(load, ms, 4);
	load->rate = true;
	load->end = HOUR + QUIET;
}

static void make_bursts(struct load *load)
{
	unsigned long ms;

	for (ms = SECOND; ms < 3 * HOUR; ms += SECOND + random_below(MINUTE))
		add_burst(load, ms, 100 + random_below(400));
	load->end = ms + QUIET;
}

static void make_ramp(struct load *load)
{
	unsigned int second;

	for (second = 1; second < 3600; second++)
		add_burst(load, second * SECOND, 1 + (second < 1800 ? second : 3600 - second) / 2);
	load->end = HOUR + QUIET;
}

static void make_nights(struct load *load)
{
	unsigned long hour, ms;

	for (hour = 0; hour < 3 * 24; hour++)
		if (hour % 24 >= 8 && hour % 24 < 18)
			for (ms = 0; ms < HOUR; ms += 5 * SECOND)
				add_burst(load, hour * HOUR + ms, 150 + random_below(150));
	load->end = hour * HOUR;
}

/* The same burst, five minutes apart. */
static void make_jobs(struct load *load)
{
	unsigned long ms;

	for (ms = MINUTE; ms < 6 * HOUR; ms += 5 * MINUTE)
		add_burst(load, ms, 300);
	load->end = ms + QUIET;
}

static void make_shortage(struct load *load)
{
	make_jobs(load);
	load->shortage = 3 * HOUR;
}

static void make_steps(struct load *load)
{
	unsigned long ms;

	for (ms = SECOND; ms < 2 * HOUR; ms += 10 * SECOND)
		add_burst(load, ms, ms < HOUR ? 100 : 1000);
	load->gives_up = true;
	load->end = ms + QUIET;
}

static const struct {
	const char *name, *words;
	void (*make)(struct load *load);
} loads[NR_LOADS] = {
	{ "steady",	"4 pages a millisecond, one hour",	make_steady },
	{ "bursts",	"100 to 500 pages, up to a minute apart", make_bursts },
	{ "ramp",	"1 to 900 pages and back, each second",	make_ramp },
	{ "nights",	"three days of 10 hours with 150 to 300 pages every 5 s", make_nights },
	{ "jobs",	"300 pages every 5 minutes",		make_jobs },
	{ "shortage",	"the same; memory is short once",	make_shortage },
	{ "gives-up",	"100, then 1000 pages every 10 s; the driver stops at its first refusal",
	  make_steps },
};

void make_load(unsigned int nr, struct load *load)
{
	*load = (struct load){ .name = loads[nr].name, .words = loads[nr].words };
	loads[nr].make(load);
}
