/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the program measures. Each line of its output is a name, with parameters where there are
 * some, a colon, and samples: ticks a page. report.py makes figures of them.
 */
#ifndef _LABYRINTH_TESTS_NATIVE_MEASURE_H
#define _LABYRINTH_TESTS_NATIVE_MEASURE_H

#include <stdio.h>
#include <time.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* native_cases, in turn. */
void measure_cases(void);
/* The cold path as owners are more. Must precede all owners of this process. */
void measure_owners(void);
/* native_stacks, as pages are more. */
void measure_growth(void);

/* In seconds. On a busy machine there are fewer samples: the whole must end within a minute. */
static inline double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static inline void print_samples(const double *samples, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		printf(" %.2f", samples[i]);
	putchar('\n');
}

#endif /* _LABYRINTH_TESTS_NATIVE_MEASURE_H */
