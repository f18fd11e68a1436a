// SPDX-License-Identifier: GPL-2.0
/*
 * The cases, in turn: the frequency of a machine that is shared with others changes from moment
 * to moment, and a round is short enough to be at one frequency.
 *
 * A case takes the same page again and again, and by luck that page and its tag are at addresses
 * that suit the processor or not, a fifth faster or slower. So all is done with several sets of
 * pages, each in a process of its own.
 */
#include <stdlib.h>

#include "code.h"
#include "cpu.h"
#include "measure.h"
#include "native.h"
#include "turns.h"

#define SETS		8
#define SET_PAGES	37	/* from one set's pages to those of the next */
#define ROUNDS		300
#define SECONDS		28
/* Two CPUs take part in each of so many rounds: they take several times as long. */
#define ROUNDS_OF_TWO	2

/* Pages of a sample, and of the run before it, which finds the caches full of other cases. */
#define PAGES		1024UL
#define WARM_PAGES	256UL
/* Two CPUs start within some hundred ticks of each other. */
#define PAGES_OF_TWO	4096UL

struct task {
	const struct native_case *what;
	void *data[2];
	unsigned long start[2], end[2];
	unsigned int nr;
	double samples[ROUNDS];
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
	unsigned long start, end;

	if (t->what->unlocked)
		code_lock(0);
	run(t, 0, WARM_PAGES);
	start = ticks();
	run(t, 0, PAGES);
	end = ticks();
	if (t->what->unlocked)
		code_lock(1);
	return per_page(start, end, PAGES, t->what->batch);
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
	t->data[0] = c->setup();
	if (of_two(c))
		t->data[1] = c->shared ? t->data[0] : c->setup();
}

/* ---- a set */

struct set {
	unsigned int rounds;
	struct task tasks[];
};

static void *set_start(unsigned int nr)
{
	struct set *set = calloc(1, sizeof(*set) + native_nr_cases * sizeof(set->tasks[0]));
	unsigned int i;

	if (!set)
		native_die("no memory for samples");
	native_waste_pages(nr * SET_PAGES);
	for (i = 0; i < native_nr_cases; i++)
		prepare(&set->tasks[i], &native_cases[i]);
	return set;
}

static void set_round(void *data)
{
	struct set *set = data;
	int with_two = set->rounds++ % ROUNDS_OF_TWO == 0 && cpu_count() > 1;
	unsigned int i;

	for (i = 0; i < native_nr_cases; i++) {
		struct task *t = &set->tasks[i];

		if (!of_two(t->what))
			t->samples[t->nr++] = sample_one(t);
		else if (with_two)
			t->samples[t->nr++] = sample_two(t);
	}
}

static void set_finish(void *data, unsigned int nr)
{
	struct set *set = data;
	unsigned int i;

	for (i = 0; i < native_nr_cases; i++) {
		struct task *t = &set->tasks[i];

		if (!t->nr)
			continue;
		printf("case %s %u:", t->what->name, nr);
		print_samples(t->samples, t->nr);
	}
}

void measure_cases(void)
{
	static const struct turns sets = { set_start, set_round, set_finish };

	take_turns(&sets, SETS, ROUNDS, SECONDS);
	if (cpu_count() < 2)
		puts("skipped the cases of two CPUs: this process may use only one");
}
