/* SPDX-License-Identifier: GPL-2.0 */
/*
 * labyrinth - exclusive atomic pages with an ownership tag
 */
#ifndef _LINUX_LABYRINTH_H
#define _LINUX_LABYRINTH_H

#include <linux/module.h>
#include <linux/numa.h>
#include <linux/types.h>

struct device;
struct page;
struct labyrinth_owner;

/* The version of this header, the module and the tools. */
#define LABYRINTH_VERSION	"1.0"

/*
 * The interface of this header. Each addition to it raises the number; nothing is removed or
 * changes its meaning without a new first number of LABYRINTH_VERSION.
 */
#define LABYRINTH_API		2

/* Bytes of an owner's name, including the terminating NUL. */
#define LABYRINTH_NAME_LEN	32

/* &labyrinth_owner_params.reserve_pct: never take a zone below its min watermark. */
#define LABYRINTH_RESERVE_NONE	(-1)

/**
 * enum labyrinth_scope - callers that may use an owner's handle
 * @LABYRINTH_SCOPE_OWNER: any holder, in any context
 * @LABYRINTH_SCOPE_PROCESS: tasks of the creator's thread group, in task context
 * @LABYRINTH_SCOPE_THREAD: the creating task alone, in task context
 */
enum labyrinth_scope {
	LABYRINTH_SCOPE_OWNER,
	LABYRINTH_SCOPE_PROCESS,
	LABYRINTH_SCOPE_THREAD,
};

/* &labyrinth_owner_params.flags */
#define LABYRINTH_ZERO		0x1U	/* allocated pages are zero-filled */
#define LABYRINTH_POISON	0x2U	/* freed pages are poisoned, and checked before reuse */
#define LABYRINTH_STACK		0x4U	/* the tag keeps the allocation's stack trace */
#define LABYRINTH_ADAPT		0x8U	/* the stock grows and shrinks with the load; API 2 */
#define LABYRINTH_FIXED		0x10U	/* the operator may not change the owner's limits */

/**
 * struct labyrinth_owner_params - parameters of an owner
 * @name: 1 to 31 characters of ``[A-Za-z0-9._:@-]``, unique among live owners
 * @budget: most pages owned at once, at least 1; the operator may raise it
 * @stock: pages kept ready for any CPU and context, at most @budget; with
 *	%LABYRINTH_ADAPT the least of them; the operator may change it
 * @reserve_pct: share of each zone's atomic reserve this owner may use, 1 to
 *	100 percent; 0 for the module's default; %LABYRINTH_RESERVE_NONE for none
 * @nid: node to allocate from, or %NUMA_NO_NODE for the caller's
 * @scope: callers that may use the handle
 * @flags: %LABYRINTH_ZERO, %LABYRINTH_POISON, %LABYRINTH_STACK, %LABYRINTH_ADAPT,
 *	%LABYRINTH_FIXED
 *
 * The module's parameter ``settings`` and the owner's files in debugfs may override @budget, @stock
 * and @reserve_pct. A driver whose own arrays are sized by its budget, or that must not be changed
 * for another reason, forbids that by %LABYRINTH_FIXED.
 */
struct labyrinth_owner_params {
	const char *name;
	unsigned int budget;
	unsigned int stock;
	int reserve_pct;
	int nid;
	enum labyrinth_scope scope;
	unsigned int flags;
};

/**
 * enum labyrinth_state - state of a page, from its tag
 * @LABYRINTH_READY: in the owner's stock or recycled, waiting to be handed out
 * @LABYRINTH_OWNED: handed out
 * @LABYRINTH_QUARANTINED: shared when it was freed; not used while it is shared
 */
enum labyrinth_state {
	LABYRINTH_READY,
	LABYRINTH_OWNED,
	LABYRINTH_QUARANTINED,
};

/**
 * enum labyrinth_context - context in which a page was allocated
 * @LABYRINTH_TASK: task context, preemptible or not
 * @LABYRINTH_SOFTIRQ: serving a softirq
 * @LABYRINTH_HARDIRQ: serving a hardware interrupt
 * @LABYRINTH_NMI: serving a non-maskable interrupt
 */
enum labyrinth_context {
	LABYRINTH_TASK,
	LABYRINTH_SOFTIRQ,
	LABYRINTH_HARDIRQ,
	LABYRINTH_NMI,
};

