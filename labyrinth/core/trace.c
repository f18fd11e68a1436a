// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints. The fast path has none, so they cost nothing while they are off.
 * Turning on one of a fast call's events disables the fast path of all owners.
 */
#define CREATE_TRACE_POINTS
#include <trace/events/labyrinth.h>

#include "owner.h"

/* Events that are on, of those a fast call would have. Guarded by lab_owners_lock. */
static unsigned int lab_nr_tracing;

bool lab_tracing(void)
{
	lockdep_assert_held(&lab_owners_lock);
	return lab_nr_tracing;
}

/* Context: process. The tracepoint's own list is locked. */
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
