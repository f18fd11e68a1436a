// SPDX-License-Identifier: GPL-2.0
/*
 * Watching the kernel's own page allocations and frees, also of drivers that do not use
 * labyrinth, by probes on the tracepoints mm_page_alloc and mm_page_free: see watch_probe.c. A
 * mode that is off costs nothing.
 *
 * Lock order: lab_watch_lock, then the kernel's tracepoints_mutex, then lab_owners_lock, which
 * labyrinth's own tracepoints take when they are enabled. Nothing takes lab_watch_lock with
 * lab_owners_lock held.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "backtrace.h"
#include "watch.h"
#include "watch_probe.h"
#include "watch_tables.h"

static DEFINE_MUTEX(lab_watch_lock);

/* All guarded by lab_watch_lock. */
static bool lab_watch_ready;			/* probes may be registered */
static unsigned int lab_watch_modes;
static unsigned long lab_watch_since, lab_watch_until;	/* of the watched module, jiffies */
static char lab_watch_module[MODULE_NAME_LEN];

/* ---- registering */

enum lab_event_name { LAB_MM_PAGE_ALLOC, LAB_MM_PAGE_FREE, LAB_NR_EVENTS };

/* A probe is registered while one of its modes is on. */
struct lab_probe {
	unsigned int modes;
	enum lab_event_name event;
	void *func;
	bool on;
};

/* In the order of their registration: frees are seen as long as allocations are. */
static struct lab_probe lab_probes[] = {
	{ LAB_WATCH_FREE, LAB_MM_PAGE_FREE, lab_watch_free },
	{ LAB_WATCH_RESERVE | LAB_WATCH_MODULE, LAB_MM_PAGE_FREE, lab_watch_give_back },
	{ LAB_WATCH_RESERVE, LAB_MM_PAGE_ALLOC, lab_watch_dip },
	{ LAB_WATCH_MODULE, LAB_MM_PAGE_ALLOC, lab_watch_atomic },
};

#ifdef CONFIG_TRACEPOINTS
static const char * const lab_event_names[] = {
	[LAB_MM_PAGE_ALLOC]	= "mm_page_alloc",
	[LAB_MM_PAGE_FREE]	= "mm_page_free",
};

static struct tracepoint *lab_events[LAB_NR_EVENTS];

static void lab_event_found(struct tracepoint *tp, void *priv)
{
	unsigned int i;

	for (i = 0; i < LAB_NR_EVENTS; i++)
		if (!strcmp(tp->name, lab_event_names[i]))
			lab_events[i] = tp;
}

static int lab_probe_on(struct lab_probe *probe)
{
	int err = tracepoint_probe_register(lab_events[probe->event], probe->func, NULL);

	probe->on = !err;
	return err;
}

static void lab_probe_off(struct lab_probe *probe)
{
	tracepoint_probe_unregister(lab_events[probe->event], probe->func, NULL);
	probe->on = false;
}

static bool lab_watch_possible(void)
{
	if (!lab_events[0])
		for_each_kernel_tracepoint(lab_event_found, NULL);
	return lab_events[LAB_MM_PAGE_ALLOC] && lab_events[LAB_MM_PAGE_FREE];
}
#else
static int lab_probe_on(struct lab_probe *probe)
{
	return -EOPNOTSUPP;
}

static void lab_probe_off(struct lab_probe *probe)
{
}

static bool lab_watch_possible(void)
{
	return false;
}
#endif

/* Unregister the probes of no mode in @modes, and wait until none of them runs. */
static void lab_probes_off(unsigned int modes)
{
	unsigned int i = ARRAY_SIZE(lab_probes);
	bool any = false;

	while (i--)
		if (lab_probes[i].on && !(lab_probes[i].modes & modes)) {
			lab_probe_off(&lab_probes[i]);
			any = true;
		}
	if (any)
		tracepoint_synchronize_unregister();
}

static int lab_probes_on(unsigned int modes)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(lab_probes) && !err; i++)
		if (!lab_probes[i].on && lab_probes[i].modes & modes)
			err = lab_probe_on(&lab_probes[i]);
	return err;
}

/* ---- modes */

/* These modes are on. Needs lab_watch_lock. */
static void lab_watch_note(unsigned int modes)
{
	WRITE_ONCE(lab_watch_modes, modes);
	if (!lab_watch_data)
		return;
	WRITE_ONCE(lab_watch_data->dippers.on, modes & LAB_WATCH_RESERVE);
	WRITE_ONCE(lab_watch_data->module.on, modes & LAB_WATCH_MODULE);
}

