// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of a page as labyrinth grows: by owners, pages and CPUs.
 *
 * The shell creates as many owners and allocates as many pages as it needs, and then
 * measures one operation, with interrupts off if it is short. As in ../bench a cycle
 * is an instruction under QEMU's -icount. A line written to
 * /sys/kernel/debug/labyrinth_growth/command is executed; "answer" then holds:
 *
 *	make NR BUDGET		CYCLES		to create owners until there are NR
 *	take NR			CYCLES		to allocate pages until each owner has NR
 *	empty			CYCLES		to free all pages and destroy all owners
 *	create BUDGET		CREATE KERNEL	for an owner, and as many pages from the kernel
 *	pairs FIRST LAST	FIGURES		a free and an alloc, spread over these owners
 *	refused INDEX		FIGURES		an alloc beyond the budget
 *	cold			FIGURES		a page from the kernel and back to it
 *	recycle NR		0		each owner frees NR pages
 *	orphan			0		destroy all owners with their pages out
 *	scatter NR		0		the kernel's next NR pages are no neighbours
 *	gather			0		undo scatter
 *	clock			CYCLES		since the last "clock"
 *	timer PERIOD_US		0		start a free and alloc in a hard interrupt
 *	stop			TICKS LATE CALL	the latest timer in ns, the longest call
 *	race THREADS HOW MS	PAIRS		of all threads in MS milliseconds; see growth.h
 *
 * FIGURES are LEAST MEDIAN MEAN P99 MOST, or "failed" if a call returned the wrong
 * result.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "command.h"
#include "growth.h"

static u64 growth_asked;

static void growth_say(const struct growth_figures *f)
{
	if (f->failed)
		lab_answer("failed %u", f->failed);
	else
		lab_answer("%u %u %u %u %u", f->least, f->median, f->mean, f->p99, f->most);
}

static void growth_say_cycles(u64 cycles)
{
	if (cycles)
		lab_answer("%llu", cycles);
	else
		lab_answer("failed");
}

static void do_make(unsigned int nr, unsigned int budget, unsigned int c)
{
	growth_say_cycles(growth_make(nr, budget));
}

static void do_take(unsigned int nr, unsigned int b, unsigned int c)
{
	growth_say_cycles(growth_take(nr));
}

static void do_empty(unsigned int a, unsigned int b, unsigned int c)
{
	growth_say_cycles(growth_empty());
}

static void do_create(unsigned int budget, unsigned int b, unsigned int c)
{
	u64 kernel, create = growth_create(budget, &kernel);

	if (create)
		lab_answer("%llu %llu", create, kernel);
	else
		lab_answer("failed");
}

static void do_pairs(unsigned int first, unsigned int last, unsigned int c)
{
	struct growth_figures figures;

	growth_sample_pairs(first, last, &figures);
	growth_say(&figures);
}

static void do_refused(unsigned int index, unsigned int b, unsigned int c)
{
	struct growth_figures figures;

	growth_sample_refusals(index, &figures);
	growth_say(&figures);
}

static void do_cold(unsigned int a, unsigned int b, unsigned int c)
{
	struct growth_figures figures;

	growth_sample_cold(&figures);
	growth_say(&figures);
}

static void do_recycle(unsigned int nr, unsigned int b, unsigned int c)
{
	growth_recycle(nr);
	lab_answer("0");
}

static void do_orphan(unsigned int a, unsigned int b, unsigned int c)
{
	growth_orphan();
	lab_answer("0");
}

static void do_scatter(unsigned int nr, unsigned int b, unsigned int c)
{
	lab_answer(growth_scatter(nr) ? "0" : "failed");
}

static void do_gather(unsigned int a, unsigned int b, unsigned int c)
{
	growth_gather();
	lab_answer("0");
}

static void do_clock(unsigned int a, unsigned int b, unsigned int c)
{
	u64 now = growth_clock();

	lab_answer("%llu", now - growth_asked);
	growth_asked = growth_clock();
}

static void do_timer(unsigned int period_us, unsigned int b, unsigned int c)
{
	growth_timer_start(period_us);
	lab_answer("0");
}

static void do_stop(unsigned int a, unsigned int b, unsigned int c)
{
	u64 ticks, late, call;
	unsigned int failed;

	growth_timer_stop(&ticks, &late, &call, &failed);
	if (failed)
		lab_answer("failed %u", failed);
	else
		lab_answer("%llu %llu %llu", ticks, late, call);
}

static void do_race(unsigned int threads, unsigned int how, unsigned int ms)
{
	u64 pairs;
	int err = growth_race(threads, how, ms, &pairs);

	if (err)
		lab_answer("failed %s", lab_errno_name(err));
	else
		lab_answer("%llu", pairs);
}

static const struct growth_command {
	const char *name;
	void (*run)(unsigned int a, unsigned int b, unsigned int c);
	int nr_args;
} growth_commands[] = {
	{ "make",	do_make,	2 },
	{ "take",	do_take,	1 },
	{ "empty",	do_empty,	0 },
	{ "create",	do_create,	1 },
	{ "pairs",	do_pairs,	2 },
	{ "refused",	do_refused,	1 },
	{ "cold",	do_cold,	0 },
	{ "recycle",	do_recycle,	1 },
	{ "orphan",	do_orphan,	0 },
	{ "scatter",	do_scatter,	1 },
	{ "gather",	do_gather,	0 },
	{ "clock",	do_clock,	0 },
	{ "timer",	do_timer,	1 },
	{ "stop",	do_stop,	0 },
	{ "race",	do_race,	3 },
};

static void growth_run(char *line)
{
	unsigned int i, arg[3] = {};
	char name[16];
	int nr = sscanf(line, "%15s %u %u %u", name, &arg[0], &arg[1], &arg[2]);

	for (i = 0; i < ARRAY_SIZE(growth_commands); i++) {
		if (strcmp(name, growth_commands[i].name) ||
		    nr != 1 + growth_commands[i].nr_args)
			continue;
		growth_commands[i].run(arg[0], arg[1], arg[2]);
		return;
	}
	lab_answer("failed: unknown command: %s", line);
}

static int __init growth_init(void)
{
	lab_command_init("labyrinth_growth", growth_run);
	return 0;
}

static void __exit growth_exit(void)
{
	lab_command_exit();
	growth_empty();
	growth_gather();
}

module_init(growth_init);
module_exit(growth_exit);

MODULE_DESCRIPTION("Cost of a page as labyrinth grows");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
