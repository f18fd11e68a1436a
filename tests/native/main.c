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

#include "cpu.h"
#include "native.h"

/* Of no module: its name is empty. */
char __this_module[8192] __attribute__((aligned(64)));

static void *map(unsigned long size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return at;
}

#define CHUNK	(1UL << 20)

NATIVE_ENTRY void *native_memory(unsigned long size, unsigned long align)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char *next, *end;
	char *at;

	if (align >= 4096 || size > 4096)
		return map(size);
	pthread_mutex_lock(&lock);
	at = (char *)(((unsigned long)next + align - 1) & -align);
	if (!next || at + size > end) {
		at = map(CHUNK);
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

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

#define SAMPLES	1000

int main(void)
{
	static double samples[64][SAMPLES];
	static void *data[64];
	static unsigned long pages[64];
	unsigned int i, s;

	setvbuf(stdout, NULL, _IOLBF, 0);
	native_boot(2);
	cpu_become(0);
	for (i = 0; i < native_nr_cases; i++) {
		const struct native_case *c = &native_cases[i];

		data[i] = c->setup(0);
		pages[i] = (1024 + c->batch - 1) / c->batch * c->batch;
		c->run(data[i], pages[i]);
	}
	for (s = 0; s < SAMPLES; s++)
		for (i = 0; i < native_nr_cases; i++) {
			unsigned long start = ticks();

			native_cases[i].run(data[i], pages[i]);
			samples[i][s] = (double)(ticks() - start) / pages[i];
		}
	for (i = 0; i < native_nr_cases; i++) {
		qsort(samples[i], SAMPLES, sizeof(double), by_value);
		printf("%s %.2f %.2f %.2f\n", native_cases[i].name, samples[i][0], samples[i][SAMPLES / 2],
		       samples[i][SAMPLES * 9 / 10]);
	}
	return 0;
}
