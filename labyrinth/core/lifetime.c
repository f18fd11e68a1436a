// SPDX-License-Identifier: GPL-2.0
/*
 * Creating and destroying owners, in process context under lab_owners_lock, which alloc and
 * free never take.
 *
 * A handle may be used by mistake after its owner was destroyed. So the handles of the last
 * LAB_DESTROYED_MAX owners are kept and marked dead, and calls with them fail with an error;
 * everything else of an owner is freed at once.
 *
 * A storage driver may have to create or destroy an owner before any page can be written
 * out, for instance when it resets its device. So no allocation under lab_owners_lock, or
 * where destroy waits, may wait for I/O.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "adapt.h"
#include "freed_behind.h"
#include "hooks.h"
#include "page.h"
#include "quarantine.h"
#include "ready.h"
#include "settings.h"
#include "stock.h"
#include "track.h"
#include "work.h"

#define LAB_DESTROYED_MAX	1024

/* Attempts to get per-CPU memory, 20 ms apart, for a caller that may not wait. */
#define LAB_CPU_TRIES	20

#define LAB_FLAGS_ALL	(LABYRINTH_ZERO | LABYRINTH_POISON | LABYRINTH_STACK | LABYRINTH_ADAPT | \
			 LABYRINTH_FIXED)

static LIST_HEAD(lab_destroyed);		/* guarded by lab_owners_lock, oldest first */
static unsigned int lab_nr_destroyed;

static bool lab_name_valid(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (i == LABYRINTH_NAME_LEN - 1 ||
		    !(isascii(name[i]) && (isalnum(name[i]) || strchr("._:@-", name[i]))))
			return false;
	return i;
}

static bool lab_params_valid(const struct labyrinth_owner_params *p)
{
	return !IS_ERR_OR_NULL(p) && !IS_ERR_OR_NULL(p->name) && lab_name_valid(p->name) &&
	       p->budget && p->stock <= p->budget &&
	       p->reserve_pct >= LABYRINTH_RESERVE_NONE && p->reserve_pct <= 100 &&
	       (p->nid == NUMA_NO_NODE ||
		(p->nid >= 0 && p->nid < MAX_NUMNODES && node_online(p->nid))) &&
	       (unsigned int)p->scope <= LABYRINTH_SCOPE_THREAD && !(p->flags & ~LAB_FLAGS_ALL);
}

static bool lab_name_taken(const char *name)
{
	const struct labyrinth_owner *owner;

	list_for_each_entry(owner, &lab_owners, list)
		if (!strcmp(owner->name, name))
			return true;
	return false;
}

static struct pid *lab_scope_pid(enum labyrinth_scope scope)
{
	switch (scope) {
	case LABYRINTH_SCOPE_PROCESS:
		return get_pid(task_tgid(current));
	case LABYRINTH_SCOPE_THREAD:
		return get_pid(task_pid(current));
	default:
		return NULL;
	}
}

static void lab_owner_fill(struct labyrinth_owner *owner, const struct labyrinth_owner_params *p,
			   struct module *module)
{
	owner->budget = p->budget;
	lab_stock_store(owner, p->stock, p->stock / 2);
	owner->reserve_pct = p->reserve_pct ?: READ_ONCE(lab_default_reserve_pct);
	if (p->reserve_pct == LABYRINTH_RESERVE_NONE)
		owner->reserve_pct = 0;
	owner->scope = p->scope;
	owner->flags = p->flags;
	owner->nid = p->nid;
	owner->module = module;
	strscpy(owner->name, p->name, sizeof(owner->name));
	strscpy(owner->module_name, module ? module->name : "-", sizeof(owner->module_name));
	if (p->scope != LABYRINTH_SCOPE_OWNER)
		owner->slow |= LAB_SLOW_SCOPE;
	if (p->flags & LABYRINTH_ZERO)
		owner->slow |= LAB_SLOW_ZERO;
	if (p->flags & LABYRINTH_POISON)
		owner->slow |= LAB_SLOW_POISON;
	if (p->flags & LABYRINTH_STACK)
		owner->slow |= LAB_SLOW_STACK;
	/* With init_on_free=1 a free page has no old contents. */
	if (want_init_on_free())
		owner->slow |= LAB_SLOW_CLEAR;
	owner->looked = jiffies - HZ;
	lab_stock_init(owner);
}

