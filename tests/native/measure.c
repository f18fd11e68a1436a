// SPDX-License-Identifier: GPL-2.0
/*
 * The cases, in turn: the frequency of a machine that is shared with others changes from moment
 * to moment, and a round is short enough to be at one frequency.
 */
#include <stdlib.h>

#include "cpu.h"
#include "measure.h"
#include "native.h"

#define ROUNDS		1000

/* Pages of a sample, and of the run before it, which finds the caches full of other cases. */
#define PAGES		1024UL
#define WARM_PAGES	256UL
/* Two CPUs start within some hundred ticks of each other. */
#define PAGES_OF_TWO	4096UL

struct task {
	const struct native_case *what;
	void *data[2];
	unsigned long start[2], end[2];
	double *samples;
};

static int of_two(const struct native_case *c)
{
	return !!c->run[1];
}

static void run(struct task *t, unsigned int cpu, unsigned long pages)
{
	unsigned long batch = t->what->batch;

	t->what->run[cpu](t->data[cpu], (pages + batch - 1) / batch * batch);
}

static double per_page(unsigned long start, unsigned long end, unsigned long pages,
		       unsigned long batch)
{
	return (double)(end - start) / ((pages + batch - 1) / batch * batch);
}

static double sample_one(struct task *t)
{
	unsigned long start;

	run(t, 0, WARM_PAGES);
	start = ticks();
	run(t, 0, PAGES);
	return per_page(start, ticks(), PAGES, t->what->batch);
}

static void one_of_two(unsigned int cpu, void *arg)
{
	struct task *t = arg;

	run(t, cpu, WARM_PAGES);
	t->start[cpu] = ticks();
	run(t, cpu, PAGES_OF_TWO);
	t->end[cpu] = ticks();
}

/*
 * From the first start to the last end: what overlaps only in part takes longer, and is not taken
 * for speed.
 */
static double sample_two(struct task *t)
{
	unsigned long start, end;

	cpu_run(2, one_of_two, t);
	start = t->start[0] < t->start[1] ? t->start[0] : t->start[1];
	end = t->end[0] > t->end[1] ? t->end[0] : t->end[1];
	return per_page(start, end, PAGES_OF_TWO, t->what->batch);
}

static void prepare(struct task *t, const struct native_case *c)
{
	t->what = c;
	t->samples = malloc(ROUNDS * sizeof(*t->samples));
	if (!t->samples)
		native_die("no memory for samples");
	t->data[0] = c->setup();
	if (of_two(c))
		t->data[1] = c->shared ? t->data[0] : c->setup();
}

void measure_cases(void)
{
	struct task *tasks = calloc(native_nr_cases, sizeof(*tasks));
	int both = cpu_count() > 1;
	unsigned int i, s;

	for (i = 0; i < native_nr_cases; i++)
		prepare(&tasks[i], &native_cases[i]);
	for (s = 0; s < ROUNDS; s++)
		for (i = 0; i < native_nr_cases; i++) {
			struct task *t = &tasks[i];

			if (!of_two(t->what))
				t->samples[s] = sample_one(t);
			else if (both)
				t->samples[s] = sample_two(t);
		}
	for (i = 0; i < native_nr_cases; i++) {
		if (of_two(&native_cases[i]) && !both)
			continue;
		printf("case %s:", native_cases[i].name);
		print_samples(tasks[i].samples, ROUNDS);
	}
	if (!both)
		puts("skipped the cases of two CPUs: this process may use only one");
}
