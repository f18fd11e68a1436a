// SPDX-License-Identifier: GPL-2.0
/*
 * The torture's own books: whose each page is, and how many pages an owner has out. They work in
 * any context.
 */
#include <linux/mm.h>

#include "torture.h"

/* By page number: 0, or the owner's number from 1 on, and where the page was taken. */
static u32 stamps[NATIVE_PAGES];
/* The CPU that last took the page, from 1 on. */
static u8 last_cpu[NATIVE_PAGES];

static struct native_fault fault;
static int faulty;

/* The first is kept; it ends the run. @what must stay valid. Context: any. */
void nt_fail(const char *what, const struct nt_owner *owner, long got, long wanted)
{
	if (cmpxchg(&faulty, 0, 1))
		return;
	fault.owner = owner ? owner->name : "-";
	fault.got = got;
	fault.wanted = wanted;
	/* Pairs with native_torture_fault(). */
	smp_store_release(&fault.what, what);
}

bool nt_expect(const char *what, const struct nt_owner *owner, long got, long wanted)
{
	if (likely(got == wanted))
		return true;
	nt_fail(what, owner, got, wanted);
	return false;
}

bool nt_stopped(void)
{
	return READ_ONCE(faulty);
}

const struct native_fault *native_torture_fault(void)
{
	/* Pairs with nt_fail(). */
	return smp_load_acquire(&fault.what) ? &fault : NULL;
}

bool nt_reserve(struct nt_owner *owner, int nr)
{
	int old = atomic_read(&owner->reserved);

	do {
		if (READ_ONCE(owner->cap) - old < nr)
			return false;
	} while (!atomic_try_cmpxchg(&owner->reserved, &old, old + nr));
	return true;
}

void nt_unreserve(struct nt_owner *owner, int nr)
{
	atomic_sub(nr, &owner->reserved);
}

static u32 stamp_of(const struct nt_context *c, const struct nt_owner *owner)
{
	return (owner - nt_owners + 1) | (c->cpu + 1) << 8 | (c->level + 1) << 16;
}

/* @page has come to @owner. */
void nt_taken(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	u32 old = xchg(&stamps[pfn], stamp_of(c, owner));

	if (unlikely(old))
		nt_fail("a page that is out is handed out: pfn, its stamp", owner, pfn, old);
	if (unlikely(page_ref_count(page) < 1))
		nt_fail("a page is handed out without a reference", owner, page_ref_count(page), 1);
	c->counts.pages++;
	c->counts.from_others += last_cpu[pfn] != c->cpu + 1;
	last_cpu[pfn] = c->cpu + 1;
	if (unlikely(atomic_inc_return(&owner->out) > (int)owner->budget))
		nt_fail("more pages are out than the budget", owner, atomic_read(&owner->out),
			owner->budget);
}

/* @page is about to leave @owner. */
void nt_given(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	u32 old = xchg(&stamps[page_to_pfn(page)], 0);

	atomic_dec(&owner->out);
	if (unlikely((old & 0xff) != owner - nt_owners + 1))
		nt_fail("a page that is held has another owner's stamp", owner, old,
			owner - nt_owners + 1);
}

