// SPDX-License-Identifier: GPL-2.0
/*
 * Owners that are destroyed while CPUs make calls with their handles. A page that is out then is
 * its holder's, as an ordinary page: the holder finds that when it frees it.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "torture.h"
#include "work.h"

#define NT_MORTALS	2000	/* of a run: what destroy frees is not free in this process */
#define NT_BUDGET	8
#define NT_MORTAL_SLOTS	6

static struct labyrinth_owner *mortal;
static unsigned int nr_mortals;
static struct page *kept[64];

int nt_mortal_create(void)
{
	char name[] = "mortal-0000";
	unsigned int nr = nr_mortals++, at;
	struct labyrinth_owner *owner;

	for (at = sizeof(name) - 2; nr; nr /= 10)
		name[at--] += nr % 10;
	owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = NT_BUDGET, .stock = nr_mortals % 2 * 4,
		.nid = NUMA_NO_NODE,
	});
	if (IS_ERR(owner))
		return PTR_ERR(owner);
	/* Pairs with nt_mortal_use(): it is complete. */
	smp_store_release(&mortal, owner);
	return 0;
}

struct labyrinth_owner *nt_mortal_owner(void)
{
	return mortal;
}

/* Keep a page of an owner that is being destroyed. Context: any. */
static void keep(struct page *page)
{
	unsigned int i = 0;

	while (READ_ONCE(kept[i]) || cmpxchg(&kept[i], NULL, page))
		if (++i == ARRAY_SIZE(kept))
			native_die("torture: too many pages are kept");
}

static void free_kept(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		struct page *page = xchg(&kept[i], NULL);

		if (page)
			__free_page(page);
	}
}

/* Destroy it, and create another. Context: task. */
void nt_mortal_end(struct nt_context *c)
{
	unsigned int orphans;

	/* Destroy waits for work that is being done, and does what is queued. */
	if (!native_work_lock())
		return;
	if (nr_mortals < NT_MORTALS) {
		orphans = labyrinth_owner_destroy(mortal);
		if (orphans > NT_BUDGET)
			nt_fail("orphans", &nt_mortal, orphans, NT_BUDGET);
		if (nt_mortal_create())
			nt_fail("an owner is not created", &nt_mortal, 0, 1);
		free_kept();
		c->counts.mortals++;
	}
	native_work_unlock();
}

/* @page's owner is in its private word, as a driver may use it. */
static void give(struct nt_context *c, struct page *page)
{
	struct labyrinth_owner *owner = (void *)page_private(page);
	int err;

	nt_given(c, &nt_mortal, page);
	err = labyrinth_free_page(owner, page);
	if (!err)
		return;
	nt_expect("free for an owner that may be destroyed", &nt_mortal, err, -ENOENT);
	c->counts.orphans++;
	/* It has a tag until destroy returns. */
	if (owner == READ_ONCE(mortal))
		keep(page);
	else
		__free_page(page);
}

/* Some pages out, and others back. Context: any. */
void nt_mortal_use(struct nt_context *c)
{
	/* Pairs with nt_mortal_create(). */
	struct labyrinth_owner *owner = smp_load_acquire(&mortal);
	unsigned int nr = 1 + nt_random(c, 4);
	struct page *page;

	for (; nr; nr--) {
		page = labyrinth_alloc_page(owner);
		c->counts.calls += 2;
		if (page) {
			nt_taken(c, &nt_mortal, page);
			set_page_private(page, (unsigned long)owner);
		}
		page = xchg(&nt_mortal.slots[nt_random(c, NT_MORTAL_SLOTS)], page);
		if (page)
			give(c, page);
	}
}

/*
 * How many pages of @owner are out; of any, and those that are kept, if it is NULL. No CPU makes
 * calls.
 */
long nt_mortal_out(const struct labyrinth_owner *owner)
{
	unsigned int i;
	long nr = 0;

	for (i = 0; !owner && i < ARRAY_SIZE(kept); i++)
		nr += !!kept[i];
	for (i = 0; i < NT_MORTAL_SLOTS; i++) {
		struct page *page = nt_mortal.slots[i];

		nr += page && (!owner || page_private(page) == (unsigned long)owner);
	}
	return nr;
}

/* The last one, when all have ended: then its pages, and those that were left before. */
void nt_mortal_exit(struct nt_context *c)
{
	long out = nt_mortal_out(mortal);
	unsigned int i;

	nt_expect("destroy: pages still out", &nt_mortal, labyrinth_owner_destroy(mortal), out);
	mortal = NULL;
	free_kept();
	for (i = 0; i < NT_MORTAL_SLOTS; i++)
		if (nt_mortal.slots[i])
			give(c, nt_mortal.slots[i]);
}
