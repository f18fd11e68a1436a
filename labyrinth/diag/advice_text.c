// SPDX-License-Identifier: GPL-2.0
/* Advice as text: for the console and "verdicts", and as key=value. */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>

#include "advice.h"
#include "shortage.h"

struct lab_change_words {
	const char *name;	/* in debugfs "advice" */
	const char *what;	/* on the console, before the numbers */
	const char *unit;
};

static const struct lab_change_words lab_change_words[] = {
	[LAB_CHANGE_STOCK]		= { "stock", "its stock", " pages" },
	[LAB_CHANGE_BUDGET]		= { "budget", "its budget", " pages" },
	[LAB_CHANGE_BUDGET_AND_STOCK]	= { "budget_and_stock", "its budget and stock", " pages" },
	[LAB_CHANGE_QUARANTINE]		= { "quarantine",
		"what keeps pages in quarantine, charged to its budget: see its shared_page and use_after_free",
		"" },
	[LAB_CHANGE_RESERVE_PCT]	= { "reserve_pct", "its reserve_pct", "" },
	[LAB_CHANGE_MIN_FREE]		= { "vm.min_free_kbytes", "vm.min_free_kbytes", "" },
	[LAB_CHANGE_TOO_SMALL]		= { "too_small",
		"none: this machine is too small for that load" },
	[LAB_CHANGE_SCOPE]		= { "scope",
		"the handle's scope, or the task that calls" },
	[LAB_CHANGE_DESTROY]		= { "destroy",
		"stop interrupts and work before destroying the owner" },
	[LAB_CHANGE_GFP_KERNEL]		= { "gfp_kernel",
		"alloc_page(GFP_KERNEL) in place of the call" },
};

static_assert(ARRAY_SIZE(lab_change_words) == LAB_NR_CHANGES);

static const char * const lab_by_names[] = {
	[LAB_BY_NOBODY]		= "-",
	[LAB_BY_SETTINGS]	= "settings",
	[LAB_BY_CREATION]	= "creation",
	[LAB_BY_DRIVER]		= "driver",
	[LAB_BY_SYSCTL]		= "sysctl",
};

static_assert(ARRAY_SIZE(lab_by_names) == LAB_NR_BY);

static unsigned long lab_pages_kb(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

/* ---- sentences */

/* How to make the change. */
static void lab_change_say_place(struct seq_buf *text, const struct lab_change *change,
				 const struct lab_shortage *shortage)
{
	switch (change->by) {
	case LAB_BY_SETTINGS:
	case LAB_BY_CREATION:
		seq_buf_printf(text, ", by labyrinth set %s ", shortage->refusal.owner);
		if (change->kind == LAB_CHANGE_BUDGET_AND_STOCK)
			seq_buf_printf(text, "budget=%lu stock=%lu", change->to, change->to);
		else
			seq_buf_printf(text, "%s=%lu", lab_change_words[change->kind].name,
				       change->to);
		if (change->by == LAB_BY_CREATION)
			seq_buf_printf(text, ", from its next creation on");
		break;
	case LAB_BY_DRIVER:
		seq_buf_printf(text, ", where the driver creates it");
		break;
	default:
		break;
	}
	if (change->kind == LAB_CHANGE_BUDGET)
		seq_buf_printf(text, ", or give pages back sooner");
}

static void lab_say_size(struct seq_buf *text, unsigned long pages)
{
	unsigned long kb = lab_pages_kb(pages);

	if (kb < 1000)
		seq_buf_printf(text, "%lu kB", kb);
	else
		seq_buf_printf(text, "%lu.%lu MB", kb / 1024, kb % 1024 * 10 / 1024);
}

/* What the change takes from others. */
static void lab_change_say_price(struct seq_buf *text, const struct lab_change *change)
{
	switch (change->kind) {
	case LAB_CHANGE_RESERVE_PCT:
		seq_buf_printf(text, "; takes no memory, but leaves other users of the reserve ");
		seq_buf_printf(text, "%lu pages fewer", change->reserve);
		break;
	case LAB_CHANGE_STOCK:
	case LAB_CHANGE_BUDGET_AND_STOCK:
		seq_buf_printf(text, "; keeps ");
		lab_say_size(text, change->cost);
		seq_buf_printf(text, " for this owner alone, always");
		break;
	case LAB_CHANGE_BUDGET:
		seq_buf_printf(text, "; takes up to ");
		lab_say_size(text, change->cost);
		seq_buf_printf(text, ", while it has the pages");
		break;
	case LAB_CHANGE_MIN_FREE:
		seq_buf_printf(text, "; takes ");
		lab_say_size(text, change->cost);
		seq_buf_printf(text, " from everybody, always");
		break;
	default:
		break;
	}
}

/* Lines that follow those of the refusal. */
void lab_advice_say(struct seq_buf *text, const struct lab_advice *advice,
		    const struct lab_shortage *shortage)
{
	unsigned int i;

	for (i = 0; i < advice->nr; i++) {
		const struct lab_change *change = &advice->changes[i];
		const struct lab_change_words *words = &lab_change_words[change->kind];

		seq_buf_printf(text, "  %s: %s", i ? "or" : "change", words->what);
		if (change->kind == LAB_CHANGE_TOO_SMALL)
			seq_buf_printf(text, ": %lu pages short", shortage->pages);
		if (change->numbered) {
			seq_buf_printf(text, " from %lu to %lu%s", change->from, change->to,
				       words->unit);
			lab_change_say_place(text, change, shortage);
			lab_change_say_price(text, change);
		}
		seq_buf_printf(text, "\n");
	}
}

/* ---- as key=value */

/* A line for each change. */
void lab_advice_show(struct seq_file *m, u64 report, const struct lab_advice *advice)
{
	unsigned int i;

	for (i = 0; i < advice->nr; i++) {
		const struct lab_change *change = &advice->changes[i];

		seq_printf(m, "report=%llu change=%s", report, lab_change_words[change->kind].name);
		if (change->numbered)
			seq_printf(m, " from=%lu to=%lu", change->from, change->to);
		else
			seq_puts(m, " from=- to=-");
		seq_printf(m, " by=%s", lab_by_names[change->by]);
		if (change->zone)
			seq_printf(m, " node=%d zone=%s", change->node, change->zone);
		else
			seq_puts(m, " node=- zone=-");
		if (change->numbered)
			seq_printf(m, " cost_kb=%lu", lab_pages_kb(change->cost));
		else
			seq_puts(m, " cost_kb=-");
		if (change->kind == LAB_CHANGE_RESERVE_PCT)
			seq_printf(m, " reserve_pages=%lu\n", change->reserve);
		else
			seq_puts(m, " reserve_pages=-\n");
	}
}
