/* SPDX-License-Identifier: GPL-2.0 */
/* Many CPUs and contexts at once. See stress.c. */
#ifndef _LAB_STRESS_H
#define _LAB_STRESS_H

#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/sched.h>

/* What a run has counted. What follows @refused must stay 0. */
struct stress_result {
	atomic_long_t ops;		/* calls, rounds or transfers */
	atomic_long_t least;		/* calls of the idlest user, of those in all contexts */
	atomic_long_t refused;
	atomic_long_t doubled;		/* pages handed out while somebody had them */
	atomic_long_t spoiled;		/* stamps that somebody overwrote */
	atomic_long_t over;		/* times more was out than the budget */
	atomic_long_t errors;		/* calls that gave an answer they must not */
	atomic_long_t out;		/* pages out when the owner was destroyed */
};

extern struct stress_result stress_result;

#define STRESS_CPUS_MAX		8

/* Start @function(@cpu) in a task on each CPU, and wait until all have ended. */
int stress_on_each_cpu(void (*function)(unsigned int cpu));
unsigned int stress_nr_cpus(void);

/* @parties threads of a run wait here for each other. */
void stress_meet(unsigned int parties);

struct labyrinth_owner *stress_owner(const char *name, unsigned int budget, unsigned int stock);
void stress_destroy(struct labyrinth_owner *owner);

/* Presets; @amount is how much to do. They answer through stress_result. */
int stress_mix(unsigned long amount);
int stress_steal(unsigned long amount);
int stress_exact(unsigned long amount);
int stress_never_refused(unsigned long amount);
int stress_double_free(unsigned long amount);
int stress_pingpong(unsigned long amount);
int stress_references(unsigned long amount);

#endif /* _LAB_STRESS_H */
