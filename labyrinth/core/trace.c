// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints. The fast path has none: they cost nothing while disabled, and enabling
 * one for a call that has a fast path disables that path for all owners.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/labyrinth.h>

#include "owner.h"

/* Enabled events of calls with a fast path. Guarded by lab_owners_lock. */
static unsigned int lab_nr_tracing;

bool lab_tracing(void)
{
	lockdep_assert_held(&lab_owners_lock);
	return lab_nr_tracing;
}

/* Context: process, with tracepoints_mutex held. */
int labyrinth_trace_begin(void)
{
	struct labyrinth_owner *owner;

	mutex_lock(&lab_owners_lock);
	if (!lab_nr_tracing++)
		list_for_each_entry(owner, &lab_owners, list)
			lab_owner_disable_fast_path(owner, LAB_SLOW_TRACE);
	mutex_unlock(&lab_owners_lock);
	return 0;
}

void labyrinth_trace_end(void)
{
	struct labyrinth_owner *owner;

	mutex_lock(&lab_owners_lock);
	if (!--lab_nr_tracing)
		list_for_each_entry(owner, &lab_owners, list)
			lab_owner_enable_fast_path(owner, LAB_SLOW_TRACE);
	mutex_unlock(&lab_owners_lock);
}
