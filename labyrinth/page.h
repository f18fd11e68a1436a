/* SPDX-License-Identifier: GPL-2.0 */
/* What is done to a page itself, and where pages enter and leave labyrinth. See page.c. */
#ifndef _LABYRINTH_PAGE_H
#define _LABYRINTH_PAGE_H

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "compat.h"
#include "owner.h"

#define LAB_POISON_BYTE		0x6b

/* Looks at all CPUs for what an owner may have somewhere; how many in vain make sure it has not. */
#define LAB_FAR_TURNS		16
#define LAB_SURE_TURNS		3

extern struct workqueue_struct *lab_wq;

/* IS_ERR_OR_NULL() in one comparison: what NULL wraps around to is above the errors as well. */
static inline bool lab_no_pointer(const void *ptr)
{
	return unlikely((unsigned long)ptr - 1 >= (unsigned long)-MAX_ERRNO - 1);
}

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

/* A page stops being owned: books only. Needs preemption disabled. */
static inline void lab_book_out(struct labyrinth_owner *owner, u64 word)
{
	lab_owner_out_dec(owner);
	if (unlikely(lab_word_flags(word) & LAB_FROM_RESERVE))
		atomic_dec(&owner->from_reserve);
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

/*
 * The common case of lab_enter(), for a page handed out here: there is one bank,
 * it keeps no traces, and no page there has the same home. False where it is not
 * that, and nothing has changed. Needs preemption disabled.
 */
static __always_inline bool lab_enter_home(struct labyrinth_owner *owner, struct page *page,
					   unsigned long caller)
{
	unsigned long pfn = page_to_pfn(page);
	struct lab_tag *home = lab_bank_home(owner->bank, pfn);
	struct lab_cpu *here = this_cpu_ptr(owner->cpu);
	unsigned long vacant = 0;

	/* So it has no tag already, see lab_freed_behind(), and no old trace lies in the slot. */
	if (READ_ONCE(lab_nr_banks) != 1 || owner->bank->stacks ||
	    atomic_read_acquire(&home->hop))
		return false;
	if (!try_cmpxchg(&home->pfn, &vacant, pfn))
		return false;
	lab_tag_fill(home, here->owned_here | lab_context_bits(), caller);
	lab_tag_show(home, home);
	return true;
}

struct lab_tag *lab_enter(struct labyrinth_owner *owner, struct page *page, u32 head,
			  unsigned long caller, struct lab_bank **bank);
bool lab_enter_stocked(struct labyrinth_owner *owner, struct page *page);
void lab_recycle(struct labyrinth_owner *owner, struct lab_tag *tag);
struct lab_tag *lab_pop_recycled(struct labyrinth_owner *owner);
struct lab_tag *lab_pop_stocked(struct labyrinth_owner *owner);
struct page *lab_discard(struct labyrinth_owner *owner, struct lab_tag *tag);
bool lab_stock_recycled(struct labyrinth_owner *owner);
bool lab_shed_recycled(struct labyrinth_owner *owner);
bool lab_shed_stocked(struct labyrinth_owner *owner);

void lab_page_to_kernel(struct page *page);
void lab_page_flush(void);

#endif /* _LABYRINTH_PAGE_H */
