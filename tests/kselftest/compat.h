/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels, for the test modules. Kbuild detects them. */
#ifndef _LAB_TEST_COMPAT_H
#define _LAB_TEST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>

static inline void lab_compat_hrtimer_setup(struct hrtimer *timer,
					    enum hrtimer_restart (*function)(struct hrtimer *),
					    enum hrtimer_mode mode)
{
#ifdef LAB_HAVE_HRTIMER_SETUP
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = function;
#endif
}

static inline void lab_compat_set_page_index(struct page *page, unsigned long index)
{
#ifdef LAB_HAVE_FOLIO_INDEX
	page->__folio_index = index;
#else
	page->index = index;
#endif
}

/* Page flags are wrapped in a struct since 6.18. */
static inline unsigned long *lab_compat_page_flags(struct page *page)
{
#ifdef LAB_HAVE_MEMDESC_FLAGS
	return &page->flags.f;
#else
	return &page->flags;
#endif
}

/* Most pages that one refill of a per-CPU list takes from its zone. */
static inline unsigned int lab_compat_refill_pages(const struct per_cpu_pages *lists)
{
	int batch = READ_ONCE(lists->batch);

#ifdef LAB_HAVE_PCP_HIGH_MAX
	/* Refills double while nothing is freed, limited by the size of the list. */
	return clamp(READ_ONCE(lists->high_max) - batch, batch,
		     batch << CONFIG_PCP_BATCH_SCALE_MAX);
#else
	return batch;
#endif
}

#endif /* _LAB_TEST_COMPAT_H */
