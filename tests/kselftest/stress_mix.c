// SPDX-License-Identifier: GPL-2.0
/*
 * Task, softirq and hard interrupt of every CPU allocate and free pages of one owner at
 * once. Each stamps its pages and keeps its own list of them.
 */
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/prandom.h>

#include "compat.h"
#include "stress.h"

#define MIX_BUDGET		300
#define MIX_BUDGET_SMALL	8
#define MIX_HELD_MAX		40
#define MIX_BURST		16	/* operations of an interrupt */
#define MIX_TIMER_NS		(100 * NSEC_PER_USEC)

enum mix_context { MIX_TASK, MIX_SOFTIRQ, MIX_HARDIRQ, MIX_NR_CONTEXTS };

/* One user: the pages that it holds, and its stamp for them. */
struct mix_user {
	struct page *held[MIX_HELD_MAX];
	unsigned int nr;
	unsigned long stamp;
	unsigned long ops;
	struct rnd_state random;
};

static struct mix_cpu {
	struct mix_user users[MIX_NR_CONTEXTS];
	struct tasklet_struct tasklet;
	struct hrtimer timer;
	bool stop;
} mix_cpus[STRESS_CPUS_MAX];

static struct labyrinth_owner *mix_owner;
static int mix_budget;
static unsigned long mix_ops;
static atomic_t mix_out;
static atomic_t mix_tokens;		/* pages that may still be allocated, if mix_limited */
static bool mix_limited;

static void mix_mark(struct page *page, unsigned long stamp)
{
	unsigned long *words = page_address(page);

	words[0] = stamp;
	words[PAGE_SIZE / sizeof(long) - 1] = stamp;
}

static bool mix_marked(struct page *page, unsigned long stamp)
{
	const unsigned long *words = page_address(page);

	return page_private(page) == stamp && words[0] == stamp &&
	       words[PAGE_SIZE / sizeof(long) - 1] == stamp;
}

static void mix_take(struct mix_user *user, bool task)
{
	struct page *page;

	if (mix_limited && atomic_dec_if_positive(&mix_tokens) < 0)
		return;
	page = labyrinth_alloc_page(mix_owner);
	if (!page) {
		atomic_long_inc(&stress_result.refused);
		/* Memory is plentiful, and a task may always call the page allocator. */
		if (mix_limited && task)
			atomic_long_inc(&stress_result.errors);
		if (mix_limited)
			atomic_inc(&mix_tokens);
		return;
	}
	/* Counted after alloc and until before free, so never more than the owned pages. */
	if (atomic_inc_return(&mix_out) > mix_budget)
		atomic_long_inc(&stress_result.over);
	if (xchg(&page->private, user->stamp))
		atomic_long_inc(&stress_result.doubled);
	mix_mark(page, user->stamp);
	user->held[user->nr++] = page;
}

static void mix_give(struct mix_user *user)
{
	unsigned int i = prandom_u32_state(&user->random) % user->nr;
	struct page *page = user->held[i];

	user->held[i] = user->held[--user->nr];
	if (!mix_marked(page, user->stamp))
		atomic_long_inc(&stress_result.spoiled);
	mix_mark(page, 0);
	set_page_private(page, 0);
	atomic_dec(&mix_out);
	if (labyrinth_free_page(mix_owner, page))
		atomic_long_inc(&stress_result.errors);
	if (mix_limited)
		atomic_inc(&mix_tokens);
}

static void mix_work(struct mix_user *user, unsigned int ops, bool task)
{
	user->ops += ops;
	atomic_long_add(ops, &stress_result.ops);
	while (ops--) {
		bool give = prandom_u32_state(&user->random) & 1;

		if (user->nr && (give || user->nr == MIX_HELD_MAX))
			mix_give(user);
		else
			mix_take(user, task);
	}
}

