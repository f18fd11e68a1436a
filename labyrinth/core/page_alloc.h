/* SPDX-License-Identifier: GPL-2.0 */
/* Allocating from the kernel. See page_alloc.c. */
#ifndef _LABYRINTH_CORE_PAGE_ALLOC_H
#define _LABYRINTH_CORE_PAGE_ALLOC_H

#include <linux/gfp.h>

#include "hooks.h"
#include "owner.h"

/* Never goes below min, not even for a PF_MEMALLOC task. */
#define LAB_GFP_ABOVE_MIN	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* The reason of a refusal, returned in place of a page. */
#define LAB_REFUSED(reason)	((struct page *)ERR_PTR(-1L - (reason)))

static inline enum lab_refusal lab_refused(const struct page *page)
{
	return -1L - PTR_ERR(page);
}

struct page *lab_take_fresh(struct labyrinth_owner *owner, struct page *page, unsigned long caller);

struct page *lab_take_nolock(struct labyrinth_owner *owner, unsigned long caller);

#endif /* _LABYRINTH_CORE_PAGE_ALLOC_H */
