// SPDX-License-Identifier: GPL-2.0
/*
 * The program around kernel code: what that code takes from it, and where it starts.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "code.h"
#include "cpu.h"
#include "measure.h"
#include "native.h"

/* Of no module: its name is empty. */
char __this_module[8192];

static void *map(unsigned long size, unsigned long align)
{
	char *at = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	at = (char *)(((unsigned long)at + align - 1) & -align);
	/* Without huge pages, all is as right, and slower. */
	madvise(at, size, align >= NATIVE_HUGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return at;
}

#define CHUNK	0x100000UL

NATIVE_ENTRY void *native_memory(unsigned long size, unsigned long align)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char *next, *end;
	char *at;

	if (align >= 4096 || size > 4096)
		return map(size, align);
	pthread_mutex_lock(&lock);
	at = (char *)(((unsigned long)next + align - 1) & -align);
	if (!next || at + size > end) {
		at = map(CHUNK, 4096);
		end = at + CHUNK;
	}
	next = at + size;
	pthread_mutex_unlock(&lock);
	return at;
}

NATIVE_ENTRY void native_yield(void)
{
	sched_yield();
}

NATIVE_ENTRY void native_die(const char *what)
{
	fprintf(stderr, "native: %s\n", what);
	_exit(1);
}

NATIVE_ENTRY void native_missing(const char *symbol)
{
	fprintf(stderr, "native: no stand-in for %s: see standin.c\n", symbol);
	_exit(1);
}

static void bench(void)
{
	measure_owners();
	measure_growth();
	measure_cases();
}

static const struct {
	const char *name;
	unsigned int nr_cpus;
	void (*run)(void);
} parts[] = {
	{ "bench", 2, bench },
	{ "owners", 2, measure_owners },
	{ "growth", 2, measure_growth },
	{ "cases", 2, measure_cases },
	{ "code", 1, code_show },
	{ "missing", 1, native_call_missing },	/* stops, see missing.sh */
};

int main(int argc, char **argv)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "torture"))
		return torture_main(argc - 1, argv + 1);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (argc == 2 && !strcmp(argv[1], parts[i].name)) {
			native_boot(parts[i].nr_cpus);
			cpu_become(0);
			parts[i].run();
			return 0;
		}
	fprintf(stderr, "usage: native PART\n\nparts:");
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		fprintf(stderr, " %s", parts[i].name);
	fputc('\n', stderr);
	return 2;
}
