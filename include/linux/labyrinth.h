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

/* Of this header, of the module and of all that comes with it. */
#define LABYRINTH_VERSION	"1.0"

/* Bytes of an owner's name with its terminating NUL. */
#define LABYRINTH_NAME_LEN	32

/* &labyrinth_owner_params.reserve_pct: never take a zone below its min watermark. */
#define LABYRINTH_RESERVE_NONE	(-1)

/**
 * enum labyrinth_scope - from where an owner's handle may be used
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
#define LABYRINTH_ZERO		0x1U	/* pages come zero-filled */
#define LABYRINTH_POISON	0x2U	/* freed pages are poisoned, and checked before reuse */
#define LABYRINTH_STACK		0x4U	/* the tag keeps the allocation's stack trace */

/**
 * struct labyrinth_owner_params - what an owner may do
 * @name: 1 to 31 characters of ``[A-Za-z0-9._:@-]``, unique among live owners
 * @budget: most pages owned at once, at least 1
 * @stock: pages kept ready for any CPU and context, at most @budget
 * @reserve_pct: share of each zone's atomic reserve this owner may use, 1 to
 *	100 percent; 0 for the module's default; %LABYRINTH_RESERVE_NONE for none
 * @nid: node to allocate from, or %NUMA_NO_NODE for the caller's
 * @scope: from where the handle may be used
 * @flags: %LABYRINTH_ZERO, %LABYRINTH_POISON, %LABYRINTH_STACK
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
 * enum labyrinth_state - what a tag says of its page
 * @LABYRINTH_READY: in the owner's stock or recycled, waiting to be handed out
 * @LABYRINTH_OWNED: handed out
 * @LABYRINTH_QUARANTINED: shared when it was given back; not used until that ends
 */
enum labyrinth_state {
	LABYRINTH_READY,
	LABYRINTH_OWNED,
	LABYRINTH_QUARANTINED,
};

/**
 * enum labyrinth_context - where a page was asked for
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
 * struct labyrinth_page_info - answer of labyrinth_query_page()
 * @owner: name of the page's owner
 * @state: what the tag says
 * @context: where the page was last handed out
 * @cpu: CPU on which it was last handed out
 * @node: NUMA node of the page
 * @from_reserve: it was taken from below a zone's min watermark
 * @age_ms: milliseconds since it was last handed out, in steps of 13 to 20
 * @caller: return address of the call that took it
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
 * Everything that @params.budget pages will need is allocated here, and the
 * stock is filled. The owner pins labyrinth, not the calling module; should
 * that module go without destroying the owner, labyrinth reports and does it.
 *
 * Context: Process context. May sleep. Where memory is being reclaimed, as in a storage
 * driver's reset, call it under memalloc_noio_save(): its folder in debugfs is then made a
 * little later.
 * Return: The owner; ERR_PTR(-EINVAL) where a parameter is wrong,
 * ERR_PTR(-EEXIST) where a live owner has the name, ERR_PTR(-ENOMEM) where
 * memory for the tags or the stock is short.
 */
static inline struct labyrinth_owner *
labyrinth_owner_create(const struct labyrinth_owner_params *params)
{
	return __labyrinth_owner_create(params, THIS_MODULE);
}

/**
 * devm_labyrinth_owner_create() - create an owner that goes with a device
 * @dev: device whose driver's detaching destroys the owner
 * @params: as for labyrinth_owner_create()
 *
 * Context: Process context. May sleep.
 * Return: As labyrinth_owner_create(); also ERR_PTR(-EINVAL) without @dev.
 */
static inline struct labyrinth_owner *
devm_labyrinth_owner_create(struct device *dev, const struct labyrinth_owner_params *params)
{
	return __devm_labyrinth_owner_create(dev, params, THIS_MODULE);
}

/**
 * labyrinth_owner_destroy() - end an owner
 * @owner: owner, or NULL or an ERR_PTR, for which nothing is done
 *
 * Its ready pages go back to the kernel. Pages still out become orphans:
 * ordinary pages of their holders, reported and listed in debugfs.
 *
 * Context: Process context. May sleep. As for labyrinth_owner_create() where memory is being
 * reclaimed.
 * Return: The number of pages still out.
 */
unsigned int labyrinth_owner_destroy(struct labyrinth_owner *owner);

