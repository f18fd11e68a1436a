/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the two halves of the process: one is compiled as kernel code, with the kernel's
 * headers, the other as a program, with the C library's. Both include this file, so it includes
 * nothing.
 */
#ifndef _LABYRINTH_TESTS_NATIVE_H
#define _LABYRINTH_TESTS_NATIVE_H

#define NATIVE_CPUS	4	/* per-CPU areas; the CPUs of a run are possible and online */
#define NATIVE_PAGES	0x200000UL

#define NATIVE_HUGE	0x200000UL

/* Kernel code keeps the stack aligned to 8 bytes only. */
#define NATIVE_ENTRY	__attribute__((force_align_arg_pointer))

/* ---- the program's, called by the kernel's half */

/* Zeroed memory, never freed; of huge pages if it is aligned to them. */
void *native_memory(unsigned long size, unsigned long align);
void native_yield(void);
/* These do not return. */
void native_die(const char *what);
void native_missing(const char *symbol);	/* see missing.sh */

/* ---- the kernel's half */

/* Work by each of two CPUs at once, counted in pages; by one CPU if the second is NULL. */
struct native_case {
	const char *name;

	void (*run[2])(void *data, unsigned long pages);
	void *(*setup)(void);
	unsigned long batch;	/* the least that it can do at once */
	int shared;		/* both CPUs work on the same data */
	int unlocked;		/* labyrinth's locked instructions are plain ones meanwhile */
};

extern const struct native_case native_cases[];
extern const unsigned int native_nr_cases;

/* A stack of pages: @nr are taken, then given back in @order, indices of the order taken. */
struct native_stack {
	const char *name;
	void *(*setup)(unsigned long nr);
	void (*run)(void *data, unsigned long nr, const unsigned int *order);
	unsigned long most;	/* pages that it can hold */
};

extern const struct native_stack native_stacks[];
extern const unsigned int native_nr_stacks;

/* The cold path of the last of @nr_owners owners. */
void *native_cold_setup(unsigned int nr_owners);
/* Pages in turn: as few as the caches hold, and many. */
#define NATIVE_FEW	64
#define NATIVE_MANY	4096
void native_cold_few(void *data, unsigned long pages);
void native_cold_many(void *data, unsigned long pages);

/* Take pages from the kernel for good. */
void native_waste_pages(unsigned int nr);

/* Calls a function that has no stand-in. */
void native_call_missing(void);

void native_boot(unsigned int nr_cpus);
void native_memory_boot(void);
unsigned long native_pages_free(void);
/* The base of the per-CPU variables of @cpu, for %gs. */
unsigned long native_cpu_base(unsigned int cpu);
void native_tick(void);

/* ---- torture, see torture.c */

struct native_counts {
	unsigned long calls, pages, from_others, refused, duels, strangers, mortals, orphans;
};

/* Delivered; held off, since they were disabled; and that interrupted labyrinth. */
struct native_interrupts {
	unsigned long irqs, softirqs, nmis, held_off, in_call;
};

struct native_fault {
	const char *what, *owner;
	long got, wanted;
};

/* Returns 0 or an errno. */
int native_torture_boot(unsigned int nr_cpus, unsigned long seed);
/* Make calls, as one of all CPUs, until they have made @calls together, or a fault is found. */
void native_torture(unsigned long calls);
void native_torture_stop(void);
/* A signal came at @ip. */
void native_interrupt(unsigned long ip, int is_nmi);
void native_torture_end(void);
void native_torture_counts(struct native_counts *sum);
void native_interrupt_counts(struct native_interrupts *sum);
const struct native_fault *native_torture_fault(void);

#endif /* _LABYRINTH_TESTS_NATIVE_H */
