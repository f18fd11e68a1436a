// SPDX-License-Identifier: GPL-2.0
/* Races of several CPUs for one page, and for the last pages of a budget. */
#include <linux/prandom.h>

#include "stress.h"

static unsigned long race_rounds;
static struct labyrinth_owner *race_owners[3];

static int race_create(unsigned int nr, unsigned int budget, unsigned int stock)
{
	static const char * const names[] = { "stress-a", "stress-b", "stress-c" };
	unsigned int i;

	for (i = 0; i < nr; i++) {
		race_owners[i] = stress_owner(names[i], budget, stock);
		if (IS_ERR(race_owners[i])) {
			int err = PTR_ERR(race_owners[i]);

			while (i--)
				stress_destroy(race_owners[i]);
			return err;
		}
	}
	return 0;
}

static void race_destroy(unsigned int nr)
{
	while (nr--)
		stress_destroy(race_owners[nr]);
}

static void race_expect(bool right)
{
	if (!right)
		atomic_long_inc(&stress_result.errors);
}

/*
 * exact: all CPUs allocate page by page from a budget of 4. Together they get exactly 4
 * pages in each round, whichever CPUs freed the pages in the round before.
 */
#define EXACT_BUDGET	4

static atomic_t exact_got;

static void exact_thread(unsigned int cpu)
{
	unsigned int parties = stress_nr_cpus();
	struct page *pages[EXACT_BUDGET + 1];
	unsigned long round;

	for (round = 0; round < race_rounds; round++) {
		unsigned int nr = 0;

		stress_meet(parties);
		/* In each round another CPU allocates none, so that the others need its pages. */
		while (nr <= EXACT_BUDGET && cpu != round % (parties + 1)) {
			pages[nr] = labyrinth_alloc_page(race_owners[0]);
			if (!pages[nr])
				break;
			nr++;
		}
		atomic_add(nr, &exact_got);
		stress_meet(parties);
		if (!cpu) {
			int got = atomic_xchg(&exact_got, 0);

			race_expect(got == EXACT_BUDGET);
			if (got > EXACT_BUDGET)
				atomic_long_inc(&stress_result.over);
			atomic_long_inc(&stress_result.ops);
		}
		stress_meet(parties);
		while (nr)
			race_expect(!labyrinth_free_page(race_owners[0], pages[--nr]));
	}
}

int stress_exact(unsigned long amount)
{
	int err = race_create(1, EXACT_BUDGET, 0);

	if (err)
		return err;
	race_rounds = amount;
	err = stress_on_each_cpu(exact_thread);
	race_destroy(1);
	return err;
}

/*
 * double_free: two CPUs end the ownership of one page at once, one by free, the
 * other by free, release or transfer. Exactly one of them may succeed.
 */
static struct page *double_page;
static int double_results[2];

static int double_second(unsigned long round)
{
	switch (round % 3) {
	case 0:
		return labyrinth_free_page(race_owners[0], double_page);
	case 1:
		return labyrinth_release_page(race_owners[0], double_page);
	default:
		return labyrinth_transfer_page(race_owners[0], race_owners[1], double_page);
	}
}

static bool double_loser(int result)
{
	return result == -EALREADY || result == -ENOENT || result == -EPERM;
}

static void double_judge(unsigned long round)
{
	bool first = !double_results[0], second = !double_results[1];

	atomic_long_inc(&stress_result.ops);
	if (first && second)
		atomic_long_inc(&stress_result.doubled);
	race_expect(first || second);
	race_expect(first || double_loser(double_results[0]));
	race_expect(second || double_loser(double_results[1]));
	if (!second)
		return;
	if (round % 3 == 1)
		put_page(double_page);
	else if (round % 3 == 2)
		race_expect(!labyrinth_free_page(race_owners[1], double_page));
}

static void double_thread(unsigned int cpu)
{
	unsigned long round;

	if (cpu > 1)
		return;
	for (round = 0; round < race_rounds; round++) {
		if (!cpu)
			double_page =
				labyrinth_alloc_page(race_owners[0]);
		stress_meet(2);
		if (!double_page) {
			race_expect(cpu);
			return;
		}
		if (cpu)
			double_results[1] = double_second(round);
		else
			double_results[0] = labyrinth_free_page(race_owners[0], double_page);
		stress_meet(2);
		if (!cpu)
			double_judge(round);
	}
}

int stress_double_free(unsigned long amount)
{
	int err = race_create(2, 4, 0);

	if (err)
		return err;
	race_rounds = amount;
	err = stress_on_each_cpu(double_thread);
	race_destroy(2);
	return err;
}

/*
 * pingpong: several CPUs transfer each page between owners and query it meanwhile. A page
 * always has exactly one owner, which is one of these.
 */
#define PINGPONG_PAGES	8
#define PINGPONG_BUDGET	(PINGPONG_PAGES + STRESS_CPUS_MAX)

static struct page *pingpong_pages[PINGPONG_PAGES];

static void pingpong_transfer(struct rnd_state *random, struct page *page)
{
	unsigned int from = prandom_u32_state(random) % ARRAY_SIZE(race_owners);
	unsigned int to = (from + 1) % ARRAY_SIZE(race_owners);
	int err = labyrinth_check_page(race_owners[from], page);

	race_expect(!err || err == -EPERM);
	if (err)
		return;
	/* Another CPU may have transferred the page first. */
	err = labyrinth_transfer_page(race_owners[from], race_owners[to], page);
	race_expect(!err || err == -EPERM || err == -EALREADY);
	if (!err)
		atomic_long_inc(&stress_result.ops);
}

static void pingpong_ask(struct page *page)
{
	struct labyrinth_page_info info;
	int err = labyrinth_query_page(page, &info);

	race_expect(!err);
	if (err)
		return;
	race_expect(!strncmp(info.owner, "stress-", 7));
	race_expect(info.state == LABYRINTH_OWNED);
}

static void pingpong_thread(unsigned int cpu)
{
	struct rnd_state random;

	prandom_seed_state(&random, cpu + 1);
	stress_meet(stress_nr_cpus());
	while (atomic_long_read(&stress_result.ops) < race_rounds) {
		struct page *page = pingpong_pages[prandom_u32_state(&random) % PINGPONG_PAGES];

		pingpong_transfer(&random, page);
		pingpong_ask(page);
		cond_resched();
	}
}

/* Afterwards each page has exactly one owner. */
static void pingpong_end(struct page *page)
{
	unsigned int i, owners = 0;

	for (i = 0; i < ARRAY_SIZE(race_owners); i++) {
		if (labyrinth_check_page(race_owners[i], page))
			continue;
		owners++;
		race_expect(!labyrinth_free_page(race_owners[i], page));
	}
	if (owners > 1)
		atomic_long_inc(&stress_result.doubled);
	race_expect(owners == 1);
}

int stress_pingpong(unsigned long amount)
{
	int err = race_create(ARRAY_SIZE(race_owners), PINGPONG_BUDGET, 0);
	unsigned int i, nr;

	if (err)
		return err;
	race_rounds = amount;
	nr = labyrinth_alloc_pages_bulk(race_owners[0], PINGPONG_PAGES, pingpong_pages);
	race_expect(nr == PINGPONG_PAGES);
	if (nr == PINGPONG_PAGES)
		err = stress_on_each_cpu(pingpong_thread);
	for (i = 0; i < nr; i++)
		pingpong_end(pingpong_pages[i]);
	race_destroy(ARRAY_SIZE(race_owners));
	return err;
}
