// SPDX-License-Identifier: GPL-2.0
/*
 * Watching the kernel's own page allocations and frees, also of drivers that do not use
 * labyrinth, by probes on the tracepoints mm_page_alloc and mm_page_free:
 *
 * - A free of a page with the mark is reported as it happens. Labyrinth clears the mark before
 *   it frees a page.
 * - An allocation that leaves its zone below the min mark is counted for its caller.
 * - An allocation of the watched module that may not sleep is counted for its caller.
 *
 * The pages that were counted are entered in a map, so that they can be subtracted when they
 * are freed. mm_page_free fires before the page is free, mm_page_alloc after it was allocated.
 * Bulk allocations fire no event for the pages that they take from above the low mark.
 *
 * The probes run in any context that allocates or frees pages: they take no lock and allocate
 * nothing. Since 7.0 they are preemptible. A mode that is off costs nothing.
 *
 * Lock order: lab_watch_lock, then the kernel's tracepoints_mutex, then lab_owners_lock, which
 * labyrinth's own tracepoints take when they are enabled. Nothing takes lab_watch_lock with
 * lab_owners_lock held.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "../core/freed_behind.h"
#include "../core/mark.h"
#include "../core/watermark.h"
#include "backtrace.h"
#include "pfn_map.h"
#include "taker.h"
#include "watch.h"

/* Allocated when it is first needed, and freed at unload. */
struct lab_watch {
	struct lab_takers dippers;	/* in the map: their row */
	struct lab_takers module;	/* in the map: their row plus LAB_IN_MODULE */
	struct lab_pfn_map taken;
};

#define LAB_IN_MODULE		(LAB_TAKERS + 1)

static_assert(2 * LAB_IN_MODULE <= LAB_PFN_TAKERS);

static DEFINE_MUTEX(lab_watch_lock);
static struct lab_watch *lab_watch_data;	/* does not change while a probe needs it */

/* All guarded by lab_watch_lock. */
static bool lab_watch_ready;			/* probes may be registered */
static unsigned int lab_watch_modes;
static unsigned long lab_watch_since, lab_watch_until;	/* of the watched module, jiffies */
static char lab_watch_module[MODULE_NAME_LEN];

/* ---- probes */

static struct lab_takers *lab_watch_table(u16 taker, unsigned int *row)
{
	bool module = taker >= LAB_IN_MODULE;

	*row = module ? taker - LAB_IN_MODULE : taker;
	return module ? &lab_watch_data->module : &lab_watch_data->dippers;
}

static void lab_watch_entered(u16 taker, const struct page *page, unsigned int order)
{
	unsigned int row;
	struct lab_takers *takers = lab_watch_table(taker, &row);

	if (!lab_pfn_map_add(&lab_watch_data->taken, page_to_pfn(page),
			     (struct lab_pfn_value){ .taker = taker, .order = order }))
		lab_takers_unseen(takers, row, order);
	else
		lab_takers_held(takers, row, order);
}

/* Is the free of a page seen that was entered? */
static noinline void lab_watch_taken_freed(const struct page *page)
{
	struct lab_pfn_value value;

	/* It may be a dipper's and the module's. */
	while (lab_pfn_map_take(&lab_watch_data->taken, page_to_pfn(page), &value)) {
		unsigned int row;
		struct lab_takers *takers = lab_watch_table(value.taker, &row);

		lab_takers_freed(takers, row, value.order);
	}
}

static void lab_watch_give_back(void *data, struct page *page, unsigned int order)
{
	if (lab_pfn_map_any(&lab_watch_data->taken))
		lab_watch_taken_freed(page);
}

static noinline void lab_watch_marked(struct page *page)
{
	struct lab_backtrace trace;

	lab_backtrace(&trace);
	lab_freed_in_the_act(page, trace.stack[0], trace.stack);
}

static void lab_watch_free(void *data, struct page *page, unsigned int order)
{
	if (unlikely(lab_page_has_mark(page)))
		lab_watch_marked(page);
}

/* The level of @zone for a request with these flags. */
static __always_inline void lab_watch_level(struct zone *zone, gfp_t gfp, struct lab_level *level)
{
	lab_level_read(zone, gfp_zone(gfp), level);
}

/* @level is NULL if the kernel refused. */
static noinline void lab_watch_count(struct page *page, unsigned int order, gfp_t gfp,
				     const struct lab_level *level, bool module)
{
	struct lab_takers *takers = module ? &lab_watch_data->module : &lab_watch_data->dippers;
	struct lab_take take = { .gfp = gfp, .order = order };
	struct lab_backtrace trace;
	unsigned int row;

	lab_backtrace(&trace);
	if (trace.kind == LAB_FRAME_OURS)
		return;		/* owners are counted by labyrinth itself */
	if (module && !(trace.stack[0] && lab_backtrace_watched(trace.stack[0])))
		return;
	take.caller = trace.stack[0];
	if (level) {
		take.depth_pct = lab_floor_depth_pct(level);
		take.below_min = !lab_floor_permits(level, level->min);
	}
	if (!page) {
		lab_takers_refused(takers, &take);
		return;
	}
	row = lab_takers_note(takers, &take);
	lab_watch_entered(module ? row + LAB_IN_MODULE : row, page, order);
}

static void lab_watch_dip(void *data, struct page *page, unsigned int order, gfp_t gfp,
			  int migratetype)
{
	struct lab_level level;

	if (unlikely(!page)) {
		/* Requests that may wait fail for other reasons. */
		if (!(gfp & __GFP_DIRECT_RECLAIM))
			lab_watch_count(NULL, order, gfp, NULL, false);
		return;
	}
	lab_watch_level(page_zone(page), gfp, &level);
	if (unlikely(!lab_floor_permits(&level, level.min)))
		lab_watch_count(page, order, gfp, &level, false);
}

