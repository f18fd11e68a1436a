// SPDX-License-Identifier: GPL-2.0
/*
 * Threads as CPUs, see cpu.h.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"
#include "native.h"

/* As at the start: a thread that is pinned to one CPU does not see the others. */
static cpu_set_t allowed;

static void __attribute__((constructor)) find_cpus(void)
{
	if (sched_getaffinity(0, sizeof(allowed), &allowed)) {
		perror("sched_getaffinity");
		exit(1);
	}
}

unsigned int cpu_count(void)
{
	return CPU_COUNT(&allowed);
}

static int nth_allowed(unsigned int nr)
{
	int cpu = 0;

	for (;; cpu++)
		if (CPU_ISSET(cpu, &allowed) && !nr--)
			return cpu;
}

static cpu_set_t set_of(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(nth_allowed(cpu % cpu_count()), &set);
	return set;
}

void cpu_become(unsigned int cpu)
{
	cpu_set_t set = set_of(cpu);

	if (cpu >= NATIVE_CPUS || sched_setaffinity(0, sizeof(set), &set) ||
	    syscall(SYS_arch_prctl, ARCH_SET_GS, native_cpu_base(cpu))) {
		fprintf(stderr, "native: a thread cannot become CPU %u\n", cpu);
		exit(1);
	}
}

/* ---- several at once */

struct run {
	void (*work)(unsigned int cpu, void *arg);
	void *arg;
	unsigned int nr, nr_ready;
};

struct start {
	struct run *run;
	unsigned int cpu;
};

static void start_together(struct run *run, unsigned int cpu)
{
	__atomic_add_fetch(&run->nr_ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&run->nr_ready, __ATOMIC_ACQUIRE) < run->nr)
		if (run->nr > cpu_count())
			sched_yield();
		else
			__builtin_ia32_pause();
	run->work(cpu, run->arg);
}

static void *run_thread(void *arg)
{
	struct start *start = arg;

	cpu_become(start->cpu);
	start_together(start->run, start->cpu);
	return NULL;
}

/* It starts there: on the CPU of its creator, which waits for it, it would have to wait itself. */
static int start_on(unsigned int cpu, pthread_t *thread, struct start *start)
{
	cpu_set_t set = set_of(cpu);
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	err = pthread_attr_setaffinity_np(&attr, sizeof(set), &set) ?:
	      pthread_create(thread, &attr, run_thread, start);
	pthread_attr_destroy(&attr);
	return err;
}

void cpu_run(unsigned int nr, void (*work)(unsigned int cpu, void *arg), void *arg)
{
	struct run run = { .work = work, .arg = arg, .nr = nr };
	struct start starts[NATIVE_CPUS];
	pthread_t threads[NATIVE_CPUS];
	unsigned int cpu;

	for (cpu = 1; cpu < nr; cpu++) {
		starts[cpu] = (struct start){ .run = &run, .cpu = cpu };
		if (start_on(cpu, &threads[cpu], &starts[cpu])) {
			fprintf(stderr, "native: no thread for CPU %u\n", cpu);
			exit(1);
		}
	}
	start_together(&run, 0);
	for (cpu = 1; cpu < nr; cpu++)
		pthread_join(threads[cpu], NULL);
}

void cpu_in_process(void (*work)(unsigned long arg), unsigned long arg)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (!child) {
		cpu_become(0);
		work(arg);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "native: a process of its own failed\n");
		exit(1);
	}
}
