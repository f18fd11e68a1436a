// SPDX-License-Identifier: GPL-2.0
/* The owners: one of each sort, and two private ones per user. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "torture.h"

#define LT_CROWD_MS		20
#define LT_EXHAUST_TRIES	100
#define LT_EXHAUST_MS		20

static const struct {
	const char *name;
	unsigned int budget, stock, flags;
	bool polite, whole;
} lt_sorts[] = {
	{ "plain",	400, 0,		0 },
	{ "small",	8, 0,		0 },
	{ "polite",	64, 0,		0, .polite = true },
	{ "whole",	48, 48,		0, .polite = true, .whole = true },
	{ "stock",	128, 64,	0 },
	{ "poison",	96, 0,		LABYRINTH_POISON },
	{ "zero",	96, 32,		LABYRINTH_ZERO },
	{ "wholezero",	8, 8,		LABYRINTH_ZERO, .polite = true, .whole = true },
	{ "all",	32, 8,		LABYRINTH_ZERO | LABYRINTH_POISON | LABYRINTH_STACK },
	{ "politezero",	24, 12,		LABYRINTH_ZERO, .polite = true },
	{ "stack",	64, 16,		LABYRINTH_STACK },
	{ "wholeall",	16, 16,		LABYRINTH_ZERO | LABYRINTH_POISON, .polite = true,
	  .whole = true },
};

struct lt_owner lt_owners[LT_OWNERS_MAX];
unsigned int lt_nr_owners, lt_nr_shared;
struct lt_owner *lt_scoped, *lt_churn[LT_NR_CHURN];

/*
 * Choose an owner to use. Mostly all users get the same one, to make them contend;
 * it changes every LT_CROWD_MS.
 */
struct lt_owner *lt_owner_any(struct lt_user *user)
{
	u32 random = prandom_u32_state(&user->random);
	unsigned int nr = (random >> 8) % (lt_nr_shared + LT_NR_CHURN);

	if (!(random & 15))
		return random & 16 ? user->exact : user->poisoning;
	if (random & 48)
		nr = jiffies / msecs_to_jiffies(LT_CROWD_MS) % lt_nr_shared;
	return nr < lt_nr_shared ? &lt_owners[nr] : lt_churn[nr - lt_nr_shared];
}

/* Create the owner in labyrinth. Users that still have its last handle get an error. */
int lt_owner_open(struct lt_owner *owner)
{
	struct labyrinth_owner *lab;

	lab = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = owner->name, .budget = owner->budget, .stock = owner->stock,
		.flags = owner->flags, .nid = NUMA_NO_NODE,
		.scope = owner->kind == LT_SCOPED ? LABYRINTH_SCOPE_THREAD :
						    LABYRINTH_SCOPE_OWNER,
	});
	if (IS_ERR(lab))
		return PTR_ERR(lab);
	WRITE_ONCE(owner->lab, lab);
	/* Pairs with lt_judge_refusal(). */
	smp_store_release(&owner->dying, false);
	return 0;
}

static struct lt_owner *lt_owner_new(enum lt_kind kind, const char *name, unsigned int budget,
				     unsigned int stock, unsigned int flags)
{
	struct lt_owner *owner;

	if (lt_nr_owners == LT_OWNERS_MAX)
		return NULL;
	owner = &lt_owners[lt_nr_owners];
	owner->nr = lt_nr_owners++;
	owner->kind = kind;
	owner->budget = budget;
	owner->stock = stock;
	owner->flags = flags;
	owner->dying = true;
	strscpy(owner->name, name, sizeof(owner->name));
	return owner;
}

