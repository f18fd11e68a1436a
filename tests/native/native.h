/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the two halves of the process: one is compiled as kernel code, with the kernel's
 * headers, the other as a program, with the C library's. Both include this file, so it includes
 * nothing.
 */
#ifndef _LABYRINTH_TESTS_NATIVE_H
#define _LABYRINTH_TESTS_NATIVE_H

#define NATIVE_CPUS	4	/* per-CPU areas; the CPUs of a run are possible and online */
#define NATIVE_PAGES	(1UL << 21)

/* Kernel code keeps the stack aligned to 8 bytes only. */
#define NATIVE_ENTRY	__attribute__((force_align_arg_pointer, noinline))

/* ---- the program's, called by the kernel's half */

/* Zeroed memory, never freed. */
void *native_memory(unsigned long size, unsigned long align);
void native_yield(void);
void native_die(const char *what) __attribute__((noreturn));

/* ---- the kernel's half */

struct native_case {
	const char *name;
	/* Calls are counted in pages. */
	void (*run)(void *data, unsigned long pages);
	void *(*setup)(unsigned int cpu);
	unsigned long batch;	/* the least that it can do at once */
};

extern const struct native_case native_cases[];
extern const unsigned int native_nr_cases;

void native_boot(unsigned int nr_cpus);
void native_memory_boot(void);
unsigned long native_pages_free(void);
/* The base of the per-CPU variables of @cpu, for %gs. */
unsigned long native_cpu_base(unsigned int cpu);
void native_tick(void);

#endif /* _LABYRINTH_TESTS_NATIVE_H */