/* Enter a filled-in owner under its name. Needs lab_owners_lock, and memalloc_noio_save(). */
static int lab_owner_enter(struct labyrinth_owner *owner)
{
	int id, cpu;

	if (lab_name_taken(owner->name))
		return -EEXIST;
	if ((u64)owner->budget + owner->stock > LAB_TABLE_MAX)
		return -ENOMEM;
	id = lab_owner_id_new(owner);
	if (id < 0)
		return -ENOMEM;
	owner->tags = owner->stock;
	if (owner->flags & LABYRINTH_ADAPT)
		owner->tags = max(owner->tags, lab_adapt_tags(owner));
	owner->tags += owner->budget;
	owner->table = lab_table_get(owner->tags, owner->flags & LABYRINTH_STACK);
	if (!owner->table) {
		lab_owner_id_remove(id);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		per_cpu_ptr(owner->cpu, cpu)->owned_here =
			lab_meta(lab_state(id, 0, LAB_OWNED), lab_where(cpu, 0));
	owner->id = id;
	owner->slots = owner->table->slots;
	owner->ready_state = lab_state(id, 0, LAB_READY);
	owner->moving_state = lab_state(id, 0, LAB_MOVING);
	lab_owner_disable_fast_path(owner, lab_tracing() ? LAB_SLOW_TRACE : 0);
	lab_owner_enable_fast_path(owner, 0);
	if (owner->flags & LABYRINTH_ADAPT)
		lab_adapt_start(owner);
	list_add_tail(&owner->list, &lab_owners);
	return 0;
}

/* Free all ready and quarantined pages. The owner is dead and its refill stopped. */
static void lab_owner_drain(struct labyrinth_owner *owner)
{
	while (lab_shrink_recycled(owner) || lab_shrink_stocked(owner))
		cond_resched();
	lab_quarantine_drain(owner);
}

/* Release every page that still has the owner's tag. Returns how many were owned. */
static unsigned int lab_owner_part(struct labyrinth_owner *owner)
{
	struct lab_walk walk = {};
	unsigned int out = 0;
	struct lab_tag *tag;

	while ((tag = lab_walk_next(&walk))) {
		u64 meta = READ_ONCE(tag->meta);
		struct page *page = READ_ONCE(tag->page);	/* NULL once the slot is free */

		cond_resched();
		if (!page || lab_meta_owner(meta) != owner->id || lab_meta_phase(meta) != LAB_OWNED)
			continue;
		if (!lab_page_marked(page)) {
			preempt_disable();
			lab_owned_freed_behind(walk.table, tag, page, meta, 0);
			preempt_enable();
			continue;
		}
		/* An alloc on another CPU may be dropping this tag of a page freed behind. */
		if (!lab_tag_try_transition(tag, lab_meta_state(meta), owner->moving_state))
			continue;
		lab_event_orphan(owner, walk.table, tag, meta);
		lab_leave(owner, walk.table, tag);
		out++;
	}
	return out;
}

/* Is a dead owner's handle still in use? */
static bool lab_owner_kept(struct labyrinth_owner *owner)
{
	return READ_ONCE(owner->devm) || lab_event_owner_busy(owner);
}

static void lab_owner_free_handle(struct labyrinth_owner *owner)
{
	lab_event_owner_free(owner);
	kfree(owner);
}

/* Keep the handle, and free the oldest if there are too many. Needs lab_owners_lock. */
static void lab_owner_keep_handle(struct labyrinth_owner *owner)
{
	struct labyrinth_owner *oldest;

	list_add_tail(&owner->list, &lab_destroyed);
	if (++lab_nr_destroyed <= LAB_DESTROYED_MAX)
		return;
	list_for_each_entry(oldest, &lab_destroyed, list) {
		if (lab_owner_kept(oldest))
			continue;
		list_del(&oldest->list);
		lab_nr_destroyed--;
		lab_owner_free_handle(oldest);
		return;
	}
}

static bool lab_owner_kill(struct labyrinth_owner *owner)
{
	bool alive;

	mutex_lock(&lab_owners_lock);
	alive = !lab_owner_dead(owner);
	if (alive) {
		lab_owner_disable_fast_path(owner, LAB_SLOW_DEAD);
		list_del(&owner->list);
	}
	mutex_unlock(&lab_owners_lock);
	return alive;
}

/* Finish the destruction of an owner that lab_owner_kill() has marked dead. */
static unsigned int lab_owner_end(struct labyrinth_owner *owner)
{
	unsigned int noio = memalloc_noio_save();
	unsigned int out;

	/* O1: calls in flight see it dead, or have ended. Pairs with preempt_disable(). */
	synchronize_rcu();
	lab_work_stop(owner);
	lab_event_owner_dead(owner);
	mutex_lock(&lab_owners_lock);
	lab_adapt_stop(owner);
	lab_owner_drain(owner);
	out = lab_owner_part(owner);
	lab_event_owner_parted(owner);
	mutex_unlock(&lab_owners_lock);
	/* On PREEMPT_RT a work item frees pages, and the references that destroy drops. */
	lab_page_flush();
	lab_event_owner_ended(owner);
	mutex_lock(&lab_owners_lock);
	lab_owner_id_remove(owner->id);
	/* No tag is on a stack of this owner any more. */
	WRITE_ONCE(owner->slots.tags, lab_nowhere);
	lab_table_put(owner->table, owner->tags);
	/* Reports in flight may still read the name; the handle is kept. */
	synchronize_rcu();
	free_percpu(owner->cpu);
	put_pid(owner->pid);
	lab_owner_keep_handle(owner);
	mutex_unlock(&lab_owners_lock);
	memalloc_noio_restore(noio);
	module_put(THIS_MODULE);
	return out;
}

/*
 * The per-CPU allocator has a mutex whose holder may wait for memory. A caller that may not
 * wait for it takes from what is there; its attempt also starts the work item that adds more.
 */
static struct lab_cpu __percpu *lab_owner_cpus(void)
{
	struct lab_cpu __percpu *cpus;
	unsigned int tries;

	if (!lab_context_in_reclaim())
		return alloc_percpu(struct lab_cpu);
	for (tries = 0; tries < LAB_CPU_TRIES; tries++) {
		cpus = alloc_percpu_gfp(struct lab_cpu, GFP_NOWAIT | __GFP_NOWARN);
		if (cpus)
			return cpus;
		msleep(20);
	}
	return NULL;
}

static struct labyrinth_owner *lab_owner_new(const struct labyrinth_owner_params *params,
					     struct module *module)
{
	struct labyrinth_owner *owner = kzalloc(LAB_OWNER_SIZE, GFP_KERNEL);
	struct labyrinth_owner_params set = *params;
	unsigned int noio;
	int err = -ENOMEM;

	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->cpu = lab_owner_cpus();
	if (!owner->cpu || lab_event_owner_new(owner))
		goto free;
	owner->pid = lab_scope_pid(params->scope);
	noio = memalloc_noio_save();
	mutex_lock(&lab_owners_lock);
	lab_settings_apply(&set);
	lab_owner_fill(owner, &set, module);
	lab_adapt_init(owner, params->stock);
	err = lab_owner_enter(owner);
	mutex_unlock(&lab_owners_lock);
	memalloc_noio_restore(noio);
	if (err)
		goto free;
	/* The owner keeps labyrinth loaded, even if its module leaves. */
	__module_get(THIS_MODULE);
	return owner;
free:
	put_pid(owner->pid);
	free_percpu(owner->cpu);
	lab_owner_free_handle(owner);
	return ERR_PTR(err);
}

unsigned int labyrinth_owner_destroy(struct labyrinth_owner *owner)
{
	might_sleep();
	if (IS_ERR_OR_NULL(owner))
		return 0;
	/* First: the name may be reused only once the removal of its folder is queued. */
	lab_event_owner_closing(owner);
	if (!lab_owner_kill(owner)) {
		lab_event_violation(&(struct lab_violation_info){
			.kind = LAB_DEAD_OWNER, .owner = owner, .offender = owner,
			.caller = _RET_IP_,
		});
		return 0;
	}
	return lab_owner_end(owner);
}
EXPORT_SYMBOL_GPL(labyrinth_owner_destroy);

/*
 * The stock is a guarantee, so creation fails without it; but not for what the operator added: a
 * work item goes on with that.
 */
static bool lab_owner_fill_stock(struct labyrinth_owner *owner, unsigned int asked)
{
	if (lab_refill_now(owner))
		return true;
	if (atomic_read(&owner->nr_stocked) < (int)asked)
		return false;
	pr_warn("settings: owner %s has %d of %u pages of its stock: memory is short\n",
		owner->name, atomic_read(&owner->nr_stocked), READ_ONCE(owner->stock));
	preempt_disable();
	lab_refill_kick(owner);
	preempt_enable();
	return true;
}

static struct labyrinth_owner *
lab_owner_create(const struct labyrinth_owner_params *params, struct module *module,
		 unsigned long caller)
{
	struct labyrinth_owner *owner;

	might_sleep();
	if (!lab_params_valid(params)) {
		lab_event_violation(&(struct lab_violation_info){
			.kind = LAB_BAD_ARGUMENT, .caller = caller,
		});
		return ERR_PTR(-EINVAL);
	}
	owner = lab_owner_new(params, module);
	if (IS_ERR(owner))
		return owner;
	if (!lab_owner_fill_stock(owner, params->stock)) {
		labyrinth_owner_destroy(owner);
		return ERR_PTR(-ENOMEM);
	}
	pr_debug("owner %s: budget %u pages, stock %u\n", owner->name, owner->budget, owner->stock);
	lab_event_owner_created(owner);
	return owner;
}

struct labyrinth_owner *
__labyrinth_owner_create(const struct labyrinth_owner_params *params, struct module *module)
{
	return lab_owner_create(params, module, _RET_IP_);
}
EXPORT_SYMBOL_GPL(__labyrinth_owner_create);

/* The handle and labyrinth stay for this, even if the owner goes with its module. */
static void lab_owner_devm_destroy(void *data)
{
	struct labyrinth_owner *owner = data;

	labyrinth_owner_destroy(owner);
	WRITE_ONCE(owner->devm, false);
	module_put(THIS_MODULE);
}

struct labyrinth_owner *
__devm_labyrinth_owner_create(struct device *dev, const struct labyrinth_owner_params *params,
			      struct module *module)
{
	struct labyrinth_owner *owner;
	int err;

	if (IS_ERR_OR_NULL(dev))
		return ERR_PTR(-EINVAL);
	owner = lab_owner_create(params, module, _RET_IP_);
	if (IS_ERR(owner))
		return owner;
	WRITE_ONCE(owner->devm, true);
	__module_get(THIS_MODULE);
	err = devm_add_action_or_reset(dev, lab_owner_devm_destroy, owner);
	return err ? ERR_PTR(err) : owner;
}
EXPORT_SYMBOL_GPL(__devm_labyrinth_owner_create);

/* Returns an owner created by @module, or NULL. Context: process. */
struct labyrinth_owner *lab_owner_of_module(const struct module *module)
{
	struct labyrinth_owner *owner, *found = NULL;

	mutex_lock(&lab_owners_lock);
	list_for_each_entry(owner, &lab_owners, list)
		if (owner->module == module) {
			found = owner;
			break;
		}
	mutex_unlock(&lab_owners_lock);
	return found;
}

/* Destroy an owner on behalf of a module that left without doing so. Context: process. */
void lab_owner_destroy_for(struct labyrinth_owner *owner)
{
	lab_event_owner_closing(owner);
	if (lab_owner_kill(owner))
		lab_owner_end(owner);
}

/* No code that could have a handle runs any more. */
void lab_owner_free_handles(void)
{
	struct labyrinth_owner *owner, *next;

	list_for_each_entry_safe(owner, next, &lab_destroyed, list)
		lab_owner_free_handle(owner);
	lab_owner_ids_exit();
}