/* Shared owners come first in lt_owners[]. The calling thread becomes lt_scoped's. */
int lt_owners_create(unsigned int nr_shared)
{
	char name[LABYRINTH_NAME_LEN];
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr_shared && !err; i++) {
		const typeof(lt_sorts[0]) *sort = &lt_sorts[i % ARRAY_SIZE(lt_sorts)];
		struct lt_owner *owner;

		snprintf(name, sizeof(name), "%s-%u", sort->name, i);
		owner = lt_owner_new(LT_SHARED, name, sort->budget, sort->stock, sort->flags);
		if (!owner)
			return -ENOSPC;
		owner->polite = sort->polite;
		owner->whole = sort->whole;
		lt_nr_shared++;
		err = lt_owner_open(owner);
	}
	for (i = 0; i < LT_NR_CHURN; i++) {
		snprintf(name, sizeof(name), "churn-%u", i);
		lt_churn[i] = lt_owner_new(LT_CHURN, name, 40 + 60 * i, 10 * i, 0);
		if (!lt_churn[i])
			return -ENOSPC;
	}
	lt_scoped = lt_owner_new(LT_SCOPED, "scoped", 4, 4, 0);
	return err ?: lt_scoped ? lt_owner_open(lt_scoped) : -ENOSPC;
}

int lt_owners_create_private(struct lt_user *user)
{
	char name[LABYRINTH_NAME_LEN];
	int err;

	snprintf(name, sizeof(name), "exact-%u", user->nr);
	user->exact = lt_owner_new(LT_PRIVATE, name, 4, 4, 0);
	snprintf(name, sizeof(name), "poisoning-%u", user->nr);
	user->poisoning = lt_owner_new(LT_PRIVATE, name, 8, 4, LABYRINTH_POISON);
	if (!user->exact || !user->poisoning)
		return -ENOSPC;
	user->exact->polite = true;
	user->exact->whole = true;
	user->poisoning->polite = true;
	err = lt_owner_open(user->exact);
	return err ?: lt_owner_open(user->poisoning);
}

/* Allocate the whole budget and be refused one page more. Returns how many. */
static unsigned int lt_take_all(struct lt_owner *owner, struct page **pages)
{
	unsigned int got;

	got = labyrinth_alloc_pages_bulk(owner->lab, owner->budget + 1, pages);
	atomic_long_add(got, &owner->allocs);
	atomic_long_inc(&owner->refused);
	if (got > owner->budget)
		lt_fail(LT_OVER, "bulk", owner, got, owner->budget);
	return got;
}

/*
 * No user holds a page, so the whole budget must be available: a page that labyrinth
 * lost would be missing. A page that a worker holds is available a moment later.
 */
static void lt_exhaust(struct lt_owner *owner, struct page **pages)
{
	unsigned int i, got, tries = 0;

	do {
		if (tries)
			msleep(LT_EXHAUST_MS);
		got = lt_take_all(owner, pages);
		for (i = 0; i < got; i++) {
			lt_answered("free at the end", owner,
				    labyrinth_free_page(owner->lab, pages[i]), 0);
			atomic_long_inc(&owner->frees);
		}
	} while (got < owner->budget && ++tries < LT_EXHAUST_TRIES);
	if (got < owner->budget && !lt_kernel_may_refuse())
		lt_fail(LT_LOST, "of the whole budget", owner, got, owner->budget);
}

/* Context: the thread that called lt_owners_create(). */
void lt_owners_exhaust(void)
{
	struct page **pages = kvcalloc(1024, sizeof(*pages), GFP_KERNEL);
	unsigned int i;

	for (i = 0; pages && i < lt_nr_owners; i++)
		if (lt_owners[i].kind != LT_CHURN && lt_owners[i].budget < 1024)
			lt_exhaust(&lt_owners[i], pages);
	kvfree(pages);
}

void lt_owners_destroy(void)
{
	unsigned int i, out;

	for (i = 0; i < lt_nr_owners; i++) {
		struct lt_owner *owner = &lt_owners[i];

		if (owner->kind == LT_CHURN)
			continue;
		out = labyrinth_owner_destroy(owner->lab);
		if (out)
			lt_fail(LT_LEFT, "destroy at the end", owner, out, 0);
		owner->lab = NULL;
	}
}
