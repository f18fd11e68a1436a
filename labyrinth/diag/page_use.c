// SPDX-License-Identifier: GPL-2.0
/*
 * What a page is used for at present, as far as the page itself shows.
 *
 * Any page may be asked about, and it may be freed and allocated again meanwhile. An answer was
 * true at some instant during the call; otherwise it is "unknown".
 *
 * - A page type, a flag, the mark of labyrinth or of a page_pool is one word, read once.
 * - page->mapping needs more care: a driver may keep anything there. It is interpreted only if
 *   the page is on the LRU or mapped, which is checked after a reference was taken: with it, the
 *   page cannot be freed and become another user's.
 * - The mapping is dereferenced only if the page is on the LRU, and with the folio locked, as it
 *   cannot be removed from the page cache then. Eviction of the inode removes all its folios
 *   first, and so waits for the lock: neither the inode nor the mapping needs a reference.
 *
 * The reference and the lock are of the kind that look-ups in the page cache, compaction and
 * memory_failure() take. No other page gets either. In particular a slab must not be locked: up
 * to 6.9 SLUB changes the flags of a new slab by operations that are not atomic.
 *
 * Nothing here sleeps on the caller's lab_owners_lock: the folio's lock is only tried, i_lock and
 * d_lock nest within it as in the page cache and the dcache, and no reference to a dentry
 * or an inode is taken, whose last put might evict the file. If the last reference to the page is
 * put, the page is freed, which does not sleep.
 */
#include <linux/ctype.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/seq_buf.h>
#include <linux/spinlock.h>
#include <linux/stat.h>

#include "../core/compat.h"
#include "../core/mark.h"
#include "page_use.h"

enum lab_use {
	LAB_USE_UNKNOWN,
	LAB_USE_FREE,
	LAB_USE_UNREFERENCED,
	LAB_USE_LABYRINTH,
	LAB_USE_HWPOISON,
	LAB_USE_SLAB,
	LAB_USE_PGTABLE,
	LAB_USE_HUGETLB,
	LAB_USE_PAGE_POOL,
	LAB_USE_ANON,
	LAB_USE_FILE,
	LAB_USE_BLOCKDEV,
	LAB_USE_MAPPED,
	LAB_USE_LRU,
};

static const struct {
	const char *cell, *words;
} lab_uses[] = {
	[LAB_USE_UNKNOWN]	= { "unknown", "cannot be told; a driver or an skb may hold it" },
	[LAB_USE_FREE]		= { "free", "free" },
	[LAB_USE_UNREFERENCED]	= { "unreferenced",
				    "unreferenced: in a CPU's free list, or in a larger block" },
	[LAB_USE_LABYRINTH]	= { "labyrinth", "labyrinth's, without another user" },
	[LAB_USE_HWPOISON]	= { "hwpoison", "bad memory (hwpoison)" },
	[LAB_USE_SLAB]		= { "slab", "in a slab; the page does not name the cache" },
	[LAB_USE_PGTABLE]	= { "pgtable", "a page table" },
	[LAB_USE_HUGETLB]	= { "hugetlb", "in a huge page of hugetlb" },
	[LAB_USE_PAGE_POOL]	= { "page_pool", "of a page_pool, in it or handed out by it" },
	[LAB_USE_ANON]		= { "anon", "anonymous memory of a process" },
	[LAB_USE_FILE]		= { "file", "page cache of a file" },
	[LAB_USE_BLOCKDEV]	= { "blockdev", "page cache of a block device" },
	[LAB_USE_MAPPED]	= { "mapped",
				    "mapped; the page does not name the processes; mappings" },
	[LAB_USE_LRU]		= { "lru", "on an LRU list, in no file" },
};

/* This bit of a mapping is set for anonymous memory, KSM included. */
#define LAB_MAPPING_ANON	1UL

