// SPDX-License-Identifier: GPL-2.0
/*
 * Short references: one CPU takes and drops references on every page that two owners have or
 * had, as page cache look-ups and GUP-fast do with a stale pointer. The other CPUs allocate,
 * free, transfer and release these pages. None of their calls may fail.
 */
#include <linux/jiffies.h>
#include <linux/prandom.h>

#include "misuse.h"
#include "stress.h"

#define REFS_HELD_MAX	16
#define REFS_BULK	4
/* Additional budget for pages that wait in quarantine for a scan. */
#define REFS_SPARE	16
#define REFS_BUDGET_MAX	(STRESS_CPUS_MAX * REFS_HELD_MAX + REFS_SPARE)
#define REFS_SEEN	64
/* Pages that the kernel may use meanwhile; one lost page per release would be far more. */
#define REFS_MEMORY	64

struct refs_user {
	struct {
		struct page *page;
		struct labyrinth_owner *owner;
	} held[REFS_HELD_MAX];
	unsigned int nr;
	unsigned long stamp;
	unsigned long met;	/* checks that met an extra reference */
	struct rnd_state random;
};

static struct refs_user refs_users[STRESS_CPUS_MAX];
static struct labyrinth_owner *refs_owners[2];
static struct page *refs_seen[REFS_SEEN];	/* pages that were allocated once; may be stale */
static unsigned long refs_until;		/* jiffies */
static unsigned long refs_taken;
static unsigned int refs_budget;

static void refs_error(const char *call, long err)
{
	atomic_long_inc(&stress_result.errors);
	pr_info_ratelimited("references: %s: %ld\n", call, err);
}

static unsigned int refs_random(struct refs_user *user, unsigned int below)
{
	return prandom_u32_state(&user->random) % below;
}

/* Stamp the first and last word of the page, and page->private. */
static void refs_mark(struct page *page, unsigned long stamp)
{
	unsigned long *words = page_address(page);

	set_page_private(page, stamp);
	words[0] = stamp;
	words[PAGE_SIZE / sizeof(long) - 1] = stamp;
}

static void refs_keep(struct refs_user *user, struct labyrinth_owner *owner, struct page *page)
{
	if (xchg(&page->private, user->stamp))
		atomic_long_inc(&stress_result.doubled);
	refs_mark(page, user->stamp);
	WRITE_ONCE(refs_seen[refs_random(user, REFS_SEEN)], page);
	user->held[user->nr].page = page;
	user->held[user->nr++].owner = owner;
}

/* Check a page and remove it from the user's list. */
static struct page *refs_part(struct refs_user *user, unsigned int i)
{
	struct page *page = user->held[i].page;
	const unsigned long *words = page_address(page);

	if (page_private(page) != user->stamp || words[0] != user->stamp ||
	    words[PAGE_SIZE / sizeof(long) - 1] != user->stamp)
		atomic_long_inc(&stress_result.spoiled);
	refs_mark(page, 0);
	user->held[i] = user->held[--user->nr];
	return page;
}

static void refs_alloc(struct refs_user *user, struct labyrinth_owner *owner)
{
	struct page *page = labyrinth_alloc_page(owner);

	if (page)
		refs_keep(user, owner, page);
	else
		atomic_long_inc(&stress_result.refused);
}

static void refs_alloc_bulk(struct refs_user *user, struct labyrinth_owner *owner)
{
	unsigned int i, nr, wanted = min(REFS_BULK, REFS_HELD_MAX - user->nr);
	struct page *pages[REFS_BULK];

	nr = labyrinth_alloc_pages_bulk(owner, wanted, pages);
	if (nr < wanted)
		atomic_long_inc(&stress_result.refused);
	for (i = 0; i < nr; i++)
		refs_keep(user, owner, pages[i]);
}

static void refs_free(struct refs_user *user, unsigned int i)
{
	struct labyrinth_owner *owner = user->held[i].owner;
	int err = labyrinth_free_page(owner, refs_part(user, i));

	if (err)
		refs_error("free", err);
}

static void refs_free_bulk(struct refs_user *user, struct labyrinth_owner *owner)
{
	struct page *pages[REFS_BULK];
	unsigned int i, freed, nr = 0;

	for (i = user->nr; i-- && nr < REFS_BULK;)
		if (user->held[i].owner == owner)
			pages[nr++] = refs_part(user, i);
	freed = labyrinth_free_pages_bulk(owner, nr, pages);
	if (freed != nr)
		refs_error("free of several", freed);
}

static void refs_transfer(struct refs_user *user, unsigned int i)
{
	struct labyrinth_owner *from = user->held[i].owner;
	struct labyrinth_owner *to = refs_owners[from == refs_owners[0]];
	int err = labyrinth_transfer_page(from, to, user->held[i].page);

	if (err)
		refs_error("transfer", err);
	else
		user->held[i].owner = to;
}