static void mix_tasklet(struct tasklet_struct *tasklet)
{
	struct mix_cpu *cpu = container_of(tasklet, struct mix_cpu, tasklet);

	mix_work(&cpu->users[MIX_SOFTIRQ], MIX_BURST, false);
}

static enum hrtimer_restart mix_timer(struct hrtimer *timer)
{
	struct mix_cpu *cpu = container_of(timer, struct mix_cpu, timer);

	mix_work(&cpu->users[MIX_HARDIRQ], MIX_BURST, false);
	if (READ_ONCE(cpu->stop))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(MIX_TIMER_NS));
	return HRTIMER_RESTART;
}

static void mix_end(struct mix_cpu *cpu)
{
	unsigned int i;

	WRITE_ONCE(cpu->stop, true);
	hrtimer_cancel(&cpu->timer);
	tasklet_kill(&cpu->tasklet);
	for (i = 0; i < MIX_NR_CONTEXTS; i++)
		while (cpu->users[i].nr)
			mix_give(&cpu->users[i]);
}

static void mix_thread(unsigned int nr)
{
	struct mix_cpu *cpu = &mix_cpus[nr];
	unsigned int i;

	cpu->stop = false;
	for (i = 0; i < MIX_NR_CONTEXTS; i++) {
		cpu->users[i].ops = 0;
		cpu->users[i].stamp = 0x57a30000 | nr << 8 | i << 4 | 1;
		prandom_seed_state(&cpu->users[i].random, cpu->users[i].stamp);
	}
	tasklet_setup(&cpu->tasklet, mix_tasklet);
	lab_compat_hrtimer_setup(&cpu->timer, mix_timer, HRTIMER_MODE_REL_PINNED_HARD);
	stress_meet(stress_nr_cpus());
	hrtimer_start(&cpu->timer, ns_to_ktime(MIX_TIMER_NS), HRTIMER_MODE_REL_PINNED_HARD);
	while (atomic_long_read(&stress_result.ops) < mix_ops) {
		mix_work(&cpu->users[MIX_TASK], MIX_BURST, true);
		tasklet_schedule(&cpu->tasklet);
		cond_resched();
	}
	mix_end(cpu);
}

/* Calls of the user that made fewest, over all CPUs and contexts. */
static unsigned long mix_least(void)
{
	unsigned long least = ULONG_MAX;
	unsigned int cpu, i;

	for (cpu = 0; cpu < stress_nr_cpus(); cpu++)
		for (i = 0; i < MIX_NR_CONTEXTS; i++)
			least = min(least, mix_cpus[cpu].users[i].ops);
	return least;
}

static int mix_run(unsigned long ops, int budget, unsigned int stock, int tokens)
{
	int err;

	mix_owner = stress_owner("stress-mix", budget, stock);
	if (IS_ERR(mix_owner))
		return PTR_ERR(mix_owner);
	mix_ops = ops;
	mix_budget = budget;
	atomic_set(&mix_out, 0);
	atomic_set(&mix_tokens, tokens);
	err = stress_on_each_cpu(mix_thread);
	atomic_long_set(&stress_result.least, mix_least());
	if (atomic_read(&mix_out))
		atomic_long_inc(&stress_result.errors);
	stress_destroy(mix_owner);
	return err;
}

/* The users may hold more than the budget: some calls are refused, and none exceeds it. */
int stress_mix(unsigned long amount)
{
	mix_limited = false;
	return mix_run(amount, MIX_BUDGET, 0, 0);
}

/* Few pages, so that all users steal them from other CPUs all the time. */
int stress_steal(unsigned long amount)
{
	mix_limited = false;
	return mix_run(amount, MIX_BUDGET_SMALL, 0, 0);
}

/* The users never hold more than the budget, and use it to the last page. */
int stress_never_refused(unsigned long amount)
{
	mix_limited = true;
	return mix_run(amount, MIX_BUDGET, MIX_BUDGET / 3, MIX_BUDGET);
}
