/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads as CPUs: a thread that has become a CPU is pinned to one of the machine's, and reaches
 * the per-CPU variables of kernel code through %gs. Only such a thread may call kernel code.
 */
#ifndef _LABYRINTH_TESTS_NATIVE_CPU_H
#define _LABYRINTH_TESTS_NATIVE_CPU_H

/* CPUs of the machine that this process may use. */
unsigned int cpu_count(void);

/* The calling thread is CPU @cpu from now on. CPUs beyond the machine's share those it has. */
void cpu_become(unsigned int cpu);

/*
 * Call @work as CPUs 0 to @nr - 1 at once, and wait for all. The caller is CPU 0, the others are
 * threads of their own. No call starts before all can start.
 */
void cpu_run(unsigned int nr, void (*work)(unsigned int cpu, void *arg), void *arg);

/* Call @work as CPU 0 in a process of its own, and wait for it. It must not fail. */
void cpu_in_process(void (*work)(unsigned long arg), unsigned long arg);

/* torture_main.c: "native torture OPERATIONS [SEED]" */
int torture_main(int argc, char **argv);

static inline unsigned long ticks(void)
{
	return __builtin_ia32_rdtsc();
}

#endif /* _LABYRINTH_TESTS_NATIVE_CPU_H */
