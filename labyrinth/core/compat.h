/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All differences between the supported kernels. Kbuild looks into the kernel's headers and sets
 * LAB_HAVE_..., because a kernel may have newer interfaces than its version tells.
 */
#ifndef _LABYRINTH_CORE_COMPAT_H
#define _LABYRINTH_CORE_COMPAT_H

#include <linux/gfp.h>
#include <linux/glob.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/poison.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#error "labyrinth supports Linux 6.1 to 7.3"
#endif

#ifndef CONFIG_64BIT
#error "labyrinth needs a 64-bit kernel: a stack head and a tag word are 64 bits each"
#endif

#ifndef CONFIG_ARCH_HAVE_NMI_SAFE_CMPXCHG
#error "labyrinth needs a cmpxchg that is safe in NMI"
#endif

/* nr_free_highatomic came with 6.13 and with stable releases of older kernels. */
static inline unsigned long lab_compat_highatomic(const struct zone *zone)
{
#ifdef LAB_HAVE_NR_FREE_HIGHATOMIC
	return READ_ONCE(zone->nr_free_highatomic);
#else
	return READ_ONCE(zone->nr_reserved_highatomic);
#endif
}

/* Fills the first of @pages, which must be NULL, and returns how many. */
static inline unsigned long lab_compat_alloc_bulk(gfp_t gfp, int nid, unsigned long nr,
						  struct page **pages)
{
#ifdef LAB_HAVE_ALLOC_PAGES_BULK_NODE	/* 6.14 */
	return alloc_pages_bulk_node(gfp, nid, nr, pages);
#else
	return alloc_pages_bulk_array_node(gfp, nid, nr, pages);
#endif
}

/* Does @name match the shell pattern? A kernel without CONFIG_GLOB knows whole names only. */
static inline bool lab_compat_glob_match(const char *pattern, const char *name)
{
#if IS_REACHABLE(CONFIG_GLOB)
	return glob_match(pattern, name);
#else
	return !strcmp(pattern, name);
#endif
}

/* From 7.0 on, alloc_pages_nolock() is tried if the allocator's locks may not be taken. */
#ifdef LAB_HAVE_ALLOC_PAGES_NOLOCK
#define LAB_COMPAT_HAS_NOLOCK	1
#else
#define LAB_COMPAT_HAS_NOLOCK	0
#endif

static inline struct page *lab_compat_alloc_nolock(int nid)
{
#if LAB_COMPAT_HAS_NOLOCK
	return alloc_pages_nolock(0, nid, 0);
#else
	return NULL;
#endif
}

/*
 * Read a word that may change concurrently, once, for a comparison: as READ_ONCE(), but the
 * compiler may use it as a memory operand.
 */
#define lab_peek(word)	data_race(word)

/* The page's flags, which are wrapped in a struct since 6.18. */
static inline unsigned long *lab_compat_flags(const struct page *page)
{
#ifdef LAB_HAVE_MEMDESC_FLAGS
	return (unsigned long *)&page->flags.f;
#else
	return (unsigned long *)&page->flags;
#endif
}

/* page_mapped() is gone in 7.x; an order-0 page's count is still this field. */
static inline int lab_compat_mapcount(const struct page *page)
{
	return atomic_read(&page->_mapcount) + 1;
}

/*
 * The page's reference count in the upper half, its map count less one in the lower: one word,
 * as they are adjacent in all supported kernels.
 */
static inline u64 lab_compat_page_counts(const struct page *page)
{
#ifdef __LITTLE_ENDIAN
	static_assert(offsetof(struct page, _refcount) ==
		      offsetof(struct page, _mapcount) + sizeof(u32));
	if (!(offsetof(struct page, _mapcount) % sizeof(u64)))
		return lab_peek(*(const u64 *)&page->_mapcount);
#endif
	return (u64)page_ref_count(page) << 32 | (u32)atomic_read(&page->_mapcount);
}

/* Is it a page of a page_pool? No if the signature might as well be a driver's small number. */
static inline bool lab_compat_is_page_pool(struct page *page)
{
#ifndef CONFIG_PAGE_POOL
	return false;
#elif defined(LAB_HAVE_PAGE_POOL_PAGE_IS_PP)
	/* The page may be freed meanwhile; its signature is one word. */
	return POISON_POINTER_DELTA && data_race(page_pool_page_is_pp(page));
#else
	return POISON_POINTER_DELTA && (lab_peek(page->pp_magic) & ~3UL) == PP_SIGNATURE;
#endif
}

/* The names of an inode, under its i_lock. The list moved out of a union in 7.x. */
#ifdef LAB_HAVE_FOR_EACH_ALIAS
#define lab_compat_for_each_alias(dentry, inode)	for_each_alias(dentry, inode)
#else
#define lab_compat_for_each_alias(dentry, inode) \
	hlist_for_each_entry(dentry, &(inode)->i_dentry, d_u.d_alias)
#endif

typedef unsigned long (*lab_compat_shrink_fn)(struct shrinker *shrinker,
					      struct shrink_control *sc);

/* A registered shrinker, or NULL. The kernel allocates them since 6.7. */
static inline struct shrinker *lab_compat_shrinker_new(const char *name,
						       lab_compat_shrink_fn count,
						       lab_compat_shrink_fn scan)
{
	struct shrinker *shrinker;

#ifdef LAB_HAVE_SHRINKER_ALLOC
	shrinker = shrinker_alloc(0, "%s", name);
#else
	shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);
#endif
	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
#ifdef LAB_HAVE_SHRINKER_ALLOC
	shrinker_register(shrinker);
#else
	if (register_shrinker(shrinker, "%s", name)) {
		kfree(shrinker);
		return NULL;
	}
#endif
	return shrinker;
}

static inline void lab_compat_shrinker_free(struct shrinker *shrinker)
{
#ifdef LAB_HAVE_SHRINKER_ALLOC
	shrinker_free(shrinker);
#else
	unregister_shrinker(shrinker);
	kfree(shrinker);
#endif
}

#endif /* _LABYRINTH_CORE_COMPAT_H */
