// SPDX-License-Identifier: GPL-2.0
/* A driver that goes on while nobody tells it to: one page each period, in an NMI. */
#include <linux/hrtimer.h>

#include "compat.h"
#include "puppet.h"

static struct hrtimer puppet_timer;
static bool puppet_timer_runs;
static struct puppet_call puppet_timer_call;
static unsigned int puppet_timer_nr, puppet_timer_got, puppet_timer_refused;
static ktime_t puppet_timer_period;

static enum hrtimer_restart puppet_timer_tick(struct hrtimer *timer)
{
	struct puppet_call *call = &puppet_timer_call;
	struct page **pages = call->page;

	call->times = 1;
	puppet_nmi_call(call);
	/* A page that was got has moved it on. */
	if (call->page == pages)
		puppet_timer_refused++;
	else
		puppet_timer_got++;
	if (puppet_timer_got + puppet_timer_refused == puppet_timer_nr)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, puppet_timer_period);
	return HRTIMER_RESTART;
}

bool puppet_timer_start(struct labyrinth_owner *owner, struct page **pages, unsigned int nr,
			unsigned int period_us)
{
	if (puppet_timer_runs || !nr)
		return false;
	puppet_timer_call = (struct puppet_call){
		.verb = PUPPET_ALLOC, .owner = owner, .page = pages,
	};
	puppet_timer_nr = nr;
	puppet_timer_got = 0;
	puppet_timer_refused = 0;
	puppet_timer_period = ns_to_ktime((u64)period_us * NSEC_PER_USEC);
	puppet_timer_runs = true;
	puppet_nmi_begin();
	lab_compat_hrtimer_setup(&puppet_timer, puppet_timer_tick, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&puppet_timer, puppet_timer_period, HRTIMER_MODE_REL_HARD);
	return true;
}

/* False where none was started. */
bool puppet_timer_stop(unsigned int *got, unsigned int *refused)
{
	if (!puppet_timer_runs)
		return false;
	hrtimer_cancel(&puppet_timer);
	puppet_nmi_end();
	puppet_timer_runs = false;
	*got = puppet_timer_got;
	*refused = puppet_timer_refused;
	return true;
}
