// SPDX-License-Identifier: GPL-2.0
/*
 * Duels: each CPU has an owner from which it alone takes pages, one at a time, and frees it while
 * other CPUs, and interrupts of its own, free, release or transfer the same page. One of all
 * these calls must succeed.
 */
#include <linux/mm.h>

#include "torture.h"

static struct duel {
	struct labyrinth_owner *owner;
	struct page *page;
	atomic_t attackers;
	atomic_t wins;
} ____cacheline_aligned duels[NATIVE_CPUS];

static struct labyrinth_owner *receiver;
static unsigned int nr_duels;

static struct labyrinth_owner *duel_owner(const char *name, unsigned int budget)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .nid = NUMA_NO_NODE,
	});
}

int nt_duels_boot(unsigned int nr_cpus)
{
	static const char * const names[NATIVE_CPUS] = { "duel-0", "duel-1", "duel-2", "duel-3" };
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		duels[cpu].owner = duel_owner(names[cpu], 2);
		if (IS_ERR(duels[cpu].owner))
			return PTR_ERR(duels[cpu].owner);
	}
	nr_duels = nr_cpus;
	receiver = duel_owner("receiver", 64);
	return PTR_ERR_OR_ZERO(receiver);
}

/* All owners of duels, one after the other; then NULL. */
struct labyrinth_owner *nt_duel_owner(unsigned int i)
{
	if (i < nr_duels)
		return duels[i].owner;
	return i == nr_duels ? receiver : NULL;
}

static void judge(struct duel *duel, int err)
{
	if (!err)
		atomic_inc(&duel->wins);
	/* Another owner's, if it was transferred, or released and taken again. */
	else if (err != -EALREADY && err != -ENOENT && err != -EPERM)
		nt_fail("a duel's loser", NULL, err, -EALREADY);
}

static void attack(struct nt_context *c, struct duel *duel, struct page *page)
{
	u32 how = c->level == NT_NMI ? 0 : nt_random(c, 4);
	int err;

	c->counts.calls++;
	if (how == 0) {
		judge(duel, labyrinth_free_page(duel->owner, page));
	} else if (how == 1) {
		err = labyrinth_release_page(duel->owner, page);
		judge(duel, err);
		if (!err)
			__free_page(page);
	} else if (how == 2) {
		err = labyrinth_transfer_page(duel->owner, receiver, page);
		if (err == -ENOSPC)
			return;
		judge(duel, err);
		if (!err)
			nt_expect("free of a duel's page", NULL,
				  labyrinth_free_page(receiver, page), 0);
	} else if (labyrinth_free_pages_bulk(duel->owner, 1, &page)) {
		atomic_inc(&duel->wins);
	}
}

/* Join a duel of any CPU. Context: any. */
void nt_duel_attack(struct nt_context *c)
{
	/* Interrupts join the one that they interrupted. */
	struct duel *duel = &duels[c->level == NT_TASK ? nt_random(c, nr_duels) : c->cpu];
	struct page *page;

	atomic_inc(&duel->attackers);
	/* Pairs with the barrier in nt_duel_defend(). */
	smp_mb__after_atomic();
	page = READ_ONCE(duel->page);
	if (page)
		attack(c, duel, page);
	/* A full barrier before it: the call is over. */
	smp_mb__before_atomic();
	atomic_dec(&duel->attackers);
}

/* Begin a duel and end it. Context: task. */
void nt_duel_defend(struct nt_context *c)
{
	struct duel *duel = &duels[c->cpu];
	struct page *page = labyrinth_alloc_page(duel->owner);
	unsigned int spins = nt_random(c, 64);

	c->counts.calls += 2;
	/* Pages that a stranger had a hand on are out of use until a scan. */
	if (!page)
		return;
	atomic_set(&duel->wins, 0);
	/* The wins are counted from 0. Pairs with the barrier of an attack. */
	smp_store_release(&duel->page, page);
	while (spins--)
		cpu_relax();
	judge(duel, labyrinth_free_page(duel->owner, page));
	WRITE_ONCE(duel->page, NULL);
	/* An attacker that is not counted yet sees no page. Pairs with nt_duel_attack(). */
	smp_mb();
	while (atomic_read(&duel->attackers))
		native_yield();
	nt_expect("winners of a duel", NULL, atomic_read(&duel->wins), 1);
	c->counts.duels++;
}
