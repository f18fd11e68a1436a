// SPDX-License-Identifier: GPL-2.0
/*
 * Strangers: threads that do not use labyrinth. They allocate pages from the kernel, stamp,
 * hold and free them. Some of these pages were put behind labyrinth's back. Their stamps
 * and reference counts must not change.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/mm.h>

#include "torture.h"

#define LT_NR_STRANGERS	2
#define LT_STRANGE_PAGES	64	/* held by a stranger at once */
#define LT_STRANGE_MS	8	/* of holding pages, at most */
#define LT_STAMPS	8	/* per page */
#define LT_PUT_RING	64

static struct lt_stranger {
	struct task_struct *thread;
	struct rnd_state random;
	struct page *pages[LT_STRANGE_PAGES];
	unsigned long taken, met;
} lt_strangers[LT_NR_STRANGERS];

/* The pages last put behind labyrinth's back. */
static unsigned long lt_put_pfns[LT_PUT_RING];
static atomic_t lt_nr_put;

/* Called before @page is put. Context: any. */
void lt_stranger_may_get(const struct page *page)
{
	WRITE_ONCE(lt_put_pfns[(u32)atomic_inc_return(&lt_nr_put) % LT_PUT_RING],
		   page_to_pfn(page));
}

/* Pages allocated by strangers; @met: those of them put behind labyrinth's back before. */
unsigned long lt_strange_pages(unsigned long *met)
{
	unsigned long taken = 0;
	unsigned int i;

	*met = 0;
	for (i = 0; i < LT_NR_STRANGERS; i++) {
		taken += READ_ONCE(lt_strangers[i].taken);
		*met += READ_ONCE(lt_strangers[i].met);
	}
	return taken;
}

static bool lt_was_put(unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < LT_PUT_RING; i++)
		if (READ_ONCE(lt_put_pfns[i]) == pfn) {
			WRITE_ONCE(lt_put_pfns[i], 0);
			return true;
		}
	return false;
}

static unsigned long *lt_stamp_at(struct page *page, unsigned int i)
{
	return page_address(page) + i * (PAGE_SIZE / LT_STAMPS);
}

static unsigned int lt_strange_take(struct lt_stranger *stranger)
{
	unsigned int nr, i;

	for (nr = 0; nr < LT_STRANGE_PAGES; nr++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);

		if (!page)
			break;
		stranger->pages[nr] = page;
		stranger->met += lt_was_put(page_to_pfn(page));
		for (i = 0; i < LT_STAMPS; i++)
			*lt_stamp_at(page, i) = page_to_pfn(page) + i;
	}
	stranger->taken += nr;
	return nr;
}

static void lt_strange_give(struct page *page)
{
	unsigned int i;

	for (i = 0; i < LT_STAMPS; i++)
		if (READ_ONCE(*lt_stamp_at(page, i)) != page_to_pfn(page) + i)
			lt_fail(LT_SPOILED, "a stranger's page was written to", NULL,
				READ_ONCE(*lt_stamp_at(page, i)), page_to_pfn(page) + i);
	if (page_ref_count(page) != 1)
		lt_fail(LT_SPOILED, "a stranger's reference", NULL, page_ref_count(page), 1);
	__free_page(page);
}

static int lt_strange_loop(void *data)
{
	struct lt_stranger *stranger = data;

	while (!kthread_should_stop()) {
		unsigned int nr = lt_strange_take(stranger);

		msleep(prandom_u32_state(&stranger->random) % LT_STRANGE_MS);
		while (nr)
			lt_strange_give(stranger->pages[--nr]);
	}
	return 0;
}

int lt_strangers_start(void)
{
	unsigned int i;

	for (i = 0; i < LT_NR_STRANGERS; i++) {
		struct lt_stranger *stranger = &lt_strangers[i];

		prandom_seed_state(&stranger->random, lt_seed + 101 + i);
		stranger->thread = kthread_run(lt_strange_loop, stranger, "torture_strange/%u", i);
		if (IS_ERR(stranger->thread))
			return PTR_ERR(stranger->thread);
	}
	return 0;
}

void lt_strangers_stop(void)
{
	unsigned int i;

	for (i = 0; i < LT_NR_STRANGERS; i++)
		if (!IS_ERR_OR_NULL(lt_strangers[i].thread))
			kthread_stop(lt_strangers[i].thread);
}
