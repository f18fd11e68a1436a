// SPDX-License-Identifier: GPL-2.0
/* Any number of owners with all their pages out. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "growth.h"

struct growth_member growth_scale[GROWTH_OWNERS];
unsigned int growth_nr;

struct labyrinth_owner *growth_owner(const char *name, unsigned int index, unsigned int budget)
{
	char full[LABYRINTH_NAME_LEN];

	snprintf(full, sizeof(full), "%s-%u", name, index);
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = full, .budget = budget, .nid = NUMA_NO_NODE,
	});
}

/* Grow to @nr owners of @budget pages. */
u64 growth_make(unsigned int nr, unsigned int budget)
{
	u64 start = growth_clock();

	if (nr > GROWTH_OWNERS)
		return 0;
	for (; growth_nr < nr; growth_nr++) {
		struct growth_member *m = &growth_scale[growth_nr];

		*m = (struct growth_member){ .owner = growth_owner("scale", growth_nr, budget) };
		if (IS_ERR(m->owner))
			return 0;
	}
	return growth_clock() - start;
}

static bool growth_member_take(struct growth_member *m, unsigned int nr)
{
	if (m->nr >= nr)
		return true;
	if (!m->pages)
		m->pages = kvmalloc_array(nr, sizeof(*m->pages), GFP_KERNEL);
	if (!m->pages)
		return false;
	while (m->nr < nr) {
		struct page *page = growth_alloc(m->owner);

		if (!page)
			return false;
		m->pages[m->nr++] = page;
		if (m->nr % 1024 == 0)
			cond_resched();
	}
	return true;
}

/* Allocate pages until each owner has at least @nr. */
u64 growth_take(unsigned int nr)
{
	u64 start = growth_clock();
	unsigned int i;

	for (i = 0; i < growth_nr; i++)
		if (!growth_member_take(&growth_scale[i], nr))
			return 0;
	return growth_clock() - start;
}

static void growth_member_end(struct growth_member *m)
{
	while (m->nr) {
		struct page *page = m->pages[--m->nr];

		if (IS_ERR(m->owner))
			__free_page(page);
		else
			growth_free(m->owner, page);
		if (m->nr % 1024 == 0)
			cond_resched();
	}
	labyrinth_owner_destroy(m->owner);
	kvfree(m->pages);
}

u64 growth_empty(void)
{
	u64 start = growth_clock();

	while (growth_nr)
		growth_member_end(&growth_scale[--growth_nr]);
	return growth_clock() - start;
}

/* Free @nr pages of each owner. */
void growth_recycle(unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < growth_nr; i++) {
		struct growth_member *m = &growth_scale[i];

		for (j = 0; j < nr && m->nr; j++)
			growth_free(m->owner, m->pages[--m->nr]);
		cond_resched();
	}
}

void growth_orphan(void)
{
	unsigned int i;

	for (i = 0; i < growth_nr; i++) {
		labyrinth_owner_destroy(growth_scale[i].owner);
		growth_scale[i].owner = ERR_PTR(-ESTALE);
	}
}

/* Measure an owner of @budget pages, against as many pages from the kernel. */
u64 growth_create(unsigned int budget, u64 *kernel)
{
	struct page **pages = kvmalloc_array(budget, sizeof(*pages), GFP_KERNEL);
	struct labyrinth_owner *owner;
	unsigned int nr = 0;
	u64 start, create = 0;

	if (!pages)
		return 0;
	/* The folder of the last one is removed, and its table freed, by work items. */
	msleep(500);
	start = growth_clock();
	owner = growth_owner("create", 0, budget);
	if (!IS_ERR(owner))
		create = growth_clock() - start;
	labyrinth_owner_destroy(owner);

	start = growth_clock();
	while (nr < budget && (pages[nr] = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		nr++;
	*kernel = growth_clock() - start;
	if (nr < budget)
		create = 0;
	while (nr)
		__free_page(pages[--nr]);
	kvfree(pages);
	return create;
}

/* Pages held so that the free ones between them are no neighbours. */
static struct page **growth_held;
static unsigned int growth_nr_held;

void growth_gather(void)
{
	while (growth_nr_held)
		__free_page(growth_held[--growth_nr_held]);
	kvfree(growth_held);
	growth_held = NULL;
}

/*
 * Make the next @nr pages from the kernel a random half of 2 * @nr, as on a machine that
 * has run for a long time.
 */
bool growth_scatter(unsigned int nr)
{
	unsigned int i, got = 0;
	u32 chance = 1;

	growth_gather();
	growth_held = kvmalloc_array(2 * nr, sizeof(*growth_held), GFP_KERNEL);
	if (!growth_held)
		return false;
	while (got < 2 * nr && (growth_held[got] = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		got++;
	for (i = got; i > 1; i--) {
		chance = chance * 1664525 + 1013904223;
		swap(growth_held[i - 1], growth_held[(u64)chance * i >> 32]);
	}
	growth_nr_held = got;
	while (growth_nr_held > got / 2)
		__free_page(growth_held[--growth_nr_held]);
	return got == 2 * nr;
}