/* Copy the name as one cell: blanks and bytes that are not printable ASCII become \ooo. */
static void lab_use_escape(const struct qstr *name, char *text, size_t size)
{
	static const char more[] = "...";
	char *end = text + size - sizeof(more);	/* the name's, if it is shortened */
	u32 i;

	for (i = 0; i < name->len; i++) {
		unsigned char c = name->name[i];
		bool plain = isascii(c) && isgraph(c) && c != '\\';

		if (text + (plain ? 1 : 4) > end) {
			strscpy(text, more, sizeof(more));
			return;
		}
		if (plain)
			*text++ = c;
		else
			text += sprintf(text, "\\%03o", c);
	}
	*text = '\0';
}

/* The name of a file, or the last one it had. Empty if it has none. */
static void lab_use_name(struct inode *inode, char *name, size_t size)
{
	struct dentry *dentry;
	bool found = false;

	spin_lock(&inode->i_lock);
	lab_compat_for_each_alias(dentry, inode) {
		spin_lock(&dentry->d_lock);
		/* A file opened by its handle has a dentry without its name. */
		if (!(dentry->d_flags & DCACHE_DISCONNECTED)) {
			lab_use_escape(&dentry->d_name, name, size);
			found = !d_unhashed(dentry);
		}
		spin_unlock(&dentry->d_lock);
		if (found)
			break;
	}
	spin_unlock(&inode->i_lock);
}

/* @folio is on the LRU, with a reference, and was in the page cache of @mapping. */
static enum lab_use lab_use_file(struct folio *folio, const struct address_space *mapping,
				 char *detail, size_t size)
{
	enum lab_use use = LAB_USE_FILE;
	struct inode *inode;

	if (!folio_trylock(folio))
		return use;
	inode = READ_ONCE(folio->mapping) == mapping ? mapping->host : NULL;
	if (inode && S_ISBLK(inode->i_mode)) {
		use = LAB_USE_BLOCKDEV;
		snprintf(detail, size, "%u:%u", imajor(inode), iminor(inode));
	} else if (inode) {
		lab_use_name(inode, detail, size);
	}
	folio_unlock(folio);
	return use;
}

/* The use of a page that has a type. UNKNOWN if it has none, or another one. */
static enum lab_use lab_use_type(struct page *head)
{
	if (PageSlab(head))
		return LAB_USE_SLAB;
	if (PageTable(head))
		return LAB_USE_PGTABLE;
	if (PageHuge(head))
		return LAB_USE_HUGETLB;
	return LAB_USE_UNKNOWN;
}

/* Has the page a type, which takes the place of the map count, or of the mapping? */
static bool lab_use_typed(struct page *head)
{
	return PageSlab(head) || page_has_type(head) || PageHuge(head);
}

/* The use of a page of processes or files. @folio has a reference. */
static enum lab_use lab_use_of_folio(struct folio *folio, char *detail, size_t size)
{
	struct address_space *mapping;
	int mappings;
	bool lru;

	/*
	 * The page may become, or have been, one with a type, but then it is not on the LRU, and
	 * the type is not a positive map count. Only SLAB, up to 6.7, counts in its place.
	 */
	if (lab_use_typed(&folio->page))
		return LAB_USE_UNKNOWN;
	/* SLAB clears the mark of a slab after the count: see the mark, then the count. */
	smp_rmb();
	lru = lab_peek(*lab_compat_flags(&folio->page)) & BIT(PG_lru);
	mappings = folio_test_large(folio) ? 0 : lab_compat_mapcount(&folio->page);
	mapping = READ_ONCE(folio->mapping);
	/* It sets the mark before the count. */
	smp_rmb();
	if (lab_use_typed(&folio->page) || (!lru && mappings <= 0))
		return LAB_USE_UNKNOWN;
	/* The kernel as well takes a mapped page with this bit for an anonymous one. */
	if ((unsigned long)mapping & LAB_MAPPING_ANON)
		return LAB_USE_ANON;
	if (lru && mapping)
		return lab_use_file(folio, mapping, detail, size);
	if (mappings <= 0)
		return LAB_USE_LRU;
	snprintf(detail, size, "%d", mappings);
	return LAB_USE_MAPPED;
}

static enum lab_use lab_use_of_user_page(struct page *page, char *detail, size_t size)
{
	struct folio *folio = page_folio(page);
	enum lab_use use = LAB_USE_UNKNOWN;