/**
 * struct labyrinth_page_info - result of labyrinth_query_page()
 * @owner: name of the page's owner
 * @state: state of the page
 * @context: context in which the page was last handed out
 * @cpu: CPU on which it was last handed out
 * @node: NUMA node of the page
 * @from_reserve: the page was taken from below a zone's min watermark
 * @age_ms: milliseconds since it was last handed out, in steps of 13 to 20
 * @caller: return address of the call that took the page
 */
struct labyrinth_page_info {
	char owner[LABYRINTH_NAME_LEN];
	enum labyrinth_state state;
	enum labyrinth_context context;
	unsigned int cpu;
	int node;
	bool from_reserve;
	u64 age_ms;
	unsigned long caller;
};

struct labyrinth_owner *
__labyrinth_owner_create(const struct labyrinth_owner_params *params, struct module *module);
struct labyrinth_owner *
__devm_labyrinth_owner_create(struct device *dev, const struct labyrinth_owner_params *params,
			      struct module *module);

/**
 * labyrinth_owner_create() - create an owner of exclusive pages
 * @params: name, budget, stock and policy; copied
 *
 * Allocates the tags of all pages in advance, and fills the stock. The owner
 * pins labyrinth, not the calling module. If that module is unloaded without
 * destroying the owner, labyrinth reports it and destroys the owner.
 *
 * Context: Process context. May sleep. During memory reclaim, as in a storage driver's reset,
 * call it under memalloc_noio_save(): the owner's folder in debugfs is then created a little
 * later.
 * Return: The owner; ERR_PTR(-EINVAL) if a parameter is invalid,
 * ERR_PTR(-EEXIST) if a live owner has the name, ERR_PTR(-ENOMEM) if there is
 * not enough memory for the tags or the stock.
 */
static inline struct labyrinth_owner *
labyrinth_owner_create(const struct labyrinth_owner_params *params)
{
	return __labyrinth_owner_create(params, THIS_MODULE);
}

/**
 * devm_labyrinth_owner_create() - create an owner that a device manages
 * @dev: device; the owner is destroyed when its driver is detached
 * @params: as for labyrinth_owner_create()
 *
 * Context: Process context. May sleep.
 * Return: As labyrinth_owner_create(); also ERR_PTR(-EINVAL) if @dev is NULL.
 */
static inline struct labyrinth_owner *
devm_labyrinth_owner_create(struct device *dev, const struct labyrinth_owner_params *params)
{
	return __devm_labyrinth_owner_create(dev, params, THIS_MODULE);
}

/**
 * labyrinth_owner_destroy() - destroy an owner
 * @owner: owner; nothing is done for NULL or an ERR_PTR
 *
 * Its ready pages are freed to the kernel. Pages that it still owns become
 * orphans: ordinary pages of their holders, reported and listed in debugfs.
 *
 * Context: Process context. May sleep. During memory reclaim, call it under
 * memalloc_noio_save().
 * Return: The number of pages that it still owned.
 */
unsigned int labyrinth_owner_destroy(struct labyrinth_owner *owner);

/**
 * labyrinth_void_alloc_page_gfp_atomic_exclusive() - allocate one exclusive page
 * @owner: owner that the page is tagged to
 *
 * The page has a reference count of 1 and is not mapped. The owner may use its
 * ``private``, ``lru``, ``mapping`` and ``index``, but not its ``flags``, which
 * mark the page as labyrinth's.
 * Its contents are undefined unless the owner has %LABYRINTH_ZERO.
 *
 * Context: Any, NMI included. In contexts that may not call the page allocator, only
 * the owner's ready pages are available.
 * Return: The page, or NULL. Each NULL is counted, and its reason is in
 * debugfs ``refusals``.
 */
struct page *labyrinth_void_alloc_page_gfp_atomic_exclusive(struct labyrinth_owner *owner);

/**
 * labyrinth_alloc_page() - allocate one exclusive page
 * @owner: owner that the page is tagged to
 *
 * The short name of labyrinth_void_alloc_page_gfp_atomic_exclusive().
 *
 * Context: Any, NMI included.
 * Return: The page, or NULL with a reason in debugfs ``refusals``.
 */
