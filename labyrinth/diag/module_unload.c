// SPDX-License-Identifier: GPL-2.0
/*
 * Callers are recorded by address, and resolved to names when they are shown. After their
 * module is unloaded the addresses have no names, or those of another module. So when a
 * module is unloaded, LAB_CALLER_GONE replaces its callers in all records. The same applies
 * to its code marked __init, which is freed when the module is live.
 *
 * The module has run its exit function and makes no more calls; concurrent writes record
 * other callers. So a cmpxchg that fails has nothing left to do. But a caller may be copied:
 * by a transfer, to a tag of another table, and into a report. Both are done with preemption
 * disabled. So the tags are walked until a walk after a grace period finds none, and the
 * reports are changed after them.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "audit.h"
#include "event.h"
#include "module_unload.h"
#include "orphan.h"
#include "owner_diag.h"
#include "report.h"
#include "symbol.h"
#include "watch_tables.h"

/* Most walks over all tags. To escape them, a page would have to be transferred during each. */
#define LAB_GONE_LOOKS	4

static bool lab_tag_forget(struct lab_table *table, struct lab_tag *tag,
			   const struct lab_leaving *leaving)
{
	u32 was = READ_ONCE(tag->caller);

	if (table->stacks)
		lab_stack_forget(table->stacks[tag - table->slots.tags], leaving);
	if (!lab_leaving_has(leaving, lab_caller_unpack(was)))
		return false;
	cmpxchg(&tag->caller, was, lab_caller_pack(LAB_CALLER_GONE));
	return true;
}

/* True if a tag had a caller in @leaving. */
static bool lab_tags_forget(const struct lab_leaving *leaving)
{
	struct lab_walk walk = {};
	struct lab_tag *tag;
	bool any = false;

	mutex_lock(&lab_owners_lock);
	while ((tag = lab_walk_next(&walk))) {
		any |= lab_tag_forget(walk.table, tag, leaving);
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
	return any;
}

static void lab_owners_forget(const struct lab_leaving *leaving)
{
	struct labyrinth_owner *owner;

	mutex_lock(&lab_owners_lock);
	list_for_each_entry(owner, &lab_owners, list)
		lab_caller_forget(&owner->diag->could_sleep_caller, leaving);
	lab_audit_forget(leaving);
	lab_orphan_forget(leaving);
	mutex_unlock(&lab_owners_lock);
}

/* @leaving no longer runs and is about to be freed. Context: process. */
static void lab_callers_forget(const struct lab_leaving *leaving)
{
	unsigned int looks = LAB_GONE_LOOKS;

	while (lab_tags_forget(leaving) && --looks)
		synchronize_rcu();
	lab_owners_forget(leaving);
	lab_watch_forget(leaving);
	/* Reports in flight may have read a tag before. Pairs with their preempt_disable(). */
	synchronize_rcu();
	lab_event_forget(leaving);
	/* Write the last reports that name it. */
	lab_report_flush();
}

/* @module has run its exit function. Context: process. */
void lab_module_gone(const struct module *module)
{
	lab_callers_forget(&(struct lab_leaving){ .module = module });
}

/*
 * @module has run its init function. Write the reports that name it before it is freed. A boot
 * loads many modules: skip the grace periods if there are no records at all.
 * Context: process.
 */
void lab_module_live(const struct module *module)
{
	if (!READ_ONCE(lab_nr_tables) && !lab_event_any() && !lab_watch_tables())
		return;
	lab_report_flush();
	lab_callers_forget(&(struct lab_leaving){ .module = module, .init_only = true });
}

/* A module has run its init function, which is about to be freed, or its exit function. */
static int lab_module_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct labyrinth_owner *owner;

	if (event == MODULE_STATE_LIVE)
		lab_module_live(data);
	if (event != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	/* The names of its callers are known only until it is freed. */
	lab_report_flush();
	while ((owner = lab_owner_of_module(data))) {
		lab_event_violation(&(struct lab_violation_info){
			.kind = LAB_MODULE_GONE, .owner = owner, .offender = owner,
		});
		lab_owner_destroy_for(owner);
	}
	lab_module_gone(data);
	return NOTIFY_DONE;
}

static struct notifier_block lab_module_nb = {
	.notifier_call = lab_module_event,
};

int lab_module_unload_init(void)
{
	return register_module_notifier(&lab_module_nb);
}

void lab_module_unload_exit(void)
{
	unregister_module_notifier(&lab_module_nb);
}
