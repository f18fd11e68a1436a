// SPDX-License-Identifier: GPL-2.0
/*
 * Torture of labyrinth's lock-free core at the machine's own speed. CPUs, more of them than the
 * machine has, and their interrupts and NMIs, which come in any instruction, make random calls
 * for a few owners that they share. Budgets are small, so that pages are stolen from other CPUs
 * and calls are refused. Every result is checked, and the torture's own books say whose each page
 * is. Now and then all CPUs meet, and one of them compares the books: see torture_round.c.
 */
#include <linux/gfp.h>
#include <linux/hardirq.h>
#include <linux/mm.h>
#include <linux/numa.h>

#include "core/ready.h"
#include "core/stock.h"
#include "core/work.h"
#include "interrupt.h"
#include "torture.h"
#include "work.h"

#define ROUND		50000	/* steps of a CPU until all meet */
#define STRANGER_PAGES	1024	/* strangers know those with low numbers, which are used first */

struct nt_owner nt_owners[] = {
	{ "small", 3 },
	{ "exact", 20 },
	{ "pair", 2 },
	{ "stocked", 32, .stock = 8 },
	{ "zeroing", 24, .stock = 4, .flags = LABYRINTH_ZERO },
	{ "large", 600 },
	{ "mortal", INT_MAX },
};

const unsigned int nt_nr_owners = ARRAY_SIZE(nt_owners) - 1;

static struct nt_context contexts[NATIVE_CPUS][NT_NR_LEVELS];
static unsigned int nr_cpus;

struct nt_context *nt_context(void)
{
	enum nt_level level = in_nmi() ? NT_NMI : in_hardirq() ? NT_HARDIRQ :
			      in_serving_softirq() ? NT_SOFTIRQ : NT_TASK;

	return &contexts[raw_smp_processor_id()][level];
}

/* Below @below. */
u32 nt_random(struct nt_context *c, u32 below)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return (c->random >> 32) * below >> 32;
}

struct nt_owner *nt_any_owner(struct nt_context *c)
{
	return &nt_owners[nt_random(c, nt_nr_owners)];
}

/* ---- steps */

/* Interrupts hold fewer pages than tasks. */
static unsigned int many(struct nt_context *c)
{
	return 1 + nt_random(c, c->level == NT_TASK ? NT_MOST : 4);
}

/* A page that is not needed any more. */
static void dispose(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	u32 how = nt_random(c, 16);

	if (how == 0)
		nt_misuse(c, owner, page);
	else if (how == 1)
		owner = nt_transfer(c, owner, page);
	else if (how == 2)
		nt_check(c, owner, page);
	if (how == 3)
		nt_release(c, owner, page);
	else
		nt_free(c, owner, page);
}

static void step_pair(struct nt_context *c)
{
	struct nt_owner *owner = nt_any_owner(c);
	struct page *page = nt_alloc(c, owner);

	if (page)
		dispose(c, owner, page);
}

/* Some pages out, back in any order. */
static void step_burst(struct nt_context *c)
{
	struct nt_owner *owner = nt_any_owner(c);
	struct page *pages[NT_MOST];
	unsigned int nr, most = many(c);

	for (nr = 0; nr < most; nr++) {
		pages[nr] = nt_alloc(c, owner);
		if (!pages[nr])
			break;
	}
	while (nr) {
		u32 i = nt_random(c, nr);

		dispose(c, owner, pages[i]);
		pages[i] = pages[--nr];
	}
}

static void step_bulk(struct nt_context *c)
{
	struct nt_owner *owner = nt_any_owner(c);
	struct page *pages[NT_MOST];
	unsigned int nr = nt_alloc_bulk(c, owner, many(c), pages);

	if (nr && nt_random(c, 4))
		nt_free_bulk(c, owner, nr, pages);
	else
		while (nr)
			nt_free(c, owner, pages[--nr]);
}

/* Pass a page to whichever CPU takes it, and dispose of one that was there. */
static void step_pass(struct nt_context *c)
{
	struct nt_owner *owner = nt_any_owner(c);
	struct page *page = nt_random(c, 3) ? nt_alloc(c, owner) : NULL;

	if (page && !nt_random(c, 8))
		owner = nt_transfer(c, owner, page);
	page = xchg(&owner->slots[nt_random(c, NT_SLOTS)], page);
	if (page)
		dispose(c, owner, page);
}

/* A reference that comes and goes, by a pointer that may be stale. */
static void step_stranger(struct nt_context *c)
{
	struct page *page = pfn_to_page(1 + nt_random(c, STRANGER_PAGES));
	unsigned int spins;

	if (!nt_strangers || c->level == NT_NMI || !get_page_unless_zero(page))
		return;
	c->counts.strangers++;
	for (spins = nt_random(c, 32); spins; spins--)
		cpu_relax();
	put_page(page);
}

static void step_misuse(struct nt_context *c)
{
	nt_misuse_ordinary(c);
}

static void step_duel(struct nt_context *c)
{
	if (c->level == NT_TASK && nt_random(c, 2))
		nt_duel_defend(c);
	else
		nt_duel_attack(c);
}

