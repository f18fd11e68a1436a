/* SPDX-License-Identifier: GPL-2.0 */
/* An owner: what it may do and what it has. See owner.c, and lifetime.c for its life. */
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
#include <asm/local.h>

#include "freelist.h"
#include "hooks.h"
#include "table.h"

/* Why no call may go the fast path. */
#define LAB_SLOW_DEAD	BIT(0)
#define LAB_SLOW_SCOPE	BIT(1)
#define LAB_SLOW_ZERO	BIT(2)
#define LAB_SLOW_POISON	BIT(3)
#define LAB_SLOW_STACK	BIT(4)
#define LAB_SLOW_TRACE	BIT(5)	/* comes and goes while the owner lives */
#define LAB_SLOW_CLEAR	BIT(6)	/* the kernel clears pages that are freed */

/* One cache line a CPU. */
struct lab_cpu {
	/* Pages freed here; other CPUs may take them. Its count is of these frees. */
	struct lab_stack recycled;
	u64 owned_here;			/* tag meta of a page handed out here, less the context */
	local_t allocs;
	long left;			/* pages that left ownership here other than by free */
	long unrecycled;			/* frees that pushed nothing less pushes of none */
	long uncharged;			/* on @recycled; taken elsewhere, they are missing there */
} __aligned(64);

/* Pages in memory that is to go offline, as offline.c last found them. */
struct lab_offline_pages {
	unsigned int idle, owned;
};

struct lab_owner_diag;

struct labyrinth_owner {
	/*
	 * All of the owner that the fast path reads. An owner that wants something special,
	 * is traced or is dead, has no homes here, @owned is no tag's state, and @fast is a
	 * CPU's line on which nothing ever lies: so every call leaves the fast path without
	 * having to ask.
	 */
	struct lab_cpu __percpu *fast;
	struct lab_cpu __percpu *cpu;
	struct lab_slots slots;		/* table->slots */
	/* Tag heads of the owner's pages, no flag set. */
	u32 owned_state;		/* or LAB_NO_STATE */
	u32 ready_state;
	u32 moving_state;
	/* Written by none but create, destroy and tracing, as are those above. */
	u32 slow;
	u32 budget;
	u32 stock;			/* changed at run time: READ_ONCE() or lab_peek() */

	struct lab_table *table;
	u32 id;
	int nid;
	u32 flags;
	s16 reserve_pct;		/* 0 to 100, the module's default put in; as @stock */
	u8 scope;

	/* Written by the slower paths, from any CPU. */
	struct lab_stack stocked ____cacheline_aligned_in_smp;	/* uncharged: the stock */
	struct lab_stack quarantine, looked_at;
	atomic_t nr_stocked;		/* pages on @stocked, give or take those in flight */
	atomic_t charged;		/* places taken in the budget, see below; at most @budget */
	atomic_t quarantined;
	atomic_t from_reserve;
	atomic_long_t transferred_in;		/* pages transferred in */
	atomic_long_t hwpoison;		/* pages that left with bad memory */
	u32 peak;			/* most of @charged while a page was handed out */
	struct irq_work kick;
	struct delayed_work refill;
	struct delayed_work look;	/* at the quarantine */
	unsigned long looked;		/* jiffies of the last one that counted */
	struct lab_owner_diag *diag;	/* what diag/ remembers of it */

	/* Guarded by lab_owners_lock. */
	struct list_head list;
	u32 tags;			/* reserved in @table: uncharged come on top of the budget */
	bool devm;			/* its device has the handle */
	struct pid *pid;		/* of the creating task or its thread group, by scope */
	struct module *module;
	struct lab_offline_pages offline;
	char name[LABYRINTH_NAME_LEN];
	char module_name[MODULE_NAME_LEN];
} __aligned(64);

/* A handle begins with a cache line, as the kernel aligns what is a power of 2 in size. */
#define LAB_OWNER_SIZE	roundup_pow_of_two(sizeof(struct labyrinth_owner))

/* alloc and free touch these two lines, the page's tag, and its struct page. */
static_assert(sizeof(struct lab_cpu) == 64);
static_assert(offsetofend(struct labyrinth_owner, stock) <= 64);

/* Guarded by lab_owners_lock. */
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

/* Needs no preemption disabled: any node will do. */
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

/* A page becomes owned on this CPU. Needs preemption disabled; may nest by interrupts. */
static __always_inline void lab_cpu_count_alloc(struct lab_cpu *here)
{
	local_inc(&here->allocs);
}

/* Pages handed out on a CPU less those that left ownership there, modulo 2^32. */
static inline u32 lab_cpu_owned(const struct lab_cpu *cpu)
{
	return (u32)local_read(&cpu->allocs) - lab_stack_pushes(READ_ONCE(cpu->recycled.head)) -
	       (u32)READ_ONCE(cpu->left) - (u32)READ_ONCE(cpu->unrecycled);
}

/* A page left ownership other than by a free. Needs preemption disabled. */
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

/* Exact on any number of CPUs: no attempt that fails is ever counted, even for an instant. */
static inline bool lab_budget_charge(struct labyrinth_owner *owner)
{
	int bound = atomic_read(&owner->charged);

	do {
		if (unlikely(bound == owner->budget))
			return false;
	} while (!atomic_try_cmpxchg(&owner->charged, &bound, bound + 1));
	return true;
}

/* The same for up to @nr places: how many. */
static inline unsigned int lab_budget_charge_many(struct labyrinth_owner *owner, unsigned int nr)
{
	int bound = atomic_read(&owner->charged);
	unsigned int taken;

	do {
		taken = min(nr, owner->budget - bound);
	} while (taken && !atomic_try_cmpxchg(&owner->charged, &bound, bound + taken));
	return taken;
}

/* A place that was taken has come to hold an owned page. */
static inline void lab_peak_note(struct labyrinth_owner *owner)
{
	u32 peak = READ_ONCE(owner->peak);
	u32 bound = atomic_read(&owner->charged);

	while (unlikely(bound > peak) && !try_cmpxchg(&owner->peak, &peak, bound))
		;
}

/* Begin anew. Recycled pages count: to take one again is not noted. */
static inline void lab_peak_reset(struct labyrinth_owner *owner)
{
	/* A full barrier: an alloc that has not seen the 0 has its place seen here. */
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
