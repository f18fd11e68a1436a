/* SPDX-License-Identifier: GPL-2.0 */
/* What is done to a page itself, and where pages enter and leave labyrinth. See page.c. */
#ifndef _LABYRINTH_PAGE_H
#define _LABYRINTH_PAGE_H

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "compat.h"
#include "mark.h"
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

/*
 * The same for a handle, which must be followed. Where the kernel has the upper half of
 * all addresses, no other is taken for one. With KASAN_SW_TAGS a pointer's upper byte can be
 * anything, so its sign says nothing; with KASAN_HW_TAGS it is 0xf0 or above.
 */
static inline bool lab_no_owner(const struct labyrinth_owner *owner)
{
	if (!IS_ENABLED(CONFIG_KASAN_SW_TAGS) &&
	    ((IS_ENABLED(CONFIG_X86_64) && !IS_ENABLED(CONFIG_UML)) || IS_ENABLED(CONFIG_ARM64)))
		return unlikely((long)owner >= -MAX_ERRNO);
	return lab_no_pointer(owner);
}

static inline void lab_page_poison(struct page *page)
{
	memset(page_address(page), LAB_POISON_BYTE, PAGE_SIZE);
}

static inline bool lab_page_poison_intact(struct page *page)
{
	return !memchr_inv(page_address(page), LAB_POISON_BYTE, PAGE_SIZE);
}

/* A page of this word stops being owned: the books of the reserve. */
static inline void lab_book_reserve(struct labyrinth_owner *owner, u64 word)
{
	if (unlikely(lab_word_flags(word) & LAB_FROM_RESERVE))
		atomic_dec(&owner->from_reserve);
}

/*
 * A page with bad memory leaves, for whatever reason. The kernel keeps it out of use once it
 * has no reference.
 */
static inline void lab_book_hwpoison(struct labyrinth_owner *owner, const struct page *page)
{
	if (unlikely(lab_page_hwpoison(page)))
		atomic_long_inc(&owner->hwpoison);
}

/*
 * A tag that this CPU has set to LAB_MOVING goes, and its page is the caller's.
 * Needs preemption disabled.
 */
static inline struct page *lab_leave(struct labyrinth_owner *owner, struct lab_bank *bank,
				     struct lab_tag *tag)
{
	struct page *page = tag->page;

	lab_book_hwpoison(owner, page);
	lab_page_unmark_mapped(page);
	lab_tag_unbind(bank, tag, page);
	lab_budget_give(owner);
	return page;
}

/*
 * The common case of lab_enter(), for a page handed out here: it has no tag, this bank
 * keeps no traces, and there is room near its home. False where it is not that, and
 * nothing has changed. Needs preemption disabled.
 */
static __always_inline bool lab_enter_near(struct labyrinth_owner *owner, struct page *page,
					   unsigned long caller)
{
	struct lab_tag *home = lab_home(&owner->slots, page), *tag;
	struct lab_cpu *here = this_cpu_ptr(owner->cpu);
	int moves = lab_tag_moves_before();
	struct page *vacant = NULL;

	/* A tag would be that of a page freed behind our back; an old trace lies in its slot. */
	if (unlikely(lab_find(home, page, &tag) || owner->bank->stacks) ||
	    !lab_tag_nowhere_but(owner->bank, page) || lab_tag_moved_since(moves))
		return false;
	for (tag = home; !try_cmpxchg(&tag->page, &vacant, page); vacant = NULL)
		if (++tag == home + LAB_HOP_NEAR)
			return false;
	/* The tag says nothing yet. */
	lab_page_mark(page);
	lab_tag_fill(tag, here->owned_here | lab_where(0, lab_context_bits()), caller);
	return true;
}

struct lab_tag *lab_enter(struct labyrinth_owner *owner, struct page *page, u32 head,
			  unsigned long caller, struct lab_bank **bank);
bool lab_owned_freed_behind(struct lab_bank *bank, struct lab_tag *tag, struct page *page,
			    u64 word, unsigned long caller);
bool lab_enter_stocked(struct labyrinth_owner *owner, struct page *page);
void lab_page_reject(struct page *page);
void lab_enter_offline(unsigned long start_pfn, unsigned long end_pfn);
void lab_enter_exit(void);

void lab_recycle(struct labyrinth_owner *owner, struct lab_tag *tag);
struct lab_tag *lab_pop_recycled(struct labyrinth_owner *owner);
struct lab_tag *lab_pop_stocked(struct labyrinth_owner *owner);
bool lab_ready_misused(struct page *page, u32 head, enum lab_violation *kind);
struct page *lab_popped_page(struct labyrinth_owner *owner, struct lab_tag *tag,
			     enum lab_outcome outcome, unsigned long caller);
struct page *lab_discard(struct labyrinth_owner *owner, struct lab_tag *tag);
bool lab_stock_recycled(struct labyrinth_owner *owner);
bool lab_shed_recycled(struct labyrinth_owner *owner);
bool lab_shed_stocked(struct labyrinth_owner *owner);

void lab_page_to_kernel(struct page *page);
void lab_page_flush(void);

#endif /* _LABYRINTH_PAGE_H */