/**
 * labyrinth_void_alloc_page_gfp_atomic_exclusive() - take one exclusive page
 * @owner: owner that the page is tagged to
 *
 * The page has a reference count of 1, is mapped nowhere, and its
 * ``private``, ``lru``, ``mapping`` and ``index`` are the holder's to use;
 * its ``flags`` are not: they say that the page is labyrinth's.
 * Its contents are undefined unless the owner has %LABYRINTH_ZERO.
 *
 * Context: Any, NMI included. Where the page allocator may not be called, the
 * owner's ready pages are all there is to count on.
 * Return: The page, or NULL. Each NULL is counted, and its reason is in
 * debugfs ``refusals``.
 */
struct page *labyrinth_void_alloc_page_gfp_atomic_exclusive(struct labyrinth_owner *owner);

/**
 * labyrinth_alloc_page() - take one exclusive page
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
 * labyrinth_alloc_pages_bulk() - take several pages
 * @owner: owner that the pages are tagged to
 * @nr: how many
 * @pages: array of at least @nr entries, filled from the start
 *
 * Context: Any, NMI included.
 * Return: How many pages were taken; entries from there on are untouched.
 */
unsigned int labyrinth_alloc_pages_bulk(struct labyrinth_owner *owner, unsigned int nr,
					struct page **pages);

/**
 * labyrinth_free_page() - give a page back
 * @owner: owner that the page is tagged to
 * @page: page of @owner
 *
 * Where somebody else has a reference, which may be one that passes, the page
 * waits in quarantine until it has gone. One that stays for more than a second
 * is reported.
 *
 * Context: Any, NMI included.
 * Return: 0; -EINVAL for a NULL or ERR_PTR; -ENOENT where @page is no
 * labyrinth page; -EPERM where it is another owner's, or the caller is out of
 * @owner's scope; -EALREADY where @owner has given it back before, or somebody
 * freed it behind labyrinth's back; -EBUSY where the page is mapped (it is
 * quarantined: the caller has lost it). A destroyed owner has no pages:
 * -ENOENT, or -EPERM for another's.
 */
int labyrinth_free_page(struct labyrinth_owner *owner, struct page *page);

/**
 * labyrinth_free_pages_bulk() - give several pages back
 * @owner: owner that the pages are tagged to
 * @nr: how many
 * @pages: array of @nr pages; left as it is
 *
 * Errors are reported page by page; the remaining pages are still freed. A page can be
 * taken again when the call returns, or earlier.
 *
 * Context: Any, NMI included.
 * Return: How many were given back without an error.
 */
unsigned int labyrinth_free_pages_bulk(struct labyrinth_owner *owner, unsigned int nr,
				       struct page **pages);

/**
 * labyrinth_release_page() - end exclusivity
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
 * labyrinth_transfer_page() - hand a page to another owner
 * @from: owner that the page is tagged to
 * @to: owner that it shall be tagged to
 * @page: page of @from
 *
 * At no instant has the page none or two owners.
 *
 * Context: Any but NMI.
 * Return: As labyrinth_release_page(); -ENOSPC where @to owns
 * as many pages as its budget allows; -EINVAL also where @to is destroyed. To
 * its own owner a page can always be handed.
 */
int labyrinth_transfer_page(struct labyrinth_owner *from, struct labyrinth_owner *to,
			    struct page *page);

/**
 * labyrinth_check_page() - is this page mine, and mine alone?
 * @owner: owner that the page should be tagged to
 * @page: page to check
 *
 * Context: Any, NMI included.
 * Return: 0, or the error that labyrinth_free_page() would
 * give; -EBUSY also where at this instant somebody else has a reference.
 * Nothing changes and nothing is reported.
 */
int labyrinth_check_page(struct labyrinth_owner *owner, struct page *page);

/**
 * labyrinth_query_page() - whose page is this?
 * @page: any page
 * @info: filled on success
 *
 * Context: Any but NMI.
 * Return: 0; -EINVAL for a NULL or ERR_PTR; -ENOENT where @page is no
 * labyrinth page; -EOPNOTSUPP in NMI.
 */
int labyrinth_query_page(struct page *page, struct labyrinth_page_info *info);

#endif /* _LINUX_LABYRINTH_H */
