// SPDX-License-Identifier: GPL-2.0
/*
 * lab_stress - call labyrinth on many CPUs and in many contexts at once
 *
 * "PRESET AMOUNT" written to /sys/kernel/debug/labyrinth_stress/command runs a
 * preset; "answer" then has its counters, named as in struct stress_result.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>

#include "command.h"
#include "stress.h"

struct stress_result stress_result;

static struct stress_thread {
	void (*function)(unsigned int cpu);
	unsigned int cpu;
	atomic_t *running;
	struct completion *all_done;
} stress_threads[STRESS_CPUS_MAX];

/* Turns of waiting before a thread sleeps; more than a meeting of two threads needs. */
#define STRESS_SPINS	5000

/* The number of arrivals at meetings since the start of the run. */
static atomic_t stress_arrived;

/* CPUs 0 to this number - 1 take part; the CPU numbers of the test machines have no holes. */
unsigned int stress_nr_cpus(void)
{
	return min_t(unsigned int, num_online_cpus(), STRESS_CPUS_MAX);
}

void stress_meet(unsigned int parties)
{
	unsigned int mine = atomic_inc_return(&stress_arrived);
	unsigned int full = roundup(mine, parties);

	unsigned int turns = 0;

	while ((int)(atomic_read(&stress_arrived) - full) < 0) {
		cpu_relax();
		/* A virtual CPU that waits long should yield the real CPU to the others. */
		if (++turns % STRESS_SPINS == 0)
			usleep_range(20, 50);
	}
}

static int stress_thread_run(void *data)
{
	struct stress_thread *thread = data;

	thread->function(thread->cpu);
	if (atomic_dec_and_test(thread->running))
		complete(thread->all_done);
	return 0;
}

int stress_on_each_cpu(void (*function)(unsigned int cpu))
{
	DECLARE_COMPLETION_ONSTACK(all_done);
	struct task_struct *tasks[STRESS_CPUS_MAX];
	unsigned int cpu, nr = stress_nr_cpus();
	atomic_t running = ATOMIC_INIT(nr);

	atomic_set(&stress_arrived, 0);
	for (cpu = 0; cpu < nr; cpu++) {
		stress_threads[cpu] = (struct stress_thread){ function, cpu, &running, &all_done };
		tasks[cpu] = kthread_create(stress_thread_run, &stress_threads[cpu],
					    "lab_stress/%u", cpu);
		if (IS_ERR(tasks[cpu]))
			break;
		kthread_bind(tasks[cpu], cpu);
	}
	if (cpu < nr) {
		/* Start none: threads would wait forever for the missing ones. */
		while (cpu--)
			kthread_stop(tasks[cpu]);
		return -ENOMEM;
	}
	for (cpu = 0; cpu < nr; cpu++)
		wake_up_process(tasks[cpu]);
	wait_for_completion(&all_done);
	return 0;
}

struct labyrinth_owner *stress_owner(const char *name, unsigned int budget, unsigned int stock)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .stock = stock, .nid = NUMA_NO_NODE,
	});
}

void stress_destroy(struct labyrinth_owner *owner)
{
	atomic_long_add(labyrinth_owner_destroy(owner), &stress_result.out);
}

static const struct {
	const char *name;
	int (*run)(unsigned long amount);
} stress_presets[] = {
	{ "mix",		stress_mix },
	{ "steal",		stress_steal },
	{ "exact",		stress_exact },
	{ "never_refused",	stress_never_refused },
	{ "double_free",	stress_double_free },
	{ "pingpong",		stress_pingpong },
	{ "references",		stress_references },
};

static void stress_run(unsigned int preset, unsigned long amount)
{
	const struct stress_result *r = &stress_result;
	ktime_t start = ktime_get();
	int err;

	memset(&stress_result, 0, sizeof(stress_result));
	err = stress_presets[preset].run(amount);
	lab_answer("%s ops=%ld least=%ld refused=%ld", lab_errno_name(err),
		   atomic_long_read(&r->ops), atomic_long_read(&r->least),
		   atomic_long_read(&r->refused));
	lab_answer(" doubled=%ld spoiled=%ld over=%ld errors=%ld out=%ld ms=%lld",
		   atomic_long_read(&r->doubled), atomic_long_read(&r->spoiled),
		   atomic_long_read(&r->over), atomic_long_read(&r->errors),
		   atomic_long_read(&r->out), ktime_ms_delta(ktime_get(), start));
	pr_info("%s: %s\n", stress_presets[preset].name, lab_command.answer);
}

static void stress_command(char *line)
{
	char *name = strsep(&line, " ");
	unsigned long amount;
	unsigned int i;

	if (!line || kstrtoul(line, 0, &amount)) {
		lab_answer("impossible");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(stress_presets); i++)
		if (!strcmp(name, stress_presets[i].name)) {
			stress_run(i, amount);
			return;
		}
	lab_answer("unknown-preset");
}

static int __init stress_init(void)
{
	lab_command_init("labyrinth_stress", stress_command);
	return 0;
}

static void __exit stress_exit(void)
{
	lab_command_exit();
}

module_init(stress_init);
module_exit(stress_exit);

MODULE_DESCRIPTION("labyrinth test: many CPUs and contexts at once");
MODULE_LICENSE("GPL");
