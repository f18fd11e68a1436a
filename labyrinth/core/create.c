// SPDX-License-Identifier: GPL-2.0
/*
 * Creating owners, in process context under lab_owners_lock, which alloc and free never take.
 *
 * A storage driver may have to create an owner before any page can be written out, for instance
 * when it resets its device. So no allocation under lab_owners_lock may wait for I/O.
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
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "adapt.h"
#include "context.h"
#include "hooks.h"
#include "last_table.h"
#include "settings.h"
#include "stock.h"
#include "work.h"

/* Attempts to get per-CPU memory, 20 ms apart, for a caller that may not wait. */
#define LAB_CPU_TRIES	20

#define LAB_FLAGS_ALL	(LABYRINTH_ZERO | LABYRINTH_POISON | LABYRINTH_STACK | LABYRINTH_ADAPT | \
			 LABYRINTH_FIXED)

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
	lab_last_update();
	for_each_possible_cpu(cpu)
		per_cpu_ptr(owner->cpu, cpu)->owned_here =
			lab_meta(lab_state(id, 0, LAB_OWNED), lab_where(cpu, 0));
	owner->id = id;
	owner->slots = owner->table->slots;
	owner->ready_state = lab_state(id, 0, LAB_READY);
	owner->cached_state = lab_state(id, LAB_CACHED, LAB_READY);
	owner->moving_state = lab_state(id, 0, LAB_MOVING);
	lab_owner_disable_fast_path(owner, lab_tracing() ? LAB_SLOW_TRACE : 0);
	lab_owner_enable_fast_path(owner, 0);
	if (owner->flags & LABYRINTH_ADAPT)
		lab_adapt_start(owner);
	list_add_tail_rcu(&owner->list, &lab_owners);
	return 0;
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
	bool changed;

	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->cpu = lab_owner_cpus();
	if (!owner->cpu || lab_event_owner_new(owner))
		goto free;
	owner->pid = lab_scope_pid(params->scope);
	noio = memalloc_noio_save();
	mutex_lock(&lab_owners_lock);
	changed = lab_settings_apply(&set);
	lab_adapt_init(owner, params->stock);
	lab_owner_fill(owner, &set, module);
	err = lab_owner_enter(owner);
	if (err == -ENOMEM && changed) {
		pr_warn("settings: owner %s is created without them: not enough memory for its tags\n",
			params->name);
		lab_owner_fill(owner, params, module);
		err = lab_owner_enter(owner);
	}
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
	lab_event_owner_free(owner);
	kfree(owner);
	return ERR_PTR(err);
}

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
