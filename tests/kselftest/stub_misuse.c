// SPDX-License-Identifier: GPL-2.0
/* Use of pages and handles other than by labyrinth's calls. */
#include <linux/bottom_half.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "compat.h"
#include "stub.h"

static struct device *stub_root;

struct device *stub_device(void)
{
	if (!stub_root)
		stub_root = root_device_register("lab_stub");
	return stub_root;
}

void stub_device_remove(void)
{
	if (!IS_ERR_OR_NULL(stub_root))
		root_device_unregister(stub_root);
	stub_root = NULL;
}

static long stub_get_ref(struct page **page, const long *args)
{
	get_page(*page);
	return page_ref_count(*page);
}

static long stub_put_ref(struct page **page, const long *args)
{
	if (!*page)
		return -EINVAL;
	put_page(*page);
	return 0;
}

/*
 * Free a page behind labyrinth, then free it to labyrinth at once: a user that allocates the
 * page in between and has one reference would lose it.
 */
static noinline long stub_put_and_free(struct page **page, const long *args)
{
	long err;

	local_bh_disable();
	put_page(*page);
	err = labyrinth_free_page(stub_owners[args[1]], *page);
	local_bh_enable();
	return err;
}

static long stub_refs(struct page **page, const long *args)
{
	return page_ref_count(*page);
}

static long stub_pfn(struct page **page, const long *args)
{
	return page_to_pfn(*page);
}

/* The first of args[2] slots from args[1] on that has @page, or -1. */
static long stub_find(struct page **page, const long *args)
{
	long i;

	for (i = args[1]; i < args[1] + args[2] && i < STUB_PAGES; i++)
		if (stub_pages[i] == *page)
			return i;
	return -1;
}

/*
 * Take a page for an owner that the kernel would hand out next if it were freed on this CPU.
 * A page of a pageblock of another migratetype would go to other users.
 */
static long stub_take_loose(struct page **page, const long *args)
{
	struct labyrinth_owner *owner = stub_owners[args[1]];
	struct page *first, *second;
	int tries = 1000;

	migrate_disable();
	while (tries--) {
		first = alloc_page(GFP_NOWAIT);
		if (first)
			__free_page(first);
		second = alloc_page(GFP_NOWAIT);
		if (second)
			__free_page(second);
		*page = labyrinth_alloc_page(owner);
		if (!*page || (*page == first && first == second))
			break;
		labyrinth_release_page(owner, *page);
		__free_page(*page);
		*page = NULL;
	}
	migrate_enable();
	return *page ? 0 : -ENOMEM;
}

/* Free a page behind labyrinth, and allocate pages for an owner until it gets this one. */
static long stub_come_back(struct page **page, const long *args)
{
	struct labyrinth_owner *owner = stub_owners[args[1]];
	long i = args[2];

	migrate_disable();
	put_page(*page);
	for (; i < min(args[2] + 100, (long)STUB_PAGES); i++) {
		stub_pages[i] = labyrinth_alloc_page(owner);
		if (stub_pages[i] == *page)
			break;
	}
	migrate_enable();
	return i < STUB_PAGES && stub_pages[i] == *page ? i : -1;
}

static long stub_plain(struct page **page, const long *args)
{
	*page = alloc_page(GFP_KERNEL);
	return *page ? 0 : -ENOMEM;
}

static long stub_null_page(struct page **page, const long *args)
{
	*page = NULL;
	return 0;
}

static long stub_err_page(struct page **page, const long *args)
{
	*page = ERR_PTR(-ENOMEM);
	return 0;
}

/* Pointers that never pointed to a struct page. */
static long stub_wild_page(struct page **page, const long *args)
{
	static const unsigned long wild[] = { 0x8, PAGE_SIZE, 0xdead4ead0000, -1UL << 47 };

	if (args[1] < ARRAY_SIZE(wild))
		*page = (struct page *)wild[args[1]];
	else
		*page = (struct page *)stub_owners;
	return 0;
}

/* The second page of two; PAGE + 1 is the first. */
static long stub_tail_page(struct page **page, const long *args)
{
	struct page *head = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);

	if (!head)
		return -ENOMEM;
	page[0] = head + 1;
	page[1] = head;
	return 0;
}

