/* SPDX-License-Identifier: GPL-2.0 */
/* An owner: its limits and its pages. See owner.c, create.c and destroy.c. */
#ifndef _LABYRINTH_CORE_OWNER_H
#define _LABYRINTH_CORE_OWNER_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/idr.h>
#include <linux/irq_work.h>
#include <linux/labyrinth.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "adapt_rule.h"
#include "bind.h"
#include "cpu.h"
#include "hooks.h"
#include "table.h"

/* Reasons for the slow path. */
#define LAB_SLOW_DEAD	BIT(0)
#define LAB_SLOW_SCOPE	BIT(1)
#define LAB_SLOW_ZERO	BIT(2)
#define LAB_SLOW_POISON	BIT(3)
#define LAB_SLOW_STACK	BIT(4)
#define LAB_SLOW_TRACE	BIT(5)	/* set and cleared while the owner lives */
#define LAB_SLOW_CLEAR	BIT(6)	/* the kernel clears pages that are freed */

/* Pages in memory that goes offline, as last counted by offline.c. */
struct lab_offline_pages {
	unsigned int idle, owned;
};

/* A stock that adapts, see adapt.c. Guarded by its lock but for @refused. */
struct lab_adapt {
	bool on;
	u32 asked;			/* the driver's stock, constant */
	u32 most;			/* tags reserved for the stock */
	u32 taken;			/* lab_stock_taken() at the last step */
	atomic_t refused;		/* since the last step, for want of a stock */
	struct lab_adapt_state state;
	unsigned long at;		/* jiffies of the last step */
	struct delayed_work look;
};

struct lab_owner_diag;

struct labyrinth_owner {
	/*
	 * All that the fast path reads of the owner. While @slow is not 0, @slots has no
	 * homes, @owned_state is no tag's state and @fast has empty caches: every call then
	 * leaves the fast path at a test that it makes anyway. A test of @slow in its place
	 * would not fit into the limits of tests/bench.
	 */
	struct lab_cpu __percpu *fast;
	struct lab_cpu __percpu *cpu;
	struct lab_slots slots;		/* table->slots */
	/* States of the owner's tags, without other flags than LAB_CACHED. */
	u32 owned_state;		/* or LAB_NO_STATE */
	u32 ready_state;
	u32 cached_state;
	u32 moving_state;
	/* Written by create, destroy and tracing only, as are those above. */
	u32 slow;
	u32 stock;			/* may change at run time: READ_ONCE() or lab_peek() */

	struct lab_table *table;
	u32 budget;			/* may be raised at run time */
	u32 id;
	int nid;
	u32 flags;
	s16 reserve_pct;		/* 0 to 100, the default resolved; may change as @stock */
	u8 scope;

	/* Written by the slow paths, on any CPU. */
	struct lab_stack stocked ____cacheline_aligned_in_smp;	/* uncharged: the stock */
	struct lab_stack quarantine, looked_at;
	atomic_t nr_stocked;		/* pages on @stocked, but for those in flight */
	u32 refill_at;			/* changes with @stock: half of it, if it does not adapt */
	atomic_t nr_filled;		/* pushed there, less those shrunk; modulo 2^32 */
	atomic_t charged;		/* charges of the budget, see below; at most @budget */
	atomic_t quarantined;		/* pages in quarantine */
	atomic_t examined;		/* of them, those that a scan has popped */
	atomic_t from_reserve;
	atomic_long_t transferred_in;		/* pages transferred in */
	atomic_long_t hwpoison;		/* pages with bad memory given back to the kernel */
	u32 peak;			/* greatest @charged when a page was handed out */
	struct irq_work kick;
	struct delayed_work refill;
	struct delayed_work look;	/* scans the quarantine */
	struct lab_adapt adapt;
	unsigned long looked;		/* jiffies of the last scan that counted */
	struct lab_owner_diag *diag;	/* owned by diag/ */

	/* Guarded by lab_owners_lock. */
	struct list_head list;
	u32 tags;			/* reserved in @table: budget, and stock or adapt.most */
	bool devm;			/* the handle is device-managed */
	struct pid *pid;		/* the creating task's or its thread group's, by @scope */
	struct module *module;
	struct lab_offline_pages offline;
	char name[LABYRINTH_NAME_LEN];
	char module_name[MODULE_NAME_LEN];
} __aligned(64);

/* kmalloc() aligns a power of 2 to its size: a handle starts with a cache line. */
#define LAB_OWNER_SIZE	roundup_pow_of_two(sizeof(struct labyrinth_owner))

/* The fast paths touch these lines, the page's tag and its struct page. */
static_assert(offsetofend(struct labyrinth_owner, stock) <= 64);

