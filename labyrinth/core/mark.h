/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mark: bits in page->flags that say "this page is labyrinth's".
 *
 * The reference count decides whether a page is shared, never whose it is: any page can have
 * one reference. The mark can be trusted because
 *
 * - the kernel clears it at every free of the page: all of it is in
 *   PAGE_FLAGS_CHECK_AT_PREP, which free_pages_prepare() clears, and no bit of it is in
 *   PAGE_FLAGS_CHECK_AT_FREE, which would make such a free a "Bad page";
 * - no page in use elsewhere has it. PG_swapbacked is on anonymous and shmem pages
 *   only. The bit of PG_mappedtodisk is on page cache that is not swap-backed, and, as
 *   PG_anon_exclusive, on anonymous pages, which are uptodate by then. So a page with both and
 *   without PG_uptodate is being taken apart: after an I/O error or a memory failure in the
 *   swap cache, or while FUSE steals it. Such a page is on the LRU or locked.
 *
 * Documentation/mark.rst goes through the kernel's users version by version.
 *
 * The mark is set before the page's tag is bound, and cleared in LAB_MOVING: always by the
 * only CPU that may change the tag. So a page with a mark has one tag, bound with it.
 */
#ifndef _LABYRINTH_CORE_MARK_H
#define _LABYRINTH_CORE_MARK_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/mm_types.h>
#include <linux/page-flags.h>
#include <linux/page_ref.h>

#include "compat.h"

#define LAB_MARK	(BIT(PG_swapbacked) | BIT(PG_mappedtodisk))

/* Bits that are tested: any that is set and not of the mark means another user's page. */
#define LAB_MARK_MASK	(LAB_MARK | BIT(PG_uptodate) | BIT(PG_lru) | BIT(PG_head) | \
			 BIT(PG_swapcache))

/* memory_failure() sets this on a page that it cannot take from its user. */
#ifdef CONFIG_MEMORY_FAILURE
#define LAB_HWPOISON	BIT(PG_hwpoison)
#else
#define LAB_HWPOISON	0UL
#endif

/* A page that is locked, or has bad memory, is not used either. */
#define LAB_SOUND_MASK	(LAB_MARK_MASK | LAB_HWPOISON | BIT(PG_locked))

static_assert(PG_mappedtodisk == PG_anon_exclusive);

/* Has the page the mark? So does one that is being freed, until the kernel clears its flags. */
static __always_inline bool lab_page_has_mark(const struct page *page)
{
	return (lab_peek(*lab_compat_flags(page)) & LAB_MARK_MASK) == LAB_MARK;
}

/*
 * Is the page still labyrinth's? A page with bad memory keeps its flags when it is freed, but
 * has no reference.
 */
static inline bool lab_page_marked(const struct page *page)
{
	return lab_page_has_mark(page) && page_ref_count(page);
}

/* One reference, no mapping. */
#define LAB_SOLE_COUNTS	(BIT_ULL(32) | U32_MAX)

static inline bool lab_page_sole(const struct page *page)
{
	return lab_compat_page_counts(page) == LAB_SOLE_COUNTS;
}

/*
 * Labyrinth's page, sound, with one reference and no mapping: flags and counts in one
 * comparison, of their sum. Counts cannot make up for wrong flags: the page would need a
 * negative map count, or more mappings than references.
 */
static __always_inline bool lab_page_exclusive(const struct page *page)
{
	unsigned long flags = lab_peek(*lab_compat_flags(page)) & LAB_SOUND_MASK;

	return flags + lab_compat_page_counts(page) == LAB_MARK + LAB_SOLE_COUNTS;
}

static inline bool lab_page_hwpoison(const struct page *page)
{
	return lab_peek(*lab_compat_flags(page)) & LAB_HWPOISON;
}

/* Atomic, since memory_failure() changes the flags of any page at any time. */
static __always_inline void lab_page_mark(struct page *page)
{
	BUILD_BUG_ON(LAB_MARK & ~PAGE_FLAGS_CHECK_AT_PREP);
	BUILD_BUG_ON(LAB_MARK & (PAGE_FLAGS_CHECK_AT_FREE));
	atomic_long_or(LAB_MARK, (atomic_long_t *)lab_compat_flags(page));
}

/* For a page that is not mapped. */
static __always_inline void lab_page_unmark(struct page *page)
{
	atomic_long_andnot(LAB_MARK, (atomic_long_t *)lab_compat_flags(page));
}

/*
 * A page that leaves while it is mapped keeps PG_swapbacked until it is freed: its mapping is
 * accounted as shmem by that bit, at its end as well.
 */
static inline void lab_page_unmark_mapped(struct page *page)
{
	unsigned long mark = lab_compat_mapcount(page) ? BIT(PG_mappedtodisk) : LAB_MARK;

	atomic_long_andnot(mark, (atomic_long_t *)lab_compat_flags(page));
}

#endif /* _LABYRINTH_CORE_MARK_H */
