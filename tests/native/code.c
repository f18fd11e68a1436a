// SPDX-License-Identifier: GPL-2.0
/*
 * Labyrinth's machine code in this process: which instructions a call executes, and what their
 * lock prefixes cost.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "code.h"
#include "measure.h"
#include "native.h"

extern unsigned char native_text_start[], native_text_end[];

/* ---- lock prefixes, of which each has an offset to it here */

extern const int __start_lab_locks[], __stop_lab_locks[];

/* The prefixes by which the kernel replaces them on a machine with one CPU, and that. */
#define PREFIX_LOCK	0xf0
#define PREFIX_DS	0x3e

static void make_text_writable(void)
{
	unsigned long page = sysconf(_SC_PAGESIZE), start = (unsigned long)native_text_start & -page;

	if (mprotect((void *)start, (unsigned long)native_text_end - start,
		     PROT_READ | PROT_WRITE | PROT_EXEC)) {
		perror("mprotect");
		exit(1);
	}
}

void code_lock(int locked)
{
	static int writable;
	const int *site;

	if (!writable)
		make_text_writable();
	writable = 1;
	for (site = __start_lab_locks; site < __stop_lab_locks; site++) {
		unsigned char *prefix = (unsigned char *)site + *site;

		if (*prefix != (locked ? PREFIX_DS : PREFIX_LOCK))
			native_die("an instruction has no lock prefix");
		*prefix = locked ? PREFIX_LOCK : PREFIX_DS;
	}
}

/* ---- the instructions of a call: after each, the CPU traps */

#define STEPS	4096

static unsigned long steps[STEPS];
static unsigned int nr_steps;

static void on_step(int nr, siginfo_t *info, void *context)
{
	unsigned long ip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	if (ip >= (unsigned long)native_text_start && ip < (unsigned long)native_text_end &&
	    nr_steps < STEPS)
		steps[nr_steps++] = ip;
}

/* Below the red zone, which the compiler may use. */
static void trap(int on)
{
	if (on)
		asm volatile("lea -128(%%rsp), %%rsp; pushf; orl $0x100, (%%rsp); popf; lea 128(%%rsp), %%rsp"
			     : : : "memory", "cc");
	else
		asm volatile("lea -128(%%rsp), %%rsp; pushf; andl $~0x100, (%%rsp); popf; lea 128(%%rsp), %%rsp"
			     : : : "memory", "cc");
}

static void step(const struct native_case *c)
{
	void *data = c->setup();
	unsigned int i;

	c->run[0](data, c->batch);
	nr_steps = 0;
	trap(1);
	c->run[0](data, c->batch);
	trap(0);
	printf("code %s %lu:", c->name, c->batch);
	for (i = 0; i < nr_steps; i++)
		printf(" %lx", steps[i]);
	putchar('\n');
}

void code_show(void)
{
	static const char *const shown[] = { "lab_pair", "lab_bulk" };
	struct sigaction traps = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	unsigned int i, k;

	sigaction(SIGTRAP, &traps, NULL);
	for (i = 0; i < native_nr_cases; i++)
		for (k = 0; k < ARRAY_SIZE(shown); k++)
			if (!strcmp(native_cases[i].name, shown[k]))
				step(&native_cases[i]);
}