/* Changed under lab_owners_lock, read under it or RCU. */
extern struct list_head lab_owners;
extern int lab_default_reserve_pct;

int lab_owner_id_new(struct labyrinth_owner *owner);
void lab_owner_id_remove(u32 id);
void lab_owner_ids_exit(void);
struct labyrinth_owner *lab_owner_by_id(u32 id);
void lab_owner_name(u32 id, char name[LABYRINTH_NAME_LEN]);
long lab_owner_owned(const struct labyrinth_owner *owner);
long lab_owner_peak(const struct labyrinth_owner *owner);
unsigned long lab_owner_allocs(const struct labyrinth_owner *owner);
long lab_owner_frees(const struct labyrinth_owner *owner);
long lab_owner_stocked(const struct labyrinth_owner *owner);
struct labyrinth_owner *lab_owner_of_module(const struct module *module);
void lab_owner_destroy_for(struct labyrinth_owner *owner);
void lab_owner_disable_fast_path(struct labyrinth_owner *owner, u32 why);
void lab_owner_enable_fast_path(struct labyrinth_owner *owner, u32 why);
bool lab_tracing(void);
void lab_owner_free_handles(void);

static inline bool lab_owner_dead(const struct labyrinth_owner *owner)
{
	return READ_ONCE(owner->slow) & LAB_SLOW_DEAD;
}

/* Works with preemption enabled: any node will do. */
static inline int lab_owner_nid(const struct labyrinth_owner *owner)
{
	return owner->nid == NUMA_NO_NODE ? numa_mem_id() : owner->nid;
}

static inline bool lab_owner_in_scope(const struct labyrinth_owner *owner)
{
	switch (owner->scope) {
	case LABYRINTH_SCOPE_PROCESS:
		return in_task() && task_tgid(current) == owner->pid;
	case LABYRINTH_SCOPE_THREAD:
		return in_task() && task_pid(current) == owner->pid;
	default:
		return true;
	}
}

/* Count a page that left ownership other than by a free. Needs preemption disabled. */
static inline void lab_owner_count_left(struct labyrinth_owner *owner)
{
	this_cpu_inc(owner->cpu->left);
}

/*
 * The budget. An owned or quarantined page is charged; a call that looks for a page
 * charges it first; a recycled page stays charged, so that using it again touches no
 * shared counter. A page of the stock is uncharged: the alloc that takes it holds the
 * charge already. So nothing that labyrinth does with uncharged pages on its own account
 * can make a budget seem spent.
 *
 * Recycled pages of an owner that zeroes are uncharged as well: clean ones replace them.
 */
static inline bool lab_recycles_uncharged(const struct labyrinth_owner *owner)
{
	return owner->flags & LABYRINTH_ZERO;
}

/* Exact: a failing attempt never changes the counter, not even for an instant. */
static inline bool lab_budget_charge(struct labyrinth_owner *owner)
{
	int bound = atomic_read(&owner->charged);

	do {
		if (unlikely(bound == READ_ONCE(owner->budget)))
			return false;
	} while (!atomic_try_cmpxchg(&owner->charged, &bound, bound + 1));
	return true;
}

/* Charge up to @nr pages; returns how many. */
static inline unsigned int lab_budget_charge_many(struct labyrinth_owner *owner, unsigned int nr)
{
	int bound = atomic_read(&owner->charged);
	unsigned int taken;

	do {
		taken = min(nr, READ_ONCE(owner->budget) - bound);
	} while (taken && !atomic_try_cmpxchg(&owner->charged, &bound, bound + taken));
	return taken;
}

/* A charge has become an owned page: update the peak. */
static inline void lab_peak_note(struct labyrinth_owner *owner)
{
	u32 peak = READ_ONCE(owner->peak);
	u32 bound = atomic_read(&owner->charged);

	while (unlikely(bound > peak) && !try_cmpxchg(&owner->peak, &peak, bound))
		;
}

/* Recycled pages count, since taking one again is not recorded. */
static inline void lab_peak_reset(struct labyrinth_owner *owner)
{
	/* A full barrier: the charge of an alloc that missed the 0 is seen below. */
	xchg(&owner->peak, 0);
	lab_peak_note(owner);
}

static inline void lab_budget_uncharge(struct labyrinth_owner *owner)
{
	atomic_dec(&owner->charged);
}

static inline void lab_budget_uncharge_many(struct labyrinth_owner *owner, unsigned int nr)
{
	atomic_sub(nr, &owner->charged);
}

#endif /* _LABYRINTH_CORE_OWNER_H */