static long stub_copy_page(struct page **page, const long *args)
{
	stub_pages[args[1]] = *page;
	return 0;
}

static long stub_fill(struct page **page, const long *args)
{
	memset(page_address(*page), args[1], PAGE_SIZE);
	return 0;
}

static long stub_holds(struct page **page, const long *args)
{
	return !memchr_inv(page_address(*page), args[1], PAGE_SIZE);
}

/* Change one byte in the middle, so that a check of both ends would miss it. */
static long stub_poke(struct page **page, const long *args)
{
	((u8 *)page_address(*page))[PAGE_SIZE / 2 + 1] ^= 0x55;
	return 0;
}

/* Write to all fields that the owner may use. Bit 0 of lru.next stays 0: it marks a tail page. */
static long stub_scribble(struct page **page, const long *args)
{
	set_page_private(*page, 0xdeadbeef);
	(*page)->lru.next = (struct list_head *)0xdead4ead0010;
	(*page)->lru.prev = (struct list_head *)0xdead4ead0020;
	(*page)->mapping = (struct address_space *)0xdead4ead0030;
	lab_compat_set_page_index(*page, 0x12345678);
	return 0;
}

static long stub_scribbled(struct page **page, const long *args)
{
	return page_private(*page) == 0xdeadbeef &&
	       (*page)->lru.next == (struct list_head *)0xdead4ead0010 &&
	       (*page)->lru.prev == (struct list_head *)0xdead4ead0020 &&
	       (*page)->mapping == (struct address_space *)0xdead4ead0030;
}

static const struct {
	const char *verb;
	long (*run)(struct page **page, const long *args);
} stub_page_verbs[] = {
	{ "getref",	stub_get_ref },	/* PAGE: one reference more */
	{ "putref",	stub_put_ref },	/* PAGE: one reference less */
	{ "putfree",	stub_put_and_free },	/* PAGE OWNER: put_page(), then labyrinth's free */
	{ "refs",	stub_refs },		/* PAGE */
	{ "pfn",	stub_pfn },		/* PAGE */
	{ "find",	stub_find },		/* PAGE FIRST NR */
	{ "takeloose",	stub_take_loose },	/* PAGE OWNER */
	{ "comeback",	stub_come_back },	/* PAGE OWNER FIRST: returns its new slot */
	{ "plain",	stub_plain },		/* PAGE: alloc_page() into this slot */
	{ "nullpage",	stub_null_page },	/* PAGE */
	{ "errpage",	stub_err_page },	/* PAGE */
	{ "wildpage",	stub_wild_page },	/* PAGE 0..4 */
	{ "tailpage",	stub_tail_page },	/* PAGE */
	{ "copypage",	stub_copy_page },	/* PAGE TO */
	{ "fill",	stub_fill },		/* PAGE BYTE */
	{ "holds",	stub_holds },		/* PAGE BYTE: is every byte BYTE? */
	{ "poke",	stub_poke },		/* PAGE: change one byte */
	{ "scribble",	stub_scribble },	/* PAGE */
	{ "scribbled",	stub_scribbled },	/* PAGE: is it still scribbled? */
};

static bool stub_misuse_owner(const char *verb, const long *args)
{
	if (!strcmp(verb, "nullowner"))
		stub_owners[args[0]] = NULL;
	else if (!strcmp(verb, "errowner"))
		stub_owners[args[0]] = ERR_PTR(-ENOMEM);
	else if (!strcmp(verb, "copyowner"))
		stub_owners[args[1]] = stub_owners[args[0]];
	else if (!strcmp(verb, "detach"))
		stub_device_remove();
	else
		return false;
	return true;
}

bool stub_misuse(const char *verb, const long *args, long *answer)
{
	unsigned int i;

	*answer = 0;
	for (i = 0; i < ARRAY_SIZE(stub_page_verbs); i++) {
		if (strcmp(verb, stub_page_verbs[i].verb))
			continue;
		*answer = stub_page_verbs[i].run(&stub_pages[args[0]], args);
		return true;
	}
	return stub_misuse_owner(verb, args);
}
