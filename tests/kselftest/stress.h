/* SPDX-License-Identifier: GPL-2.0 */
/* Many CPUs and contexts at once. See stress.c. */
#ifndef _LAB_STRESS_H
#define _LAB_STRESS_H

#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/sched.h>

/* Counters of a run. Those after @refused must stay 0. */
struct stress_result {
	atomic_long_t ops;		/* calls, rounds or transfers */
	atomic_long_t least;		/* calls of the user that made fewest */
	atomic_long_t refused;
	atomic_long_t doubled;		/* pages handed out twice */
	atomic_long_t spoiled;		/* stamps overwritten by another user */
	atomic_long_t over;		/* times that more pages were owned than the budget */
	atomic_long_t errors;		/* calls with a wrong result */
	atomic_long_t out;		/* pages still owned at destroy */
};

extern struct stress_result stress_result;

#define STRESS_CPUS_MAX		8

/* Run @function(@cpu) in a task on each CPU, and wait until all tasks have ended. */
int stress_on_each_cpu(void (*function)(unsigned int cpu));
unsigned int stress_nr_cpus(void);

/* Wait until @parties threads of a run have arrived here. */
void stress_meet(unsigned int parties);

struct labyrinth_owner *stress_owner(const char *name, unsigned int budget, unsigned int stock);
void stress_destroy(struct labyrinth_owner *owner);

/* Presets; @amount is the amount of work. Results are in stress_result. */
int stress_mix(unsigned long amount);
int stress_steal(unsigned long amount);
int stress_exact(unsigned long amount);
int stress_never_refused(unsigned long amount);
int stress_double_free(unsigned long amount);
int stress_pingpong(unsigned long amount);
int stress_references(unsigned long amount);

#endif /* _LAB_STRESS_H */
