// SPDX-License-Identifier: GPL-2.0
/* Measure an operation many times with interrupts off, each time on another page or owner. */
#include <linux/irqflags.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sort.h>

#include "growth.h"

#define GROWTH_SAMPLES	2048

/* Pages allocated one by one from the kernel. */
#define GROWTH_COLD	16

static u32 samples[GROWTH_SAMPLES];

static int growth_cmp(const void *a, const void *b)
{
	return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

/*
 * As under spin_lock_irqsave(). With interrupts off alone, a worker that waits for the CPU
 * would make each preempt_enable() two instructions longer.
 */
static unsigned long growth_begin(void)
{
	unsigned long flags;

	local_irq_save(flags);
	preempt_disable();
	return flags;
}

static void growth_end(unsigned long flags)
{
	preempt_enable();
	local_irq_restore(flags);
}

/* The cost of reading the clock twice. */
static u32 growth_overhead(void)
{
	u32 least = U32_MAX;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		unsigned long flags;
		u64 start, end;

		flags = growth_begin();
		start = growth_clock();
		end = growth_clock();
		growth_end(flags);
		least = min(least, (u32)(end - start));
	}
	return least;
}

static void growth_evaluate(struct growth_figures *f, unsigned int nr, unsigned int failed)
{
	u32 overhead = growth_overhead();
	unsigned int i;
	u64 sum = 0;

	sort(samples, nr, sizeof(samples[0]), growth_cmp, NULL);
	for (i = 0; i < nr; i++)
		sum += samples[i];
	*f = (struct growth_figures){
		.least = samples[0] - overhead,
		.median = samples[nr / 2] - overhead,
		.mean = (u32)div_u64(sum + nr / 2, nr) - overhead,
		.p99 = samples[nr - 1 - nr / 100] - overhead,
		.most = samples[nr - 1] - overhead,
		.failed = failed,
	};
}

/*
 * Free a page and allocate it again: the page freed last is handed out first. So the
 * pair's cost depends on the place of this page's tag.
 */
static bool growth_pair(struct labyrinth_owner *owner, struct page *page, u32 *cost)
{
	unsigned long flags;
	struct page *taken;
	u64 start, end;
	int err;

	flags = growth_begin();
	start = growth_clock();
	err = growth_free(owner, page);
	taken = growth_alloc(owner);
	end = growth_clock();
	growth_end(flags);
	*cost = end - start;
	return !err && taken == page;
}

/* Spread the samples over owners @first to @last, and over all pages of each. */
void growth_sample_pairs(unsigned int first, unsigned int last, struct growth_figures *figures)
{
	unsigned int i, failed = 0;
	u32 chance = 1;

	if (first > last || last >= growth_nr) {
		figures->failed = GROWTH_SAMPLES;
		return;
	}
	for (i = 0; i < GROWTH_SAMPLES; i++) {
		struct growth_member *m;

		m = &growth_scale[first + (u64)i * (last - first + 1) / GROWTH_SAMPLES];
		chance = chance * 1664525 + 1013904223;
		if (!m->nr || !growth_pair(m->owner, m->pages[(u64)chance * m->nr >> 32],
					   &samples[i]))
			failed++;
	}
	growth_evaluate(figures, GROWTH_SAMPLES, failed);
}

void growth_sample_refusals(unsigned int index, struct growth_figures *figures)
{
	struct labyrinth_owner *owner;
	unsigned int i, failed = 0;

	if (index >= growth_nr) {
		figures->failed = GROWTH_SAMPLES;
		return;
	}
	owner = growth_scale[index].owner;
	for (i = 0; i < GROWTH_SAMPLES; i++) {
		unsigned long flags;
		struct page *none;
		u64 start, end;

		flags = growth_begin();
		start = growth_clock();
		none = growth_alloc(owner);
		end = growth_clock();
		growth_end(flags);
		samples[i] = end - start;
		if (none) {
			growth_free(owner, none);
			failed++;
		}
	}
	growth_evaluate(figures, GROWTH_SAMPLES, failed);
}

/* Sample a new owner, the newest of all. */
void growth_sample_cold(struct growth_figures *figures)
{
	struct labyrinth_owner *owner = growth_owner("cold", 0, GROWTH_COLD);
	unsigned int i, failed = 0;

	if (IS_ERR(owner)) {
		figures->failed = GROWTH_COLD;
		return;
	}
	for (i = 0; i < GROWTH_COLD; i++) {
		unsigned long flags;
		struct page *page;
		u64 start, end;

		flags = growth_begin();
		start = growth_clock();
		page = growth_alloc(owner);
		if (likely(page && !labyrinth_release_page(owner, page)))
			__free_page(page);
		else
			failed++;
		end = growth_clock();
		growth_end(flags);
		samples[i] = end - start;
	}
	growth_evaluate(figures, GROWTH_COLD, failed);
	labyrinth_owner_destroy(owner);
}
