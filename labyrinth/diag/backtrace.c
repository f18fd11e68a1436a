// SPDX-License-Identifier: GPL-2.0
/*
 * The caller of the page allocator: the first function on the stack that does not belong to the
 * page allocator or to an allocator built on it, like slab, page fragments, skb or page_pool.
 *
 * Functions are told by their names, because modules cannot get the addresses of these
 * functions. A name costs a search of kallsyms, which takes no lock and may be done in any
 * context. So what was found is kept in caches of return addresses. An entry is one word, so
 * concurrent writers need no lock, and one that is overwritten is looked up again.
 */
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "backtrace.h"

/* Frames that are looked at, and a power of 2 of cached ones. */
#define LAB_FRAMES		32
#define LAB_CACHE_BITS		10

/* What was found in the lower bits, above it the return address without its upper bits. */
#define LAB_CACHE_VALUE_BITS	2
#define LAB_CACHE_VALUE		(BIT(LAB_CACHE_VALUE_BITS) - 1)

/* Values of lab_watched. */
#define LAB_NO			1
#define LAB_YES			2

/*
 * The kinds of functions. They stay true when a module is unloaded and another one takes its
 * addresses: labyrinth is still there, and the allocators are not modules.
 */
static unsigned long lab_kinds[BIT(LAB_CACHE_BITS)];

/* Is a function in the watched module, or not? Emptied when a module leaves. */
static unsigned long lab_watched[BIT(LAB_CACHE_BITS)];
static char lab_watched_module[MODULE_NAME_LEN];

/* Functions of the allocators in 6.1 to 7.3 begin with these. */
static const char * const lab_inner[] = {
	/* tracing, and our own probes */
	"__traceiter_mm_page_", "trace_mm_page_", "lab_backtrace", "lab_watch_",
	/* mm/page_alloc.c, mm/mempolicy.c, mm/swap.c, mm/vmalloc.c: allocate */
	"alloc_page", "__alloc_page", "alloc_frozen_page", "__alloc_frozen_page", "alloc_contig_",
	"folio_alloc", "__folio_alloc", "vma_alloc_folio", "get_free_page", "__get_free_page",
	"get_zeroed_page", "try_alloc_page", "vm_area_alloc_pages", "vmalloc", "__vmalloc",
	"vzalloc",
	/* and free */
	"free_page", "__free_page", "___free_page", "free_frozen_page", "__free_frozen_page",
	"free_unref_", "free_pcp", "free_the_page", "free_compound_page", "free_contig_range",
	"destroy_compound_page", "destroy_large_folio", "folio_put", "folios_put", "put_page",
	"__folio_put", "__put_page", "__put_single_page", "__put_compound_page", "release_pages",
	/* mm/slub.c, mm/slab_common.c, mm/util.c, mm/mempool.c, mm/dmapool.c */
	"kmalloc", "__kmalloc", "___kmalloc", "kvmalloc", "__kvmalloc", "krealloc", "__krealloc",
	"kvrealloc", "kmemdup", "kmem_cache_", "__kmem_cache_", "slab_alloc", "__slab_alloc",
	"___slab_alloc", "new_slab", "allocate_slab", "alloc_slab_page", "alloc_single_from_",
	"alloc_from_new_slab", "alloc_from_pcs", "alloc_full_sheaf", "refill_sheaf",
	"refill_objects", "__refill_objects", "get_from_partial", "get_from_any_partial",
	"__pcs_replace", "kfree", "__kfree", "kvfree", "slab_free", "__slab_free", "do_slab_free",
	"free_slab", "__free_slab", "discard_slab", "free_large_kmalloc", "free_to_partial_list",
	"unfreeze_partials", "__unfreeze_partials", "put_cpu_partial", "mempool_", "dma_pool_",
	"pool_alloc_page",
	/* mm/page_frag_cache.c, net/core: skbuff.c, gro.c, sock.c, page_pool.c */
	"page_frag_", "__page_frag_", "alloc_skb", "__alloc_skb", "netdev_alloc", "__netdev_alloc",
	"napi_alloc", "__napi_alloc", "napi_skb_cache", "napi_get_frags", "build_skb",
	"__build_skb", "napi_build_skb", "__napi_build_skb", "slab_build_skb", "__slab_build_skb",
	"kmalloc_reserve", "pskb_", "__pskb_", "skb_copy", "skb_clone", "skb_page_frag_refill",
	"page_pool_", "__page_pool_", "skb_release_", "skb_free_", "kfree_skb", "consume_skb",
	"sk_skb_reason_drop", "__kfree_skb", "napi_consume_skb", "__napi_kfree_skb",
	"skb_attempt_defer_free", "__skb_frag_unref", "skb_page_unref", "napi_pp_put_page",
	/* kernel/dma */
	"dma_alloc_", "__dma_alloc_", "dmam_alloc_", "dma_direct_", "__dma_direct_", "dma_free_",
};