/* The same. */
static int lab_watch_switch(unsigned int modes)
{
	unsigned int begun = modes & ~lab_watch_modes;
	int err = 0;

	if (modes && !lab_watch_possible())
		return -EOPNOTSUPP;
	if (modes & (LAB_WATCH_RESERVE | LAB_WATCH_MODULE))
		err = lab_watch_alloc_data();
	if (err)
		return err;
	lab_probes_off(modes);
	lab_watch_note(lab_watch_modes & modes);
	if (begun & LAB_WATCH_RESERVE)
		lab_watch_clear(&lab_watch_data->dippers);
	if (begun & LAB_WATCH_MODULE)
		lab_watch_clear(&lab_watch_data->module);
	err = lab_probes_on(modes);
	if (err)
		lab_probes_off(lab_watch_modes);
	else
		lab_watch_note(modes);
	return err;
}

/* ---- interface */

static const char * const lab_watch_names[] = {
	[0]					= "off",
	[LAB_WATCH_FREE]			= "free",
	[LAB_WATCH_RESERVE]			= "reserve",
	[LAB_WATCH_FREE | LAB_WATCH_RESERVE]	= "all",
};

#define LAB_WATCH_ALL	(LAB_WATCH_FREE | LAB_WATCH_RESERVE)

/* The modes that @text names, or -EINVAL. */
int lab_watch_parse(const char *text)
{
	return __sysfs_match_string(lab_watch_names, ARRAY_SIZE(lab_watch_names), text);
}

/* The name of the present modes. Context: process. */
const char *lab_watch_name(void)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return "unsupported";
	return lab_watch_names[READ_ONCE(lab_watch_modes) & LAB_WATCH_ALL];
}

/*
 * Switch to these modes; the watched module stays. Before init they are what init switches to.
 * 0, -ENOMEM, or -EOPNOTSUPP without tracepoints. Context: process.
 */
int lab_watch_set(unsigned int modes)
{
	int err = 0;

	mutex_lock(&lab_watch_lock);
	if (lab_watch_ready)
		err = lab_watch_switch(modes | (lab_watch_modes & LAB_WATCH_MODULE));
	else
		lab_watch_modes = modes;
	mutex_unlock(&lab_watch_lock);
	return err;
}

/* Watch the atomic allocations of @module from now on; of none if it is "". The same. */
int lab_watch_set_module(const char *module)
{
	unsigned int others;
	int err = 0;

	mutex_lock(&lab_watch_lock);
	others = lab_watch_modes & ~LAB_WATCH_MODULE;
	if (lab_watch_modes & LAB_WATCH_MODULE) {
		err = lab_watch_switch(others);
		WRITE_ONCE(lab_watch_until, jiffies);
	}
	if (!err && *module) {
		lab_backtrace_watch(module);
		strscpy(lab_watch_module, module, sizeof(lab_watch_module));
		lab_watch_since = jiffies;
		err = lab_watch_ready ? lab_watch_switch(others | LAB_WATCH_MODULE) : -ENODEV;
	}
	mutex_unlock(&lab_watch_lock);
	return err;
}

/*
 * The watched module's figures and what an owner would need to serve its requests of order 0: a
 * budget of the most pages held at once and those refused, a stock of the most pages refused in
 * a second, and the share of the reserve that the deepest request used.
 */
void lab_watch_show_module(struct seq_file *m)
{
	const struct lab_takers *takers;
	int depth = 0;
	unsigned int row;
	long peak, worst;

	mutex_lock(&lab_watch_lock);
	if (!*lab_watch_module || !lab_watch_tables())
		goto out;
	takers = &lab_watch_tables()->module;
	for (row = 0; row <= LAB_TAKERS; row++)
		depth = max(depth, atomic_read(&takers->rows[row].depth_pct));
	peak = atomic_long_read(&takers->peak);
	worst = atomic_long_read(&takers->worst);
	seq_printf(m, "module=%s on=%d ms=%u held=%ld unseen=%ld peak=%ld budget=%ld stock=%ld reserve_pct=%d\n",
		   lab_watch_module, !!(lab_watch_modes & LAB_WATCH_MODULE),
		   jiffies_to_msecs((lab_watch_modes & LAB_WATCH_MODULE ? jiffies : lab_watch_until)
				    - lab_watch_since), atomic_long_read(&takers->held),
		   atomic_long_read(&takers->unseen), peak,
		   peak + worst, worst, min(depth, 100));
out:
	mutex_unlock(&lab_watch_lock);
}

void lab_watch_init(void)
{
	unsigned int modes;
	int err;

	mutex_lock(&lab_watch_lock);
	lab_watch_ready = true;
	modes = lab_watch_modes;
	lab_watch_modes = 0;
	err = lab_watch_switch(modes);
	mutex_unlock(&lab_watch_lock);
	if (err)
		pr_warn("watch=%s is not possible: %d\n", lab_watch_names[modes], err);
}

/* No probe runs any more, nor is registered again. */
void lab_watch_stop(void)
{
	mutex_lock(&lab_watch_lock);
	lab_watch_switch(0);
	lab_watch_ready = false;
	mutex_unlock(&lab_watch_lock);
}

/* Nor is a report written, or a file read. */
void lab_watch_exit(void)
{
	lab_watch_free_data();
}
