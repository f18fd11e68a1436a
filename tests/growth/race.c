// SPDX-License-Identifier: GPL-2.0
/* Pairs by one CPU or by two at once for some time: measures time, not instructions. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "growth.h"

#define RACE_THREADS	2
#define RACE_BATCH	64

/* About as long as a pair. */
#define RACE_TURNS	20

struct growth_racer {
	struct labyrinth_owner *owner;	/* NULL: run a loop instead */
	u64 turns;
	struct task_struct *task;
	struct completion done;
	unsigned long end;		/* jiffies */
	u64 pairs;
	bool failed;
} ____cacheline_aligned_in_smp;

static struct growth_racer racers[RACE_THREADS];
static atomic_t growth_waiting;

static bool growth_turn(struct growth_racer *r)
{
	unsigned int i;

	for (i = 0; i < RACE_TURNS; i++)
		if (cmpxchg(&r->turns, i, i + 1) != i)
			return false;
	WRITE_ONCE(r->turns, 0);
	return true;
}

static bool growth_race_pair(struct growth_racer *r)
{
	struct page *page;

	if (!r->owner)
		return growth_turn(r);
	page = growth_alloc(r->owner);
	return page && !growth_free(r->owner, page);
}

static int growth_run(void *data)
{
	struct growth_racer *r = data;
	unsigned int i;

	/* All start together when the last one is ready. */
	atomic_dec(&growth_waiting);
	while (atomic_read(&growth_waiting))
		cpu_relax();
	while (time_before(jiffies, r->end) && !r->failed) {
		for (i = 0; i < RACE_BATCH; i++)
			r->failed |= !growth_race_pair(r);
		r->pairs += RACE_BATCH;
		cond_resched();
	}
	complete(&r->done);
	return 0;
}

static int growth_racer_make(struct growth_racer *r, unsigned int cpu,
			     struct labyrinth_owner *owner)
{
	r->owner = owner;
	r->turns = 0;
	r->pairs = 0;
	r->failed = false;
	init_completion(&r->done);
	r->task = kthread_create_on_node(growth_run, r, cpu_to_node(cpu), "growth/%u", cpu);
	if (IS_ERR(r->task))
		return PTR_ERR(r->task);
	kthread_bind(r->task, cpu);
	return 0;
}

static int growth_race_of(unsigned int threads, struct labyrinth_owner *const owners[],
			  unsigned int ms, u64 *pairs)
{
	unsigned int i, made;
	int err = 0;

	for (made = 0; made < threads && !err; made += !err)
		err = growth_racer_make(&racers[made], made, owners[made]);
	if (err) {
		while (made)
			kthread_stop(racers[--made].task);
		return err;
	}
	atomic_set(&growth_waiting, threads);
	for (i = 0; i < threads; i++) {
		/* One tick more, because the start takes part of the first. */
		racers[i].end = jiffies + msecs_to_jiffies(ms) + 1;
		wake_up_process(racers[i].task);
	}
	*pairs = 0;
	for (i = 0; i < threads; i++) {
		wait_for_completion(&racers[i].done);
		*pairs += racers[i].pairs;
		if (racers[i].failed)
			err = -EIO;
	}
	return err;
}

/* Race on CPUs 0 to @threads - 1. */
int growth_race(unsigned int threads, enum growth_how how, unsigned int ms, u64 *pairs)
{
	struct labyrinth_owner *owners[RACE_THREADS] = {};
	unsigned int i, nr_owners;
	int err = 0;

	if (!threads || threads > RACE_THREADS || threads > num_online_cpus() ||
	    how >= GROWTH_NR_HOW)
		return -EINVAL;
	nr_owners = how == GROWTH_IDLE ? 0 : how == GROWTH_SHARED ? 1 : threads;
	for (i = 0; i < nr_owners && !err; i++) {
		owners[i] = growth_owner("race", i, RACE_BATCH);
		err = PTR_ERR_OR_ZERO(owners[i]);
	}
	for (; i < threads && how == GROWTH_SHARED; i++)
		owners[i] = owners[0];
	if (!err)
		err = growth_race_of(threads, owners, ms, pairs);
	for (i = 0; i < nr_owners; i++)
		labyrinth_owner_destroy(owners[i]);
	return err;
}