/* Names are as %pB prints them: "function+0x1/0x2 [module]". */
bool lab_frame_in(const char *name, const char *module)
{
	const char *found = strstr(name, " [");
	size_t len = strlen(module);

	/* A blank and the build ID may follow. */
	return found && len && !strncmp(found + 2, module, len) &&
	       (found[2 + len] == ']' || found[2 + len] == ' ');
}

enum lab_frame lab_frame_kind(const char *name)
{
	bool ours = lab_frame_in(name, "labyrinth"), core = !strstr(name, " [");
	unsigned int i;

	for (i = 0; (ours || core) && i < ARRAY_SIZE(lab_inner); i++)
		if (strstarts(name, lab_inner[i]))
			return LAB_FRAME_INNER;
	/* In the kernel's tree it may be no module. */
	if (ours || (core && (strstarts(name, "lab_") || strstarts(name, "labyrinth_"))))
		return LAB_FRAME_OURS;
	return LAB_FRAME_CALLER;
}

static noinline unsigned long lab_look_up_kind(unsigned long ip)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%pB", (void *)ip);
	return lab_frame_kind(name);
}

static noinline unsigned long lab_look_up_watched(unsigned long ip)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%pB", (void *)ip);
	return lab_frame_in(name, lab_watched_module) ? LAB_YES : LAB_NO;
}

/* What @look_up says of @ip, which is not 0. */
static unsigned long lab_cached(unsigned long *cache, unsigned long ip,
				unsigned long (*look_up)(unsigned long ip))
{
	unsigned long *entry = &cache[hash_long(ip, LAB_CACHE_BITS)];
	unsigned long word = READ_ONCE(*entry);

	if (likely(word && !((word ^ ip << LAB_CACHE_VALUE_BITS) >> LAB_CACHE_VALUE_BITS)))
		return word & LAB_CACHE_VALUE;
	word = ip << LAB_CACHE_VALUE_BITS | look_up(ip);
	WRITE_ONCE(*entry, word);
	return word & LAB_CACHE_VALUE;
}

/* Is this function in the watched module? Context: any. */
bool lab_backtrace_watched(unsigned long ip)
{
	return lab_cached(lab_watched, ip, lab_look_up_watched) == LAB_YES;
}

/* Find the caller. Without CONFIG_STACKTRACE it is unknown, 0. Context: any. */
void lab_backtrace(struct lab_backtrace *trace)
{
	unsigned long frames[LAB_FRAMES];
	unsigned int i, nr = 0, inner = 0;

	trace->kind = LAB_FRAME_CALLER;
#ifdef CONFIG_STACKTRACE
	nr = stack_trace_save(frames, LAB_FRAMES, 0);
#endif
	for (; inner < nr; inner++) {
		trace->kind = lab_cached(lab_kinds, frames[inner], lab_look_up_kind);
		if (trace->kind != LAB_FRAME_INNER)
			break;
	}
	/* Too deep to find the caller: the outermost function that was seen. */
	if (inner == nr && nr)
		inner--;
	for (i = 0; i < LAB_STACK_DEPTH; i++)
		trace->stack[i] = inner + i < nr ? frames[inner + i] : 0;
}

/* A module is about to be freed: other code may take its addresses. */
void lab_backtrace_forget(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lab_watched); i++)
		WRITE_ONCE(lab_watched[i], 0);
}

/* Watch this module from now on. lab_backtrace_watched() is not called concurrently. */
void lab_backtrace_watch(const char *module)
{
	strscpy(lab_watched_module, module, sizeof(lab_watched_module));
	lab_backtrace_forget();
}
