/* SPDX-License-Identifier: GPL-2.0 */
/* Declarations shared by the files of lab_growth.ko. See growth.c. */
#ifndef _LAB_GROWTH_H
#define _LAB_GROWTH_H

#include <linux/compiler.h>
#include <linux/labyrinth.h>
#include <linux/timex.h>
#include <linux/types.h>

#define growth_alloc	labyrinth_alloc_page
#define growth_free	labyrinth_free_page

#define GROWTH_OWNERS	4096

/* An owner and the pages that it has out. */
struct growth_member {
	struct labyrinth_owner *owner;	/* ERR_PTR after destroy with its pages out */
	struct page **pages;
	unsigned int nr;
};

/* All live owners. */
extern struct growth_member growth_scale[GROWTH_OWNERS];
extern unsigned int growth_nr;

/* Results of sampling, in cycles: instructions under QEMU's -icount. */
struct growth_figures {
	u32 least, median, mean, p99, most;
	unsigned int failed;
};

static __always_inline u64 growth_clock(void)
{
	u64 now;

	barrier();
	now = get_cycles();
	barrier();
	return now;
}

struct labyrinth_owner *growth_owner(const char *name, unsigned int index, unsigned int budget);

/* Those that return u64 return the cycles they took, or 0 if they failed. */
u64 growth_make(unsigned int nr, unsigned int budget);
u64 growth_take(unsigned int nr);
u64 growth_empty(void);
u64 growth_create(unsigned int budget, u64 *kernel);
void growth_recycle(unsigned int nr);
void growth_orphan(void);
bool growth_scatter(unsigned int nr);
void growth_gather(void);

void growth_sample_pairs(unsigned int first, unsigned int last, struct growth_figures *figures);
void growth_sample_refusals(unsigned int index, struct growth_figures *figures);
void growth_sample_cold(struct growth_figures *figures);

void growth_timer_start(unsigned int period_us);
void growth_timer_stop(u64 *ticks, u64 *late, u64 *call, unsigned int *failed);

enum growth_how {
	GROWTH_SEPARATE,	/* one owner per thread */
	GROWTH_SHARED,		/* one owner for all */
	GROWTH_IDLE,		/* a loop without labyrinth instead */
	GROWTH_NR_HOW,
};

int growth_race(unsigned int threads, enum growth_how how, unsigned int ms, u64 *pairs);

#endif /* _LAB_GROWTH_H */
