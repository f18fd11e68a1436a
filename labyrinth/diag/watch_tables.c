// SPDX-License-Identifier: GPL-2.0
/* What the probes of watch_probe.c have counted. Readers take no lock. */
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "backtrace.h"
#include "watch_tables.h"

static_assert(LAB_IN_MODULE * 2 <= LAB_PFN_TAKERS);

/* Does not change while a probe needs it. */
struct lab_watch *lab_watch_data;

/* 0 or -ENOMEM. Context: process, one at a time. */
int lab_watch_alloc_data(void)
{
	struct lab_watch *data;

	if (lab_watch_data)
		return 0;
	data = kvzalloc(sizeof(*data), GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (lab_pfn_map_init(&data->taken)) {
		kvfree(data);
		return -ENOMEM;
	}
	/* The tables are zero before readers find them. Pairs with lab_watch_tables(). */
	smp_store_release(&lab_watch_data, data);
	return 0;
}

/* No probe runs any more, and nobody reads. */
void lab_watch_free_data(void)
{
	if (!lab_watch_data)
		return;
	lab_pfn_map_exit(&lab_watch_data->taken);
	kvfree(lab_watch_data);
	lab_watch_data = NULL;
}

/* Start a table afresh. None of its probes runs, but its pages may be freed. */
void lab_watch_clear(struct lab_takers *takers)
{
	u16 first = takers == &lab_watch_data->module ? LAB_IN_MODULE : 0;

	lab_pfn_map_purge(&lab_watch_data->taken, first, first + LAB_TAKERS);
	tracepoint_synchronize_unregister();
	lab_takers_clear(takers);
}

/* As lab_callers_forget() in module_unload.c. */
void lab_watch_forget(const struct lab_leaving *leaving)
{
	struct lab_watch *data = lab_watch_tables();

	lab_backtrace_forget();
	if (!data)
		return;
	lab_takers_forget(&data->dippers, leaving);
	lab_takers_forget(&data->module, leaving);
}

/* The callers that hold pages from below the min marks. For one work item only. */
void lab_watch_say(struct seq_buf *text)
{
	struct lab_watch *data = lab_watch_tables();

	if (!data || !READ_ONCE(data->dippers.on)) {
		seq_buf_printf(text, " (watch=reserve names them)");
		return;
	}
	seq_buf_printf(text, "; seen to be taken from it: ");
	lab_takers_say(text, &data->dippers);
}

void lab_watch_show_dippers(struct seq_file *m)
{
	struct lab_watch *data = lab_watch_tables();

	lab_takers_show(m, data ? &data->dippers : NULL);
}

void lab_watch_show_takers(struct seq_file *m)
{
	struct lab_watch *data = lab_watch_tables();

	lab_takers_show(m, data ? &data->module : NULL);
}
