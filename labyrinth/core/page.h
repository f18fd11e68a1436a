/* SPDX-License-Identifier: GPL-2.0 */
/* Operations on a page itself. See page.c. */
#ifndef _LABYRINTH_CORE_PAGE_H
#define _LABYRINTH_CORE_PAGE_H

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "compat.h"
#include "mark.h"
#include "owner.h"

#define LAB_POISON_BYTE		0x6b

/* IS_ERR_OR_NULL() in one comparison: NULL - 1 is above the errors as well. */
static inline bool lab_no_pointer(const void *ptr)
{
	return unlikely((unsigned long)ptr - 1 >= (unsigned long)-MAX_ERRNO - 1);
}

/*
 * The same for a handle. If all kernel addresses are in the upper half, an address in the lower
 * half is refused as well. With KASAN_SW_TAGS a pointer's upper byte can have any value, so its
 * sign means nothing; with KASAN_HW_TAGS it is 0xf0 or above. In a process, as under
 * tests/native, they are in the lower half.
 */
static inline bool lab_no_owner(const struct labyrinth_owner *owner)
{
	if (!IS_ENABLED(CONFIG_KASAN_SW_TAGS) && !IS_ENABLED(LAB_IN_PROCESS) &&
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

/* A page with this meta word stops being owned: count it out of the reserve. */
static inline void lab_uncharge_reserve(struct labyrinth_owner *owner, u64 meta)
{
	if (unlikely(lab_meta_flags(meta) & LAB_FROM_RESERVE))
		atomic_dec(&owner->from_reserve);
}

/* Count a page with bad memory that leaves. The kernel keeps it out of use once it is free. */
static inline void lab_count_hwpoison(struct labyrinth_owner *owner, const struct page *page)
{
	if (unlikely(lab_page_hwpoison(page)))
		atomic_long_inc(&owner->hwpoison);
}

void lab_page_to_kernel(struct page *page);
void lab_page_flush(void);

#endif /* _LABYRINTH_CORE_PAGE_H */