static void refs_release(struct refs_user *user, unsigned int i)
{
	struct labyrinth_owner *owner = user->held[i].owner;
	struct page *page = refs_part(user, i);
	int err = labyrinth_release_page(owner, page);

	if (err)
		refs_error("release", err);
	else
		put_page(page);
}

static void refs_ask(struct refs_user *user, unsigned int i)
{
	int err = labyrinth_check_page(user->held[i].owner, user->held[i].page);
	struct labyrinth_page_info info;

	if (err == -EBUSY)
		user->met++;
	else if (err)
		refs_error("check", err);
	err = labyrinth_query_page(user->held[i].page, &info);
	if (err || info.state != LABYRINTH_OWNED)
		refs_error("query", err);
}

static void refs_work(struct refs_user *user)
{
	struct labyrinth_owner *owner = refs_owners[refs_random(user, 2)];
	unsigned int what = refs_random(user, 10), i;

	if (!user->nr || (what < 4 && user->nr < REFS_HELD_MAX)) {
		if (what & 1)
			refs_alloc(user, owner);
		else
			refs_alloc_bulk(user, owner);
		return;
	}
	i = refs_random(user, user->nr);
	refs_ask(user, i);
	switch (what) {
	case 0 ... 5:
		refs_free(user, i);
		break;
	case 6:
		refs_free_bulk(user, owner);
		break;
	case 7:
		refs_release(user, i);
		break;
	default:
		refs_transfer(user, i);
	}
}

static bool refs_over(void)
{
	return time_after(jiffies, READ_ONCE(refs_until));
}

/* Reference any page in refs_seen. If it was released and put meanwhile, this put frees it. */
static void refs_look_up(void)
{
	unsigned int i, turns;

	while (!refs_over()) {
		for (i = 0; i < REFS_SEEN; i++) {
			struct page *page = READ_ONCE(refs_seen[i]);

			if (!page || !get_page_unless_zero(page))
				continue;
			refs_taken++;
			for (turns = 0; turns < 20; turns++)
				cpu_relax();
			put_page(page);
		}
		cond_resched();
	}
}

static void refs_thread(unsigned int cpu)
{
	struct refs_user *user = &refs_users[cpu];
	unsigned int i;

	stress_meet(stress_nr_cpus());
	if (cpu == stress_nr_cpus() - 1) {
		refs_look_up();
		return;
	}
	user->stamp = 0x57a30000 | cpu << 8 | 1;
	prandom_seed_state(&user->random, user->stamp);
	while (!refs_over()) {
		for (i = 0; i < 16; i++)
			refs_work(user);
		atomic_long_add(i, &stress_result.ops);
		cond_resched();
	}
	while (user->nr)
		refs_free(user, 0);
}

/* The whole budget is available again: no page that met a reference is still charged. */
static void refs_expect_budget(struct labyrinth_owner *owner)
{
	static struct page *pages[REFS_BUDGET_MAX];
	unsigned int nr = 0;

	while (nr < refs_budget &&
	       (pages[nr] = labyrinth_alloc_page(owner)))
		nr++;
	if (nr != refs_budget)
		refs_error("pages of the budget", nr);
	if (labyrinth_free_pages_bulk(owner, nr, pages) != nr)
		refs_error("free of all", nr);
}

static int refs_run(void)
{
	unsigned int cpu, users = stress_nr_cpus() - 1;
	unsigned long met = 0;
	int err;

	refs_budget = users * REFS_HELD_MAX + REFS_SPARE;
	refs_owners[0] = stress_owner("stress-refs-a", refs_budget, 0);
	refs_owners[1] = stress_owner("stress-refs-b", refs_budget, 0);
	err = PTR_ERR_OR_ZERO(refs_owners[0]) ?: PTR_ERR_OR_ZERO(refs_owners[1]) ?:
	      stress_on_each_cpu(refs_thread);
	for (cpu = 0; cpu < users; cpu++)
		met += refs_users[cpu].met;
	atomic_long_set(&stress_result.least, min(met, refs_taken));
	pr_info("references: %lu taken, %lu met\n", refs_taken, met);
	if (!err) {
		refs_expect_budget(refs_owners[0]);
		refs_expect_budget(refs_owners[1]);
	}
	stress_destroy(refs_owners[0]);
	stress_destroy(refs_owners[1]);
	return err;
}

/* @amount: milliseconds. */
int stress_references(unsigned long amount)
{
	long before = misuse_memory(), lost;
	int err;

	if (stress_nr_cpus() < 2)
		return -EOPNOTSUPP;
	memset(refs_users, 0, sizeof(refs_users));
	memset(refs_seen, 0, sizeof(refs_seen));
	refs_taken = 0;
	refs_until = jiffies + msecs_to_jiffies(amount);
	err = refs_run();
	lost = before - misuse_memory();
	pr_info("references: %ld pages less in the end\n", lost);
	if (lost > REFS_MEMORY)
		refs_error("lost pages", lost);
	return err;
}
