// SPDX-License-Identifier: GPL-2.0
/* diag/'s handlers of the core's events, except refusals and violations: see event.c. */
#include <linux/slab.h>

#include "../core/watermark.h"
#include "debugfs_owner.h"
#include "event.h"
#include "owner_diag.h"
#include "report.h"

int lab_event_owner_new(struct labyrinth_owner *owner)
{
	owner->diag = kzalloc(sizeof(*owner->diag), GFP_KERNEL);
	if (!owner->diag)
		return -ENOMEM;
	owner->diag->owner = owner;
	lab_debugfs_owner_init_owner(owner);
	return 0;
}

void lab_event_owner_created(struct labyrinth_owner *owner)
{
	lab_debugfs_owner_create(owner);
}

void lab_event_owner_closing(struct labyrinth_owner *owner)
{
	lab_debugfs_owner_remove(owner);
}

void lab_event_owner_dead(struct labyrinth_owner *owner)
{
	lab_orphan_prepare(&owner->diag->orphans, owner);
}

void lab_event_orphan(struct labyrinth_owner *owner, const struct lab_table *table,
		      const struct lab_tag *tag, u64 meta)
{
	lab_orphan_add(&owner->diag->orphans, owner, table, tag, meta);
}

void lab_event_owner_parted(struct labyrinth_owner *owner)
{
	lab_orphan_finish(&owner->diag->orphans);
	lab_orphan_reap();
}

void lab_event_owner_ended(struct labyrinth_owner *owner)
{
	/* Its reports end with a count, which is found by the owner's number. */
	if (lab_owner_refused(owner) || lab_owner_violations(owner))
		lab_report_conclude(owner);
}

bool lab_event_owner_busy(struct labyrinth_owner *owner)
{
	return lab_debugfs_owner_pending(owner);
}

void lab_event_owner_free(struct labyrinth_owner *owner)
{
	kfree(owner->diag);
}

void lab_event_offline(unsigned long start_pfn, unsigned long end_pfn)
{
	lab_orphan_offline(start_pfn, end_pfn);
}

/* Context: any. */
void lab_event_below_min(struct labyrinth_owner *owner, struct zone *zone)
{
	struct lab_level level;

	lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
	lab_history_note_depth(&owner->diag->history, lab_floor_depth_pct(&level));
}
