// SPDX-License-Identifier: GPL-2.0
/* Calls of labyrinth by the torture, right ones and wrong ones. Their results are checked. */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "torture.h"

/* A page of an owner that zeroes: two words of it are read, and written. */
static void check_zero(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	unsigned long *words = page_address(page);
	u32 at = 1 + nt_random(c, PAGE_SIZE / sizeof(*words) - 1);

	if (unlikely(words[0] | words[at]))
		nt_fail("a page is not zero", owner, words[0] | words[at], 0);
	words[0] = page_to_pfn(page);
	words[at] = page_to_pfn(page);
}

static void taken(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	nt_taken(c, owner, page);
	if (owner->flags & LABYRINTH_ZERO)
		check_zero(c, owner, page);
}

/* Refused. In NMI only ready pages can be had. */
static void refused(struct nt_context *c, struct nt_owner *owner)
{
	c->counts.refused++;
	if (READ_ONCE(owner->cap) != NT_NO_CAP && c->level != NT_NMI)
		nt_fail("a call within the budget gets none: reserved, budget", owner,
			atomic_read(&owner->reserved), owner->budget);
}

struct page *nt_alloc(struct nt_context *c, struct nt_owner *owner)
{
	struct page *page;

	if (!nt_reserve(owner, 1))
		return NULL;
	page = labyrinth_alloc_page(owner->lab);
	c->counts.calls++;
	if (page) {
		taken(c, owner, page);
	} else {
		nt_unreserve(owner, 1);
		refused(c, owner);
	}
	return page;
}

unsigned int nt_alloc_bulk(struct nt_context *c, struct nt_owner *owner, unsigned int nr,
			   struct page **pages)
{
	unsigned int i, got;

	if (!nt_reserve(owner, nr))
		return 0;
	got = labyrinth_alloc_pages_bulk(owner->lab, nr, pages);
	c->counts.calls++;
	for (i = 0; i < got; i++)
		taken(c, owner, pages[i]);
	if (got < nr) {
		nt_unreserve(owner, nr - got);
		refused(c, owner);
	}
	return got;
}

void nt_free(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	nt_given(c, owner, page);
	nt_expect("free", owner, labyrinth_free_page(owner->lab, page), 0);
	c->counts.calls++;
	nt_unreserve(owner, 1);
}

void nt_free_bulk(struct nt_context *c, struct nt_owner *owner, unsigned int nr,
		  struct page **pages)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		nt_given(c, owner, pages[i]);
	nt_expect("free in bulk", owner, labyrinth_free_pages_bulk(owner->lab, nr, pages), nr);
	c->counts.calls++;
	nt_unreserve(owner, nr);
}

/* A released page is free for any use: it is freed, after a wrong call with it. */
void nt_release(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	if (c->level == NT_NMI) {
		nt_expect("release in NMI", owner, labyrinth_release_page(owner->lab, page),
			  -EOPNOTSUPP);
		nt_free(c, owner, page);
		return;
	}
	nt_given(c, owner, page);
	nt_expect("release", owner, labyrinth_release_page(owner->lab, page), 0);
	c->counts.calls++;
	nt_unreserve(owner, 1);
	if (!nt_random(c, 8))
		nt_expect("free of a released page", owner, labyrinth_free_page(owner->lab, page),
			  -ENOENT);
	__free_page(page);
}

/* To any owner. Returns the page's owner then. */
struct nt_owner *nt_transfer(struct nt_context *c, struct nt_owner *from, struct page *page)
{
	struct nt_owner *to = nt_any_owner(c);
	int err;

	if (c->level == NT_NMI) {
		nt_expect("transfer in NMI", from,
			  labyrinth_transfer_page(from->lab, to->lab, page), -EOPNOTSUPP);
		return from;
	}
	if (!nt_reserve(to, 1))
		return from;
	nt_given(c, from, page);
	err = labyrinth_transfer_page(from->lab, to->lab, page);
	c->counts.calls++;
	if (err == -ENOSPC && READ_ONCE(to->cap) == NT_NO_CAP && from != to) {
		c->counts.refused++;
		nt_taken(c, from, page);
		nt_unreserve(to, 1);
		return from;
	}
	nt_expect("transfer", to, err, 0);
	nt_taken(c, to, page);
	nt_unreserve(from, 1);
	return to;
}

void nt_check(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	int err = labyrinth_check_page(owner->lab, page);

	c->counts.calls++;
	if (err != -EBUSY || !nt_strangers)
		nt_expect("check", owner, err, 0);
}

/* Wrong calls with a page that is held: with the handle of another owner. */
void nt_misuse(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	struct nt_owner *other = nt_any_owner(c);
	struct labyrinth_page_info info;

	if (other == owner)
		return;
	c->counts.calls++;
	switch (nt_random(c, 5)) {
	case 0:
		nt_expect("check by another owner", other, labyrinth_check_page(other->lab, page),
			  -EPERM);
		break;
	case 1:
		nt_expect("release by another owner", other,
			  labyrinth_release_page(other->lab, page),
			  c->level == NT_NMI ? -EOPNOTSUPP : -EPERM);
		break;
	case 2:
		nt_expect("transfer by another owner", other,
			  labyrinth_transfer_page(other->lab, owner->lab, page),
			  c->level == NT_NMI ? -EOPNOTSUPP : -EPERM);
		break;
	case 3:
		if (c->level == NT_NMI)
			break;
		nt_expect("query", owner, labyrinth_query_page(page, &info), 0);
		nt_expect("query: state", owner, info.state, LABYRINTH_OWNED);
		nt_expect("query: name", owner, strcmp(info.owner, owner->name), 0);
		break;
	default:
		nt_expect("free by another owner", other, labyrinth_free_page(other->lab, page),
			  -EPERM);
	}
}

/* Wrong calls with what is no page of labyrinth. */
void nt_misuse_ordinary(struct nt_context *c)
{
	struct nt_owner *owner = nt_any_owner(c);
	struct page *page;

	c->counts.calls++;
	if (c->level == NT_NMI) {
		nt_expect("free of NULL", owner, labyrinth_free_page(owner->lab, NULL), -EINVAL);
		return;
	}
	page = alloc_page(GFP_ATOMIC);
	nt_expect("check of an ordinary page", owner, labyrinth_check_page(owner->lab, page),
		  -ENOENT);
	nt_expect("free of an ordinary page", owner, labyrinth_free_page(owner->lab, page),
		  -ENOENT);
	__free_page(page);
}
