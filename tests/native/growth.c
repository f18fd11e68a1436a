// SPDX-License-Identifier: GPL-2.0
/*
 * What a page costs as owners, or pages, are more. Each number has a process of its own.
 */
#include <stdlib.h>

#include "cpu.h"
#include "measure.h"
#include "native.h"
#include "turns.h"

/* ---- owners */

#define TURNS		500
#define TURNS_SECONDS	6
#define COLD_PAGES	2048UL

static const unsigned int owners[] = { 1, 64, 4096 };

struct cold {
	void *data;
	unsigned int nr;
	double few[TURNS], many[TURNS];
};

static void *cold_start(unsigned int nr)
{
	struct cold *c = calloc(1, sizeof(*c));

	if (!c)
		native_die("no memory for samples");
	c->data = native_cold_setup(owners[nr]);
	return c;
}

static double cold_sample(void (*run)(void *data, unsigned long pages), void *data)
{
	unsigned long start;

	run(data, NATIVE_MANY);
	start = ticks();
	run(data, COLD_PAGES);
	return (double)(ticks() - start) / COLD_PAGES;
}

static void cold_turn(void *data)
{
	struct cold *c = data;

	c->few[c->nr] = cold_sample(native_cold_few, c->data);
	c->many[c->nr++] = cold_sample(native_cold_many, c->data);
}

static void cold_finish(void *data, unsigned int nr)
{
	struct cold *c = data;

	printf("cold few %u:", owners[nr]);
	print_samples(c->few, c->nr);
	printf("cold many %u:", owners[nr]);
	print_samples(c->many, c->nr);
}

void measure_owners(void)
{
	static const struct turns cold = { cold_start, cold_turn, cold_finish };

	take_turns(&cold, ARRAY_SIZE(owners), TURNS, TURNS_SECONDS);
}

/* ---- pages */

#define STACK_SAMPLES	9
#define STACK_SECONDS	1	/* for one number of pages */
#define STACK_PAGES	4096UL	/* the least of a sample */

static const unsigned long numbers[] = {
	16, 64, 256, 1024, 4096, 16384, 32768, 65536, 262144, 1000000,
};

/* Always the same order. */
static unsigned int *shuffled(unsigned int nr)
{
	unsigned int *order = malloc(nr * sizeof(*order));
	unsigned long random = 1;
	unsigned int i;

	if (!order)
		native_die("no memory for an order");
	for (i = 0; i < nr; i++) {
		unsigned int j;

		random = random * 6364136223846793005UL + 1442695040888963407UL;
		j = (random >> 33) % (i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

static double stack_sample(const struct native_stack *stack, void *data, unsigned long nr,
			   const unsigned int *order)
{
	unsigned long turns = (STACK_PAGES + nr - 1) / nr, i, start = ticks();

	for (i = 0; i < turns; i++)
		stack->run(data, nr, order);
	return (double)(ticks() - start) / (turns * nr);
}

static void measure_stacks(unsigned long nr)
{
	double samples[native_nr_stacks][STACK_SAMPLES];
	unsigned int *order = shuffled(nr), i, s;
	void *data[native_nr_stacks];
	double end = now() + STACK_SECONDS;

	for (i = 0; i < native_nr_stacks; i++) {
		if (nr > native_stacks[i].most)
			continue;
		data[i] = native_stacks[i].setup(nr);
		stack_sample(&native_stacks[i], data[i], nr, order);
	}
	for (s = 0; s < STACK_SAMPLES && (!s || now() < end); s++)
		for (i = 0; i < native_nr_stacks; i++)
			if (nr <= native_stacks[i].most)
				samples[i][s] = stack_sample(&native_stacks[i], data[i], nr, order);
	for (i = 0; i < native_nr_stacks; i++) {
		if (nr > native_stacks[i].most)
			continue;
		printf("stack %s %lu:", native_stacks[i].name, nr);
		print_samples(samples[i], s);
	}
}

void measure_growth(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		cpu_in_process(measure_stacks, numbers[i]);
}
