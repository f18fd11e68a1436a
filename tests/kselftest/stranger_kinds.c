// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel users that may get a page.
 *
 * The per-CPU lists of free pages are LIFO, one for each migratetype. Labyrinth's pages are
 * allocated from and freed to the unmovable list, so every stranger must allocate from it:
 * users of movable pages run under memalloc_pin_save(). See stranger_take().
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "stranger.h"

/* ---- alloc_page() */

static struct page *page_held[STRANGER_MOST];

static int page_prepare(void)
{
	memset(page_held, 0, sizeof(page_held));
	return 0;
}

static struct page *page_more(unsigned int nr)
{
	page_held[nr] = alloc_page(GFP_ATOMIC);
	return page_held[nr];
}

static void page_give(void)
{
	unsigned int i;

	for (i = 0; i < STRANGER_MOST && page_held[i]; i++)
		__free_page(page_held[i]);
}

/* ---- anonymous memory of the calling process */

/* Touching one page before and one after the others allocates page tables ahead. */
#define ANON_SIZE	((STRANGER_MOST + 2) * PAGE_SIZE)

static unsigned long anon_address;

/* Fault in the anonymous memory at @address and return its page. */
static struct page *anon_touch(unsigned long address)
{
	struct page *page;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1)
		return NULL;
	put_page(page);
	return page;
}

static int anon_prepare(void)
{
	if (!current->mm)
		return -EINVAL;
	anon_address = vm_mmap(NULL, 0, ANON_SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(anon_address))
		return anon_address;
	if (anon_touch(anon_address) && anon_touch(anon_address + ANON_SIZE - PAGE_SIZE))
		return 0;
	vm_munmap(anon_address, ANON_SIZE);
	return -ENOMEM;
}

static struct page *anon_more(unsigned int nr)
{
	return anon_touch(anon_address + (nr + 1) * PAGE_SIZE);
}

static void anon_give(void)
{
	vm_munmap(anon_address, ANON_SIZE);
}

/* ---- page cache */

static struct file *cache_file;

static int cache_prepare(const char *folder)
{
	struct file *file = filp_open(folder, O_TMPFILE | O_RDWR, 0600);

	if (IS_ERR(file))
		return PTR_ERR(file);
	cache_file = file;
	/* The file is a hole: reads allocate its pages. */
	i_size_write(file_inode(file), STRANGER_MOST * PAGE_SIZE);
	return 0;
}

static struct page *cache_page(struct page *page)
{
	if (IS_ERR(page))
		return NULL;
	/* The cache has its own reference. */
	put_page(page);
	return page;
}

static void cache_give(void)
{
	fput(cache_file);
}

static int tmpfs_prepare(void)
{
	return cache_prepare("/tmp");
}

static struct page *tmpfs_more(unsigned int nr)
{
	return cache_page(shmem_read_mapping_page_gfp(cache_file->f_mapping, nr, GFP_KERNEL));
}

/* The test mounts a ramfs there. */
static int ramfs_prepare(void)
{
	return cache_prepare("/tmp/ramfs");
}

static struct page *ramfs_more(unsigned int nr)
{
	return cache_page(read_mapping_page(cache_file->f_mapping, nr, cache_file));
}

/* The flags of a page that was read ahead from a disk, reclaimed and read again. */
static void refaulted_keep(struct page *page)
{
	set_bit(PG_mappedtodisk, lab_compat_page_flags(page));
	set_bit(PG_workingset, lab_compat_page_flags(page));
	set_bit(PG_reclaim, lab_compat_page_flags(page));
}

/* ---- a slab */

#define SLAB_OBJECT	64
#define SLAB_OBJECTS	(PAGE_SIZE / SLAB_OBJECT)

static struct kmem_cache *slab_cache;
static void *slab_objects[STRANGER_MOST * SLAB_OBJECTS];
static unsigned int slab_nr;
/* The number of these objects in each page. */
static struct { struct page *page; unsigned int objects; } slab_pages[STRANGER_MOST];

static int slab_prepare(void)
{
	slab_nr = 0;
	memset(slab_pages, 0, sizeof(slab_pages));
	/* A cache with a usercopy region is not merged with another cache. */
	slab_cache = kmem_cache_create_usercopy("lab_stranger", SLAB_OBJECT, 0, 0, 0,
						SLAB_OBJECT, NULL);
	return slab_cache ? 0 : -ENOMEM;
}

/* Count an object of @page. Returns true if all objects of the page are allocated here. */
static bool slab_is_ours(const struct page *page)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slab_pages); i++) {
		if (slab_pages[i].page && slab_pages[i].page != page)
			continue;
		slab_pages[i].page = (struct page *)page;
		return ++slab_pages[i].objects == SLAB_OBJECTS;
	}
	return false;
}

/* The next page whose objects are all allocated here. Per-CPU arrays may mix objects of pages. */
static struct page *slab_more(unsigned int nr)
{
	while (slab_nr < ARRAY_SIZE(slab_objects)) {
		void *object = kmem_cache_alloc(slab_cache, GFP_ATOMIC);

		if (!object)
			return NULL;
		slab_objects[slab_nr++] = object;
		if (slab_is_ours(virt_to_page(object)))
			return virt_to_page(object);
	}
	return NULL;
}

static void slab_give(void)
{
	while (slab_nr)
		kmem_cache_free(slab_cache, slab_objects[--slab_nr]);
	kmem_cache_destroy(slab_cache);
}

/* ---- a page_pool */

#ifdef CONFIG_PAGE_POOL
#ifdef LAB_HAVE_PAGE_POOL_FOLDER
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

static struct page_pool *pool;
static struct page *pool_held[STRANGER_MOST];

static int pool_prepare(void)
{
	memset(pool_held, 0, sizeof(pool_held));
	pool = page_pool_create(&(struct page_pool_params){
		.pool_size = STRANGER_MOST, .nid = NUMA_NO_NODE,
	});
	return PTR_ERR_OR_ZERO(pool);
}

/* A page_pool allocates 64 pages at a time, and returns the last of them first. */
static struct page *pool_more(unsigned int nr)
{
	local_bh_disable();
	pool_held[nr] = page_pool_alloc_pages(pool, GFP_ATOMIC);
	local_bh_enable();
	return pool_held[nr];
}

static void pool_give(void)
{
	unsigned int i;

	for (i = 0; i < STRANGER_MOST && pool_held[i]; i++)
		page_pool_put_full_page(pool, pool_held[i], false);
	page_pool_destroy(pool);
}
#endif

static const struct stranger_kind stranger_kinds[] = {
	{ "page", true, page_prepare, page_more, NULL, page_give },
	{ "anon", false, anon_prepare, anon_more, NULL, anon_give },
	{ "tmpfs", false, tmpfs_prepare, tmpfs_more, NULL, cache_give },
	{ "refaulted", false, ramfs_prepare, ramfs_more, refaulted_keep, cache_give },
	{ "slab", true, slab_prepare, slab_more, NULL, slab_give, true },
#ifdef CONFIG_PAGE_POOL
	{ "page_pool", true, pool_prepare, pool_more, NULL, pool_give },
#endif
};

const struct stranger_kind *stranger_kind(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stranger_kinds); i++)
		if (!strcmp(stranger_kinds[i].name, name))
			return &stranger_kinds[i];
	return NULL;
}
