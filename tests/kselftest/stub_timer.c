// SPDX-License-Identifier: GPL-2.0
/* Allocate one page every period in NMI, independent of commands. */
#include <linux/hrtimer.h>

#include "compat.h"
#include "stub.h"

static struct hrtimer stub_timer;
static bool stub_timer_runs;
static struct stub_call stub_timer_call;
static unsigned int stub_timer_nr, stub_timer_got, stub_timer_refused;
static ktime_t stub_timer_period;

static enum hrtimer_restart stub_timer_tick(struct hrtimer *timer)
{
	struct stub_call *call = &stub_timer_call;
	struct page **pages = call->page;

	call->times = 1;
	stub_nmi_call(call);
	/* A successful call has advanced the pointer. */
	if (call->page == pages)
		stub_timer_refused++;
	else
		stub_timer_got++;
	if (stub_timer_got + stub_timer_refused == stub_timer_nr)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, stub_timer_period);
	return HRTIMER_RESTART;
}

bool stub_timer_start(struct labyrinth_owner *owner, struct page **pages, unsigned int nr,
			unsigned int period_us)
{
	if (stub_timer_runs || !nr)
		return false;
	stub_timer_call = (struct stub_call){
		.verb = STUB_ALLOC, .owner = owner, .page = pages,
	};
	stub_timer_nr = nr;
	stub_timer_got = 0;
	stub_timer_refused = 0;
	stub_timer_period = ns_to_ktime((u64)period_us * NSEC_PER_USEC);
	stub_timer_runs = true;
	stub_nmi_begin();
	lab_compat_hrtimer_setup(&stub_timer, stub_timer_tick, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&stub_timer, stub_timer_period, HRTIMER_MODE_REL_HARD);
	return true;
}

/* Returns false if no timer was started. */
bool stub_timer_stop(unsigned int *got, unsigned int *refused)
{
	if (!stub_timer_runs)
		return false;
	hrtimer_cancel(&stub_timer);
	stub_nmi_end();
	stub_timer_runs = false;
	*got = stub_timer_got;
	*refused = stub_timer_refused;
	return true;
}
