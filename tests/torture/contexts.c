// SPDX-License-Identifier: GPL-2.0
/*
 * The users: threads that move between all CPUs, and a hard timer, a tasklet and
 * NMIs for each CPU. When a CPU goes offline, its timer's and NMI's users stop and
 * free all pages; a tasklet moves to another CPU.
 */
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "torture.h"

#define LT_BURST_TASK	32
#define LT_BURST_ATOMIC	12
#define LT_TIMER_NS	(100 * NSEC_PER_USEC)
#define LT_TIMER_REST	2	/* a timer rests at least this many times its runtime */
#define LT_TURNS_HERE	64	/* bursts until a thread moves to another CPU */

/* In this order: threads, timers, tasklets, NMIs; the last three by CPU. */
struct lt_user *lt_users;
unsigned int lt_nr_users;
static unsigned int lt_nr_threads, lt_nr_cpus;
atomic_long_t lt_hotplugs;

static struct lt_cpu {
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	struct lt_user *in_timer, *in_tasklet, *in_nmi;
} lt_cpus[LT_CPUS_MAX];

static struct task_struct *lt_threads[LT_CPUS_MAX * 2];
static int lt_hotplug_state;
static DEFINE_RAW_SPINLOCK(lt_raw_lock);

static enum hrtimer_restart lt_timer(struct hrtimer *timer)
{
	struct lt_cpu *cpu = container_of(timer, struct lt_cpu, timer);
	ktime_t start = ktime_get();
	u64 spent;

