/* SPDX-License-Identifier: GPL-2.0 */
/* What is done to a page itself, and where pages enter and leave labyrinth. See page.c. */
#ifndef _LABYRINTH_PAGE_H
#define _LABYRINTH_PAGE_H

#include <linux/mm.h>
#include <linux/string.h>

#include "compat.h"
#include "owner.h"

#define LAB_POISON_BYTE		0x6b

extern struct workqueue_struct *lab_wq;

/* Nobody but the holder has the page: one reference, no mapping. */
static inline bool lab_page_sole(const struct page *page)
{
	return page_ref_count(page) == 1 && !lab_compat_mapcount(page);
}

static inline void lab_page_poison(struct page *page)
{
	memset(page_address(page), LAB_POISON_BYTE, PAGE_SIZE);
}

static inline bool lab_page_poison_intact(struct page *page)
{
	return !memchr_inv(page_address(page), LAB_POISON_BYTE, PAGE_SIZE);
}

/*
 * A tag that this CPU has set to LAB_MOVING goes, and its page is the caller's.
 * Needs preemption disabled.
 */
static inline struct page *lab_leave(struct labyrinth_owner *owner, struct lab_bank *bank,
				     struct lab_tag *tag)
{
	struct page *page = pfn_to_page(tag->pfn);

	lab_tag_unbind(bank, tag);
	lab_budget_give(owner);
	return page;
}

struct lab_tag *lab_enter(struct labyrinth_owner *owner, struct page *page, u32 head,
			  unsigned long caller, struct lab_bank **bank);
bool lab_enter_ready(struct labyrinth_owner *owner, struct page *page, struct lab_stack *stack);
void lab_make_ready(struct labyrinth_owner *owner, struct lab_stack *stack, struct lab_tag *tag);
bool lab_discard_ready(struct labyrinth_owner *owner, struct page **page);
struct lab_tag *lab_pop_recycled(struct labyrinth_owner *owner);

void lab_page_to_kernel(struct page *page);
void lab_page_flush(void);

#endif /* _LABYRINTH_PAGE_H */
