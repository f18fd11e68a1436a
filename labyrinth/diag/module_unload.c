// SPDX-License-Identifier: GPL-2.0
/*
 * Callers are remembered by their addresses, and named when somebody reads of them. Once
 * their module has left these have no names, or another module's, which has done
 * nothing. So when a module leaves, LAB_CALLER_GONE takes the place of its callers,
 * wherever they are remembered. The same goes for its init function, and what else it has
 * marked __init, which is freed when the module is live.
 *
 * It has run its exit function: it calls no more, and what others write there
 * meanwhile names others. So a cmpxchg that fails has nothing left to do. But a
 * caller may be copied: from a tag to another table's by a transfer, and into a report.
 * Both are done with preemption disabled. So the tags are looked at until none is left
 * after a grace period, and the reports after them.
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

/* Looks at all tags: a page would have to be transferred in each of them. */
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

/* Were there any? */
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

/* @leaving is not run any more and about to be freed. Context: process. */
static void lab_callers_forget(const struct lab_leaving *leaving)
{
	unsigned int looks = LAB_GONE_LOOKS;

	while (lab_tags_forget(leaving) && --looks)
		synchronize_rcu();
	lab_owners_forget(leaving);
	/* Reports under way may have read a tag before. Pairs with their preempt_disable(). */
	synchronize_rcu();
	lab_event_forget(leaving);
	/* The last that name it. */
	lab_report_flush();
}

/* @module has run its exit function. Context: process. */
void lab_module_gone(const struct module *module)
{
	lab_callers_forget(&(struct lab_leaving){ .module = module });
}

/*
 * @module has run its init function. Verdicts name that while it is there. Modules come by
 * the dozen when a machine boots: no grace period where nothing is remembered of anybody.
 * Context: process.
 */
void lab_module_live(const struct module *module)
{
	if (!READ_ONCE(lab_nr_tables) && !lab_event_any())
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
	/* Its callers' names are known only as long as it is there. */
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