	lt_work(cpu->in_timer, LT_HARDIRQ, LT_BURST_ATOMIC);
	if (prandom_u32_state(&cpu->in_timer->random) & 1)
		tasklet_schedule(&cpu->tasklet);
	spent = ktime_to_ns(ktime_sub(ktime_get(), start));
	/* Leave time for tasks on a slow machine. */
	hrtimer_forward_now(timer, ns_to_ktime(LT_TIMER_NS + LT_TIMER_REST * spent));
	return lt_stopping() ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

static void lt_tasklet(struct tasklet_struct *tasklet)
{
	struct lt_cpu *cpu = container_of(tasklet, struct lt_cpu, tasklet);

	lt_work(cpu->in_tasklet, LT_SOFTIRQ, LT_BURST_ATOMIC);
}

static int lt_cpu_comes(unsigned int nr)
{
	if (nr >= lt_nr_cpus)
		return 0;
	atomic_long_inc(&lt_hotplugs);
	hrtimer_start(&lt_cpus[nr].timer, ns_to_ktime(LT_TIMER_NS), HRTIMER_MODE_REL_PINNED_HARD);
	return 0;
}

static int lt_cpu_goes(unsigned int nr)
{
	if (nr >= lt_nr_cpus)
		return 0;
	atomic_long_inc(&lt_hotplugs);
	hrtimer_cancel(&lt_cpus[nr].timer);
	/* No NMI is pending: see lt_nmi_send(). */
	lt_give_all(lt_cpus[nr].in_timer);
	lt_give_all(lt_cpus[nr].in_nmi);
	return 0;
}

/* One burst, in a context that a task can enter by itself. */
static void lt_thread_turn(struct lt_user *user)
{
	unsigned long flags;

	switch (prandom_u32_state(&user->random) % 8) {
	case 0:
		raw_spin_lock_irqsave(&lt_raw_lock, flags);
		lt_work(user, LT_RAW, LT_BURST_ATOMIC);
		raw_spin_unlock_irqrestore(&lt_raw_lock, flags);
		break;
	case 1:
		local_irq_save(flags);
		lt_work(user, LT_IRQSOFF, LT_BURST_ATOMIC);
		local_irq_restore(flags);
		break;
	default:
		lt_work(user, LT_TASK, LT_BURST_TASK);
		break;
	}
}

/* Move to another CPU without staying bound to it: it may go offline. */
static void lt_thread_hop(struct lt_user *user)
{
	unsigned int cpu = prandom_u32_state(&user->random) % lt_nr_cpus;

	if (cpu_online(cpu))
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static int lt_thread(void *data)
{
	struct lt_user *user = data;
	unsigned int turn = 0;

	while (!kthread_should_stop()) {
		if (lt_stopping()) {
			schedule_timeout_uninterruptible(1);
			continue;
		}
		lt_thread_turn(user);
		lt_race_second(user);
		if (++turn % LT_TURNS_HERE == 0)
			lt_thread_hop(user);
		cond_resched();
	}
	return 0;
}

static int lt_user_init(unsigned int nr)
{
	struct lt_user *user = &lt_users[nr];

	user->nr = nr;
	prandom_seed_state(&user->random, lt_seed * 1000003 + nr);
	user->plain = alloc_page(GFP_KERNEL);
	return user->plain ? lt_owners_create_private(user) : -ENOMEM;
}

/* Allocate all that the users need, and create their private owners. */
int lt_users_init(unsigned int nr_threads)
{
	unsigned int i;
	int err = 0;

	lt_nr_cpus = min_t(unsigned int, nr_cpu_ids, LT_CPUS_MAX);
	lt_nr_threads = clamp_t(unsigned int, nr_threads ?: num_online_cpus(), 1,
				ARRAY_SIZE(lt_threads));
	lt_users = kvcalloc(lt_nr_threads + 3 * lt_nr_cpus, sizeof(*lt_users), GFP_KERNEL);
	if (!lt_users)
		return -ENOMEM;
	lt_nr_users = lt_nr_threads + 3 * lt_nr_cpus;
	for (i = 0; i < lt_nr_users && !err; i++)
		err = lt_user_init(i);
	for (i = 0; i < lt_nr_cpus; i++) {
		struct lt_cpu *cpu = &lt_cpus[i];

		cpu->in_timer = &lt_users[lt_nr_threads + i];
		cpu->in_tasklet = cpu->in_timer + lt_nr_cpus;
		cpu->in_nmi = cpu->in_tasklet + lt_nr_cpus;
		tasklet_setup(&cpu->tasklet, lt_tasklet);
		lab_compat_hrtimer_setup(&cpu->timer, lt_timer, HRTIMER_MODE_REL_PINNED_HARD);
	}
	return err;
}

int lt_users_start(void)
{
	unsigned int i;
	int err;

	lt_hotplug_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "labyrinth/torture:online",
					     lt_cpu_comes, lt_cpu_goes);
	if (lt_hotplug_state < 0)
		return lt_hotplug_state;
	for (i = 0; i < lt_nr_threads; i++) {
		lt_threads[i] = kthread_run(lt_thread, &lt_users[i], "torture/%u", i);
		if (IS_ERR(lt_threads[i]))
			return PTR_ERR(lt_threads[i]);
	}
	err = lt_nmi ? lt_nmi_start(lt_cpus[0].in_nmi) : 0;
	return err;
}

/* Stop all users; they have freed all pages on return. lt_stopping() must be true. */
void lt_users_stop(void)
{
	unsigned int i;

	lt_nmi_stop();
	for (i = 0; i < lt_nr_threads; i++)
		if (!IS_ERR_OR_NULL(lt_threads[i]))
			kthread_stop(lt_threads[i]);
	if (lt_hotplug_state > 0)
		cpuhp_remove_state(lt_hotplug_state);
	for (i = 0; i < lt_nr_cpus; i++)
		if (lt_cpus[i].in_tasklet)
			tasklet_kill(&lt_cpus[i].tasklet);
	for (i = 0; i < lt_nr_users; i++)
		lt_give_all(&lt_users[i]);
}

void lt_users_exit(void)
{
	unsigned int i;

	for (i = 0; i < lt_nr_users; i++)
		if (lt_users[i].plain)
			__free_page(lt_users[i].plain);
	lt_nr_users = 0;
	kvfree(lt_users);
	lt_users = NULL;
}
