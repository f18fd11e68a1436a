// SPDX-License-Identifier: GPL-2.0
/*
 * The program of the torture: threads are CPUs, timers send signals to them, and signals are
 * interrupts and NMIs. See torture.c for what they do.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cpu.h"
#include "native.h"

#define SIG_IRQ		SIGUSR1
#define SIG_NMI		SIGUSR2
/* Until the next signal, in nanoseconds. */
#define LEAST		5000
#define SPREAD		40000
#define STUCK_SECONDS	20

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id	_sigev_un._tid
#endif

struct timers {
	timer_t irq, nmi;
	unsigned int random;
};

static struct timers all_timers[NATIVE_CPUS];
static unsigned long operations, seed;
static struct timespec begun;
static int nr_results, nr_failed;

static void result(int good, const char *what)
{
	nr_failed += !good;
	printf("%s %d %s\n", good ? "ok" : "not ok", ++nr_results, what);
}

/* ---- signals */

static void arm(timer_t timer, unsigned int *random)
{
	struct itimerspec spec = {};

	*random = *random * 1664525 + 1013904223;
	spec.it_value.tv_nsec = LEAST + (*random >> 8) % SPREAD;
	timer_settime(timer, 0, &spec, NULL);
}

static void handle(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;
	struct timers *mine = info->si_value.sival_ptr;

	/* Before the work: an interrupt may come while a softirq is served. */
	arm(sig == SIG_IRQ ? mine->irq : mine->nmi, &mine->random);
	native_interrupt(interrupted->uc_mcontext.gregs[REG_RIP], sig == SIG_NMI);
}

static void install_handlers(void)
{
	struct sigaction irq = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER,
	};
	struct sigaction nmi = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART,
	};

	/* A handler of the first may be interrupted by both, one of the second by none. */
	sigaddset(&nmi.sa_mask, SIG_IRQ);
	sigaction(SIG_IRQ, &irq, NULL);
	sigaction(SIG_NMI, &nmi, NULL);
}

static timer_t new_timer(int sig, struct timers *timers)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = sig };
	timer_t timer;

	event.sigev_value.sival_ptr = timers;
	event.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &timer)) {
		perror("timer_create");
		exit(1);
	}
	return timer;
}

/* ---- the run */

static void report(void)
{
	struct native_interrupts interrupts = {};
	struct native_counts counts = {};
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = now.tv_sec - begun.tv_sec + (now.tv_nsec - begun.tv_nsec) / 1e9;
	native_torture_counts(&counts);
	native_interrupt_counts(&interrupts);
	printf("# %lu calls in %.1f s, %.2f million a second\n", counts.calls, seconds,
	       counts.calls / seconds / 1e6);
	printf("# %lu pages taken, %lu of them last by another CPU; %lu refusals\n", counts.pages,
	       counts.from_others, counts.refused);
	printf("# %lu interrupts, %lu softirqs, %lu NMIs, %lu of them in labyrinth; %lu held off\n",
	       interrupts.irqs, interrupts.softirqs, interrupts.nmis, interrupts.in_call,
	       interrupts.held_off);
	printf("# %lu duels, %lu references by strangers\n", counts.duels, counts.strangers);
	printf("# %lu owners destroyed while used, with %lu pages out\n", counts.mortals,
	       counts.orphans);
}

static void fail_now(const char *what)
{
	const struct native_fault *fault = native_torture_fault();

	if (fault)
		printf("# %s: %s: %ld instead of %ld\n", fault->owner, fault->what, fault->got,
		       fault->wanted);
	report();
	result(0, what);
	fflush(stdout);
	_exit(1);
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *interrupted = context;

	printf("# signal %d at %#llx, address %p\n", sig,
	       (unsigned long long)interrupted->uc_mcontext.gregs[REG_RIP], info->si_addr);
	fail_now("no crash");
}

static void on_key(int sig)
{
	native_torture_stop();
}

static void install_ends(void)
{
	struct sigaction crashed = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO };
	struct sigaction key = { .sa_handler = on_key };

	sigaction(SIGSEGV, &crashed, NULL);
	sigaction(SIGBUS, &crashed, NULL);
	sigaction(SIGILL, &crashed, NULL);
	sigaction(SIGINT, &key, NULL);
}

/* No CPU: watches that the CPUs make calls. */
static void *watch(void *arg)
{
	unsigned long last = 0;

	for (;;) {
		struct native_counts counts = {};

		sleep(STUCK_SECONDS);
		native_torture_counts(&counts);
		if (counts.calls == last)
			fail_now("no call hangs");
		last = counts.calls;
	}
	return NULL;
}

static void torture(unsigned int cpu, void *arg)
{
	struct timers *mine = &all_timers[cpu];

	mine->random = seed * 977 + cpu;
	mine->irq = new_timer(SIG_IRQ, mine);
	mine->nmi = new_timer(SIG_NMI, mine);
	arm(mine->irq, &mine->random);
	arm(mine->nmi, &mine->random);
	native_torture(operations);
	timer_delete(mine->irq);
	timer_delete(mine->nmi);
}

int torture_main(int argc, char **argv)
{
	struct native_interrupts interrupts = {};
	const struct native_fault *fault;
	pthread_t watcher;

	operations = argc > 1 ? strtod(argv[1], NULL) : 2e7;
	seed = argc > 2 ? strtoul(argv[2], NULL, 0) : (unsigned long)time(NULL);
	printf("KTAP version 1\n1..4\n# %lu calls by %u CPUs on %u of the machine, seed %lu\n",
	       operations, NATIVE_CPUS, cpu_count(), seed);
	native_boot(NATIVE_CPUS);
	cpu_become(0);
	if (native_torture_boot(NATIVE_CPUS, seed)) {
		printf("Bail out! owners cannot be created\n");
		return 1;
	}
	install_handlers();
	install_ends();
	clock_gettime(CLOCK_MONOTONIC, &begun);
	pthread_create(&watcher, NULL, watch, NULL);
	cpu_run(NATIVE_CPUS, torture, NULL);
	fault = native_torture_fault();
	if (fault)
		fail_now("books and results agree");
	report();
	result(1, "books and results agree");
	result(1, "no call hangs, or crashes");
	native_interrupt_counts(&interrupts);
	result(interrupts.irqs && interrupts.nmis && interrupts.in_call,
	       "interrupts and NMIs came in calls");
	native_torture_end();
	fault = native_torture_fault();
	if (fault)
		printf("# %s: %s: %ld instead of %ld\n", fault->owner, fault->what, fault->got,
		       fault->wanted);
	result(!fault, "owners are destroyed, and all pages are back");
	return nr_failed != 0;
}
