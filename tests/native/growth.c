// SPDX-License-Identifier: GPL-2.0
/*
 * What a page costs as owners, or pages, are more. Each number has a process of its own, so that
 * it finds nothing of the others. Where numbers are compared, their processes take turns.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"
#include "measure.h"
#include "native.h"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- owners */

#define TURNS		500
#define TURNS_SECONDS	6
#define COLD_PAGES	2048UL
#define COLD_WARM	4096UL	/* all pages that are taken in turn */

static const unsigned int owners[] = { 1, 64, 4096 };
#define NR_OWNERS	ARRAY_SIZE(owners)

struct turns {
	int ask[2], answer[2];
	pid_t child;
};

/* Of the same page, and of pages in turn. */
struct cold {
	double same, in_turn;
};

static double cold_sample(void (*run)(void *data, unsigned long pages), void *data)
{
	unsigned long start;

	run(data, COLD_WARM);
	start = ticks();
	run(data, COLD_PAGES);
	return (double)(ticks() - start) / COLD_PAGES;
}

/* One sample for each byte that is read. */
static void serve(struct turns *t, unsigned int nr_owners)
{
	void *data = native_cold_setup(nr_owners);
	char turn;

	while (read(t->ask[0], &turn, 1) == 1) {
		struct cold cold = {
			.same = cold_sample(native_cold, data),
			.in_turn = cold_sample(native_cold_in_turn, data),
		};

		if (write(t->answer[1], &cold, sizeof(cold)) != sizeof(cold))
			die("write");
	}
	_exit(0);
}

/* A process gets the ends of those before it, and must not keep them. */
static void start(struct turns *all, unsigned int i)
{
	struct turns *t = &all[i];
	unsigned int earlier;

	if (pipe(t->ask) || pipe(t->answer))
		die("pipe");
	t->child = fork();
	if (t->child < 0)
		die("fork");
	if (!t->child) {
		for (earlier = 0; earlier <= i; earlier++)
			close(all[earlier].ask[1]);
		close(t->answer[0]);
		cpu_become(0);
		serve(t, owners[i]);
	}
	close(t->answer[1]);
}

static struct cold next_sample(struct turns *t)
{
	struct cold cold;

	if (write(t->ask[1], "", 1) != 1 || read(t->answer[0], &cold, sizeof(cold)) != sizeof(cold))
		native_die("a process with owners of its own has ended");
	return cold;
}

void measure_owners(void)
{
	static double same[NR_OWNERS][TURNS], in_turn[NR_OWNERS][TURNS];
	struct turns all[NR_OWNERS];
	unsigned int i, s;
	double begin;

	for (i = 0; i < NR_OWNERS; i++)
		start(all, i);
	begin = seconds();
	for (s = 0; s < TURNS && seconds() - begin < TURNS_SECONDS; s++)
		for (i = 0; i < NR_OWNERS; i++) {
			struct cold cold = next_sample(&all[i]);

			same[i][s] = cold.same;
			in_turn[i][s] = cold.in_turn;
		}
	for (i = 0; i < NR_OWNERS; i++) {
		close(all[i].ask[1]);
		waitpid(all[i].child, NULL, 0);
		printf("cold same %u:", owners[i]);
		print_samples(same[i], s);
		printf("cold in_turn %u:", owners[i]);
		print_samples(in_turn[i], s);
	}
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
	double begin = seconds();

	for (i = 0; i < native_nr_stacks; i++) {
		if (nr > native_stacks[i].most)
			continue;
		data[i] = native_stacks[i].setup(nr);
		stack_sample(&native_stacks[i], data[i], nr, order);
	}
	for (s = 0; s < STACK_SAMPLES && (!s || seconds() - begin < STACK_SECONDS); s++)
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