	if (!folio_try_get(folio))
		return use;
	/* Without a reference it could have been freed, or split. */
	if (page_folio(page) == folio)
		use = lab_use_of_folio(folio, detail, size);
	folio_put(folio);
	return use;
}

/* The use of a page that has labyrinth's mark. It is mapped by a driver only. */
static enum lab_use lab_use_of_marked_page(const struct page *page, u64 counts, char *detail,
					   size_t size)
{
	int mappings = (int)(u32)counts + 1;

	if (counts == LAB_SOLE_COUNTS)
		return LAB_USE_LABYRINTH;
	if (mappings <= 0)
		return LAB_USE_UNKNOWN;
	snprintf(detail, size, "%d", mappings);
	return LAB_USE_MAPPED;
}

/* The buddy's lock makes its answer exact: another order may be read from a page just taken. */
static bool lab_use_is_free(struct page *page)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&zone->lock, flags);
	free = is_free_buddy_page(page);
	spin_unlock_irqrestore(&zone->lock, flags);
	return free;
}

/*
 * The use of a page without a reference. Reclaim and migration take all references from pages
 * in use for an instant; these pages have flags. A page in a CPU's list of free pages looks like
 * one within a block that was allocated without __GFP_COMP.
 */
static enum lab_use lab_use_of_unreferenced(struct page *page)
{
	if (lab_use_is_free(page))
		return LAB_USE_FREE;
	if (PageCompound(page) || page_has_type(page) || READ_ONCE(page->mapping) ||
	    lab_peek(*lab_compat_flags(page)) & PAGE_FLAGS_CHECK_AT_PREP || page_ref_count(page))
		return LAB_USE_UNKNOWN;
	return LAB_USE_UNREFERENCED;
}

static enum lab_use lab_use_look(struct page *page, char *detail, size_t size)
{
	struct page *head = compound_head(page);
	enum lab_use use = lab_use_type(head);
	u64 counts;

	*detail = '\0';
	if (lab_page_hwpoison(page))
		return LAB_USE_HWPOISON;
	if (use)	/* unless the block was divided meanwhile */
		return compound_head(page) == head && lab_use_type(head) == use ? use :
										  LAB_USE_UNKNOWN;
	if (!page_ref_count(head))
		return lab_use_of_unreferenced(page);
	counts = lab_compat_page_counts(page);
	/* A page freed meanwhile has lost the mark: the counts must not be newer than the mark. */
	smp_rmb();
	if (lab_page_marked(page))
		return lab_use_of_marked_page(page, counts, detail, size);
	if (lab_use_typed(head))
		return LAB_USE_UNKNOWN;
	if (lab_peek(*lab_compat_flags(head)) & BIT(PG_lru) || lab_compat_mapcount(page) > 0)
		use = lab_use_of_user_page(page, detail, size);
	if (!use && lab_compat_is_page_pool(head) && compound_head(page) == head)
		use = LAB_USE_PAGE_POOL;
	return use;
}

/**
 * lab_page_use - what a page is used for at present, as one cell of a table
 * @page: any page of memory that is online
 * @text: for the cell, without white space
 * @size: LAB_PAGE_USE_LEN
 *
 * Context: process. Something must keep the struct page, like lab_owners_lock: see orphan.c.
 */
void lab_page_use(struct page *page, char *text, size_t size)
{
	char detail[LAB_PAGE_USE_LEN - 16];
	enum lab_use use = lab_use_look(page, detail, sizeof(detail));

	snprintf(text, size, "%s%s%s", lab_uses[use].cell, *detail ? ":" : "", detail);
}

/**
 * lab_page_use_say - the same in words
 * @text: the words are appended to it
 * @page: as lab_page_use() takes it
 */
void lab_page_use_say(struct seq_buf *text, struct page *page)
{
	char detail[LAB_PAGE_USE_LEN - 16];
	enum lab_use use = lab_use_look(page, detail, sizeof(detail));

	seq_buf_printf(text, "%s%s%s", lab_uses[use].words, *detail ? ": " : "", detail);
}