static inline struct page *labyrinth_alloc_page(struct labyrinth_owner *owner)
{
	return labyrinth_void_alloc_page_gfp_atomic_exclusive(owner);
}

/**
 * labyrinth_alloc_pages_bulk() - allocate several exclusive pages
 * @owner: owner that the pages are tagged to
 * @nr: number of pages
 * @pages: array of at least @nr entries, filled from the start
 *
 * Recycled pages come first. Then, where the page allocator may be called, pages
 * come from it in batches. The stock serves what it does not give, so a bulk call
 * leaves the stock alone while the kernel has memory. (An owner with flags, or with
 * a scope, gets each page as from labyrinth_alloc_page().)
 *
 * Context: Any, NMI included.
 * Return: The number of pages allocated; the entries after them are unchanged.
 */
unsigned int labyrinth_alloc_pages_bulk(struct labyrinth_owner *owner, unsigned int nr,
					struct page **pages);

/**
 * labyrinth_free_page() - free a page
 * @owner: owner that the page is tagged to
 * @page: page of @owner
 *
 * If there is another reference to the page, the page is quarantined until that
 * reference is dropped. A reference may be transient; one that is held for more
 * than a second is reported.
 *
 * Context: Any, NMI included.
 * Return: 0; -EINVAL for a NULL or ERR_PTR; -ENOENT if @page is no
 * labyrinth page; -EPERM if it is another owner's, or the caller is out of
 * @owner's scope; -EALREADY if @owner has freed it before, or it was freed
 * behind labyrinth's back; -EBUSY if the page is mapped (it is quarantined,
 * and no longer the caller's). A destroyed owner has no pages: -ENOENT, or
 * -EPERM for another owner's page.
 */
int labyrinth_free_page(struct labyrinth_owner *owner, struct page *page);

/**
 * labyrinth_free_pages_bulk() - free several pages
 * @owner: owner that the pages are tagged to
 * @nr: number of pages
 * @pages: array of @nr pages; not changed
 *
 * Errors are reported page by page; the remaining pages are still freed. A page may be
 * taken again before the call returns.
 *
 * Context: Any, NMI included.
 * Return: The number of pages freed without an error.
 */
unsigned int labyrinth_free_pages_bulk(struct labyrinth_owner *owner, unsigned int nr,
				       struct page **pages);

/**
 * labyrinth_release_page() - turn a page into an ordinary one
 * @owner: owner that the page is tagged to
 * @page: page of @owner
 *
 * On success @page is an ordinary page, and the caller holds the reference that
 * was labyrinth's.
 *
 * Context: Any but NMI.
 * Return: As labyrinth_free_page(), but -EBUSY changes nothing;
 * -EOPNOTSUPP in NMI.
 */
int labyrinth_release_page(struct labyrinth_owner *owner, struct page *page);

/**
 * labyrinth_transfer_page() - transfer a page to another owner
 * @from: owner that the page is tagged to
 * @to: new owner
 * @page: page of @from
 *
 * The page has exactly one owner at any instant.
 *
 * Context: Any but NMI.
 * Return: As labyrinth_release_page(); -ENOSPC if @to owns
 * as many pages as its budget allows; -EINVAL also if @to is destroyed. A
 * transfer of a page to its own owner is always possible.
 */
int labyrinth_transfer_page(struct labyrinth_owner *from, struct labyrinth_owner *to,
			    struct page *page);

/**
 * labyrinth_check_page() - check that a page is exclusively its owner's
 * @owner: owner that the page should be tagged to
 * @page: page to check
 *
 * Context: Any, NMI included.
 * Return: 0, or the error that labyrinth_free_page() would
 * return; -EBUSY also if there is another reference at this instant.
 * Nothing changes and nothing is reported.
 */
int labyrinth_check_page(struct labyrinth_owner *owner, struct page *page);

/**
 * labyrinth_query_page() - look up the owner of a page
 * @page: any page
 * @info: filled on success
 *
 * Context: Any but NMI.
 * Return: 0; -EINVAL for a NULL or ERR_PTR; -ENOENT if @page is no
 * labyrinth page; -EOPNOTSUPP in NMI.
 */
int labyrinth_query_page(struct page *page, struct labyrinth_page_info *info);

#endif /* _LINUX_LABYRINTH_H */