static void lab_watch_atomic(void *data, struct page *page, unsigned int order, gfp_t gfp,
			     int migratetype)
{
	struct lab_level level;

	if (gfp & __GFP_DIRECT_RECLAIM)
		return;
	if (page)
		lab_watch_level(page_zone(page), gfp, &level);
	lab_watch_count(page, order, gfp, page ? &level : NULL, true);
}

/* ---- registering */

enum lab_event_name { LAB_MM_PAGE_ALLOC, LAB_MM_PAGE_FREE, LAB_NR_EVENTS };

static const char * const lab_event_names[] = {
	[LAB_MM_PAGE_ALLOC]	= "mm_page_alloc",
	[LAB_MM_PAGE_FREE]	= "mm_page_free",
};

static struct tracepoint *lab_events[LAB_NR_EVENTS];

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

/* ---- modes, all with lab_watch_lock held */

static int lab_watch_alloc(void)
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
	/* Readers of the tables take no lock. */
	smp_store_release(&lab_watch_data, data);
	return 0;
}

/* Start a table afresh. None of its probes runs, but pages may be freed. */
static void lab_watch_clear(struct lab_takers *takers, u16 first)
{
	lab_pfn_map_purge(&lab_watch_data->taken, first, first + LAB_TAKERS);
	tracepoint_synchronize_unregister();
	lab_takers_clear(takers);
}

static int lab_watch_switch(unsigned int modes)
{
	unsigned int begun = modes & ~lab_watch_modes;
	int err = 0;

	if (modes && !lab_watch_possible())
		return -EOPNOTSUPP;
	if (modes & (LAB_WATCH_RESERVE | LAB_WATCH_MODULE))
		err = lab_watch_alloc();
	if (err)
		return err;
	lab_probes_off(modes);
	lab_watch_modes &= modes;
	if (begun & LAB_WATCH_RESERVE)
		lab_watch_clear(&lab_watch_data->dippers, 0);
	if (begun & LAB_WATCH_MODULE)
		lab_watch_clear(&lab_watch_data->module, LAB_IN_MODULE);
	err = lab_probes_on(modes);
	if (err)
		lab_probes_off(lab_watch_modes);
	else
		lab_watch_modes = modes;
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

/* Was any caller ever counted? */
bool lab_watch_any(void)
{
	return READ_ONCE(lab_watch_data);
}

/* As lab_callers_forget() in module_unload.c. */
void lab_watch_forget(const struct lab_leaving *leaving)
{
	/* Pairs with lab_watch_alloc(). */
	struct lab_watch *data = smp_load_acquire(&lab_watch_data);

	lab_backtrace_forget();
	if (!data)
		return;
	lab_takers_forget(&data->dippers, leaving);
	lab_takers_forget(&data->module, leaving);
}

/* Who has the pages that were taken from below the min marks. For one work item only. */
void lab_watch_say(struct seq_buf *text)
{
	if (!(READ_ONCE(lab_watch_modes) & LAB_WATCH_RESERVE)) {
		seq_buf_printf(text, " (watch=reserve names them)");
		return;
	}
	seq_buf_printf(text, "; seen to be taken from it: ");
	lab_takers_say(text, &lab_watch_data->dippers);
}

void lab_watch_show_dippers(struct seq_file *m)
{
	/* Pairs with lab_watch_alloc(), as below. */
	struct lab_watch *data = smp_load_acquire(&lab_watch_data);

	lab_takers_show(m, data ? &data->dippers : NULL,
			READ_ONCE(lab_watch_modes) & LAB_WATCH_RESERVE);
}

void lab_watch_show_takers(struct seq_file *m)
{
	struct lab_watch *data = smp_load_acquire(&lab_watch_data);

	lab_takers_show(m, data ? &data->module : NULL,
			READ_ONCE(lab_watch_modes) & LAB_WATCH_MODULE);
}

/*
 * The watched module's figures and what an owner would need to serve the same requests: a budget
 * of the most pages held at once, a stock of the most pages refused in a second, and the share
 * of the reserve that the deepest request used.
 */
void lab_watch_show_module(struct seq_file *m)
{
	const struct lab_takers *takers;
	int depth = 0;
	unsigned int row;
	long peak, worst;

	mutex_lock(&lab_watch_lock);
	if (!*lab_watch_module || !lab_watch_data)
		goto out;
	takers = &lab_watch_data->module;
	for (row = 0; row <= LAB_TAKERS; row++)
		depth = max(depth, atomic_read(&takers->rows[row].depth_pct));
	peak = max(atomic_long_read(&takers->peak), 1L);
	worst = atomic_long_read(&takers->worst);
	seq_printf(m, "module=%s on=%d ms=%u held=%ld peak=%ld budget=%ld stock=%ld reserve_pct=%d\n",
		   lab_watch_module, !!(lab_watch_modes & LAB_WATCH_MODULE),
		   jiffies_to_msecs((lab_watch_modes & LAB_WATCH_MODULE ? jiffies : lab_watch_until)
				    - lab_watch_since), atomic_long_read(&takers->held), peak,
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

/* No probe runs any more. */
void lab_watch_exit(void)
{
	mutex_lock(&lab_watch_lock);
	lab_watch_switch(0);
	lab_watch_ready = false;
	mutex_unlock(&lab_watch_lock);
	if (!lab_watch_data)
		return;
	lab_pfn_map_exit(&lab_watch_data->taken);
	kvfree(lab_watch_data);
}
