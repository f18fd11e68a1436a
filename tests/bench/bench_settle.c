// SPDX-License-Identifier: GPL-2.0
/* A known state of the page allocator, whatever has run before. */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bench.h"

/* Some blocks of 2 MiB. */
#define SETTLE_PAGES	8192

/*
 * Allocate many pages, and free them, last page first: the next pages are mostly adjacent then,
 * and of blocks for unmovable pages. The place of a page's tag, and so its cost, depends on the
 * page's address.
 */
int bench_settle(void)
{
	struct page **pages = kvcalloc(SETTLE_PAGES, sizeof(*pages), GFP_KERNEL);
	unsigned int i;

	if (!pages)
		return -ENOMEM;
	for (i = 0; i < SETTLE_PAGES; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	while (i--)
		if (pages[i])
			__free_page(pages[i]);
	kvfree(pages);
	return 0;
}
