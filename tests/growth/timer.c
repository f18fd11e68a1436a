// SPDX-License-Identifier: GPL-2.0
/*
 * A driver's interrupt: a free and an alloc each period, while a task runs a long
 * operation. The latency of the timer and its longest call show the task's influence.
 */
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/minmax.h>

#include "compat.h"
#include "growth.h"

static struct hrtimer growth_timer;
static ktime_t growth_period;
static u64 growth_ticks, growth_call;
static s64 growth_late;
static unsigned int growth_failed;
static bool growth_timer_runs;

static enum hrtimer_restart growth_tick(struct hrtimer *timer)
{
	s64 late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(timer)));
	struct growth_member *m = &growth_scale[growth_ticks % growth_nr];
	struct page **page = &m->pages[0];
	unsigned long flags;
	u64 start, freed, taken;

	local_irq_save(flags);
	start = growth_clock();
	if (growth_free(m->owner, *page))
		growth_failed++;
	freed = growth_clock();
	*page = growth_alloc(m->owner);
	taken = growth_clock();
	local_irq_restore(flags);
	if (!*page)
		growth_failed++;
	growth_call = max3(growth_call, freed - start, taken - freed);
	growth_late = max(growth_late, late);
	growth_ticks++;
	/* Stop after a failure: the page may be lost. */
	if (growth_failed)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, growth_period);
	return HRTIMER_RESTART;
}

void growth_timer_start(unsigned int period_us)
{
	if (growth_timer_runs)
		return;
	growth_ticks = 0;
	growth_late = 0;
	growth_call = 0;
	growth_failed = 0;
	/* No owner with a page. */
	if (!growth_nr || IS_ERR(growth_scale[0].owner) || !growth_scale[0].nr)
		return;
	growth_period = ns_to_ktime((u64)period_us * NSEC_PER_USEC);
	growth_timer_runs = true;
	lab_compat_hrtimer_setup(&growth_timer, growth_tick, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&growth_timer, growth_period, HRTIMER_MODE_REL_HARD);
}

void growth_timer_stop(u64 *ticks, u64 *late, u64 *call, unsigned int *failed)
{
	if (growth_timer_runs)
		hrtimer_cancel(&growth_timer);
	growth_timer_runs = false;
	*ticks = growth_ticks;
	*late = growth_late;
	*call = growth_call;
	*failed = growth_failed;
}
