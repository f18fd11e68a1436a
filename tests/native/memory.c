// SPDX-License-Identifier: GPL-2.0
/*
 * Memory: slabs, per-CPU variables, and pages. A page is a struct page and 4 KiB of address
 * space. The page allocator is one lock-free stack of page numbers: it is no peer, and costs
 * little, so that what labyrinth adds to it can be seen.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "native.h"

/*
 * The area of one CPU: the kernel's own variables, then alloc_percpu(); then the modules' own,
 * whose offset is the address that the linker gave them.
 */
#define NATIVE_STATIC	0x4000UL
#define NATIVE_DYNAMIC	0x400000UL
#define NATIVE_AREA	0x1000000UL

static unsigned long next_percpu = NATIVE_STATIC;

/* As kmalloc(): a power of two is aligned to its size. */
static void *slab(size_t size)
{
	unsigned long align = is_power_of_2(size) && size <= PAGE_SIZE ? size : 64;

	return native_memory(size, max(align, 8UL));
}

void *__kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t gfp, size_t size)
{
	return slab(size);
}

void *__kmalloc_cache_node_noprof(struct kmem_cache *cache, gfp_t gfp, int node, size_t size)
{
	return slab(size);
}

void *__kmalloc_noprof(size_t size, gfp_t gfp)
{
	return slab(size);
}

void *__kmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t gfp, int node)
{
	return slab(size);
}

/* Of huge pages if it is large, unlike vmalloc(). */
void *__kvmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t gfp, int node)
{
	return native_memory(size, size < NATIVE_HUGE ? PAGE_SIZE : NATIVE_HUGE);
}

void *__vmalloc_noprof(unsigned long size, gfp_t gfp)
{
	return native_memory(size, PAGE_SIZE);
}

void *__vmalloc_node_noprof(unsigned long size, unsigned long align, gfp_t gfp, int node,
			    const void *caller)
{
	return native_memory(size, PAGE_SIZE);
}

void kfree(const void *mem)
{
}

void kvfree(const void *mem)
{
}

/* A per-CPU pointer is an offset into every CPU's area, as in the kernel. */
void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp)
{
	unsigned long at = ALIGN(next_percpu, align);

	next_percpu = at + size;
	if (next_percpu > NATIVE_DYNAMIC)
		native_die("alloc_percpu: the areas are full");
	return (void __percpu *)at;
}

void free_percpu(void __percpu *mem)
{
}

/* ---- pages */

static u64 free_head;		/* changes in the upper half, page number in the lower */
static u32 *free_next;
static atomic_long_t nr_free;

static void give(struct page *page)
{
	u32 nr = page_to_pfn(page);
	u64 old = READ_ONCE(free_head);

	do {
		WRITE_ONCE(free_next[nr], (u32)old);
	} while (!try_cmpxchg(&free_head, &old, ((old >> 32) + 1) << 32 | nr));
	atomic_long_inc(&nr_free);
}

static struct page *take(void)
{
	u64 old = READ_ONCE(free_head);
	struct page *page;

	do {
		if (!(u32)old)
			return NULL;
	} while (!try_cmpxchg(&free_head, &old,
			      ((old >> 32) + 1) << 32 | READ_ONCE(free_next[(u32)old])));
	atomic_long_dec(&nr_free);
	page = pfn_to_page((u32)old);
	set_page_count(page, 1);
	return page;
}

/* As free_pages_prepare(): the flags go with the page, but for bad memory. */
static void prepare(struct page *page)
{
	WRITE_ONCE(page->flags, 0);
	page->mapping = NULL;
	set_page_private(page, 0);
	give(page);
}

struct page *__alloc_pages_noprof(gfp_t gfp, unsigned int order, int nid, nodemask_t *nodes)
{
	struct page *page = order ? NULL : take();

	if (page && gfp & __GFP_ZERO)
		memset(page_address(page), 0, PAGE_SIZE);
	return page;
}

struct page *alloc_pages_noprof(gfp_t gfp, unsigned int order)
{
	return __alloc_pages_noprof(gfp, order, 0, NULL);
}

unsigned long alloc_pages_bulk_noprof(gfp_t gfp, int nid, nodemask_t *nodes, int nr,
				      struct list_head *list, struct page **pages)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			continue;
		pages[i] = __alloc_pages_noprof(gfp, 0, nid, nodes);
		if (!pages[i])
			break;
	}
	return i;
}

/* One of three is patched in at boot. */
void clear_page_orig(void *page)
{
	memset(page, 0, PAGE_SIZE);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (put_page_testzero(page))
		prepare(page);
}

void __folio_put(struct folio *folio)
{
	prepare(&folio->page);
}

/* Tests of torture: a page that is gone, and come back, is the same page. */
unsigned long native_pages_free(void)
{
	return atomic_long_read(&nr_free);
}

/* ---- at boot */

unsigned long __per_cpu_offset[NR_CPUS];
unsigned long vmemmap_base, page_offset_base, phys_base;
struct pglist_data *node_data[MAX_NUMNODES];
atomic_long_t _totalram_pages = ATOMIC_LONG_INIT(NATIVE_PAGES);
nodemask_t node_states[NR_NODE_STATES] = { [0 ... NR_NODE_STATES - 1] = { { [0] = 1UL } } };
unsigned int nr_node_ids = 1;
struct mem_section **mem_section;	/* none: reports do not show page numbers */

unsigned long native_cpu_base(unsigned int cpu)
{
	return __per_cpu_offset[cpu];
}

void native_memory_boot(void)
{
	unsigned int cpu;
	u32 pfn;

	for (cpu = 0; cpu < NATIVE_CPUS; cpu++)
		__per_cpu_offset[cpu] = (unsigned long)native_memory(NATIVE_AREA, PAGE_SIZE);
	vmemmap_base = (unsigned long)native_memory(NATIVE_PAGES * sizeof(struct page),
						    NATIVE_HUGE);
	page_offset_base = (unsigned long)native_memory(NATIVE_PAGES * PAGE_SIZE, PAGE_SIZE);
	free_next = native_memory(NATIVE_PAGES * sizeof(*free_next), PAGE_SIZE);
	node_data[0] = native_memory(sizeof(*node_data[0]), PAGE_SIZE);
	/* The first that is taken is page 1. */
	for (pfn = NATIVE_PAGES - 1; pfn; pfn--) {
		struct page *page = pfn_to_page(pfn);

		atomic_set(&page->_mapcount, -1);
		give(page);
	}
}