static void step_mortal(struct nt_context *c)
{
	if (c->level == NT_TASK && !nt_random(c, 2000))
		nt_mortal_end(c);
	else
		nt_mortal_use(c);
}

/* Of a process: a refill, the shrinker, and work that was put off. */
static void step_process(struct nt_context *c)
{
	struct nt_owner *owner = nt_any_owner(c);

	if (c->level != NT_TASK)
		return;
	if (nt_random(c, 2))
		native_work();
	else if (!nt_random(c, 4) && nt_strangers)
		lab_shrink_recycled(owner->lab);
	else if (owner->stock)
		lab_refill_now(owner->lab);
}

static const struct {
	void (*step)(struct nt_context *c);
	unsigned int weight;	/* of 64 */
} steps[] = {
	{ step_pair, 17 },
	{ step_pass, 16 },
	{ step_burst, 6 },
	{ step_bulk, 6 },
	{ step_duel, 8 },
	{ step_stranger, 6 },
	{ step_mortal, 3 },
	{ step_misuse, 1 },
	{ step_process, 1 },
};

static void step(struct nt_context *c)
{
	u32 choice = nt_random(c, 64);
	unsigned int i = 0;

	while (choice >= steps[i].weight)
		choice -= steps[i++].weight;
	steps[i].step(c);
}

static void interrupted(void)
{
	struct nt_context *c = nt_context();
	unsigned int nr = 1 + nt_random(c, 4);

	while (nr--)
		step(c);
}

/* ---- rounds */

static atomic_t nr_met;
static unsigned int meeting;
static bool stop, done;

void native_torture_stop(void)
{
	WRITE_ONCE(stop, true);
}

void native_torture_counts(struct native_counts *sum)
{
	unsigned int i;

	for (i = 0; i < NATIVE_CPUS * NT_NR_LEVELS; i++) {
		const struct native_counts *counts =
			&contexts[i / NT_NR_LEVELS][i % NT_NR_LEVELS].counts;

		sum->calls += READ_ONCE(counts->calls);
		sum->pages += READ_ONCE(counts->pages);
		sum->from_others += READ_ONCE(counts->from_others);
		sum->refused += READ_ONCE(counts->refused);
		sum->duels += READ_ONCE(counts->duels);
		sum->strangers += READ_ONCE(counts->strangers);
		sum->mortals += READ_ONCE(counts->mortals);
		sum->orphans += READ_ONCE(counts->orphans);
	}
}

/* The last that comes compares the books, while the others wait. */
static void meet(struct nt_context *c, unsigned long calls)
{
	unsigned int nr = READ_ONCE(meeting);
	struct native_counts sum = {};

	native_mute(true);
	native_set_busy(false);
	if (atomic_inc_return(&nr_met) == nr_cpus) {
		nt_round_check(c);
		native_torture_counts(&sum);
		done = sum.calls >= calls || READ_ONCE(stop) || nt_stopped();
		nt_round_begin(c);
		native_tick();
		atomic_set(&nr_met, 0);
		/* What the others do next comes after what was done here. Pairs with the wait. */
		smp_store_release(&meeting, nr + 1);
	} else {
		/* Pairs with the release above. */
		while (smp_load_acquire(&meeting) == nr && !nt_stopped())
			native_yield();
	}
	native_set_busy(true);
	native_mute(false);
}

void native_torture(unsigned long calls)
{
	struct nt_context *c;
	unsigned int i;

	preempt_count_set(0);
	c = nt_context();
	do {
		meet(c, calls);
		for (i = 0; i < ROUND && !nt_stopped() && !READ_ONCE(stop) && !done; i++) {
			step(c);
			native_quiescent();
		}
	} while (!done && !nt_stopped());
	native_mute(true);
	native_set_busy(false);
}

/* ---- the beginning and the end */

int native_torture_boot(unsigned int cpus, unsigned long seed)
{
	unsigned int cpu, level, i;
	int err;

	nr_cpus = cpus;
	native_interrupt_work = interrupted;
	err = lab_wq_init();
	if (err)
		return err;
	nt_books_boot();
	for (cpu = 0; cpu < NATIVE_CPUS; cpu++)
		for (level = 0; level < NT_NR_LEVELS; level++) {
			struct nt_context *c = &contexts[cpu][level];

			c->cpu = cpu;
			c->level = level;
			c->random = (seed * NATIVE_CPUS + cpu + 1) * 0x9e3779b97f4a7c15 ^ level;
			for (i = 0; i < 8; i++)
				nt_random(c, 2);
		}
	for (i = 0; i < nt_nr_owners; i++) {
		struct nt_owner *o = &nt_owners[i];

		o->cap = NT_NO_CAP;
		o->lab = labyrinth_owner_create(&(struct labyrinth_owner_params){
			.name = o->name, .budget = o->budget, .stock = o->stock,
			.flags = o->flags, .nid = NUMA_NO_NODE,
		});
		if (IS_ERR(o->lab))
			return PTR_ERR(o->lab);
	}
	err = nt_mortal_create();
	return err ?: nt_duels_boot(cpus);
}
