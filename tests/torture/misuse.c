// SPDX-License-Identifier: GPL-2.0
/*
 * Misuses, each with the one report that it must make and both parties.
 *
 * The expected result must depend only on what the caller knows, whatever other
 * users do meanwhile. So a page is freed twice only if it cannot be handed out in
 * between: it is quarantined, because the test has a reference, or its owner is
 * private to this user.
 */
#include <linux/preempt.h>

#include "torture.h"

#define LT_ROUNDS	8	/* races in a row in which two threads free one page */

static atomic_long_t lt_nr_misused;

unsigned long lt_misused(void)
{
	return atomic_long_read(&lt_nr_misused);
}

static struct lt_owner *lt_shared_any(struct lt_user *user)
{
	return &lt_owners[prandom_u32_state(&user->random) % lt_nr_shared];
}

/* The index of a page whose owner is not churned, or -1. */
static int lt_page_any(struct lt_user *user)
{
	unsigned int i;

	if (!user->nr_held)
		return -1;
	i = prandom_u32_state(&user->random) % user->nr_held;
	return user->held[i].owner->kind == LT_CHURN ? -1 : i;
}

/*
 * Allocate and free a page of a private owner: it is ready on top of this CPU's stack
 * if the caller has disabled preemption. Returns NULL if there is no page, or if it
 * went to the kernel, as reserve pages do.
 */
static struct page *lt_given_back(struct lt_user *user, struct lt_owner *owner)
{
	struct page *page;

	if (!lt_get(user, owner, 1))
		return NULL;
	page = lt_give(user, user->nr_held - 1, false);
	return labyrinth_check_page(owner->lab, page) == -EALREADY ? page : NULL;
}

/* ---- frees of pages that the caller does not own. Each returns the number of its reports. */

static unsigned int lt_free_foreign(struct lt_user *user)
{
	struct lt_owner *offender = lt_shared_any(user);
	int i = lt_page_any(user);
	struct lt_owner *owner;
	struct page *page;
	int err;

	if (i < 0 || user->held[i].owner == offender)
		return 0;
	owner = user->held[i].owner;
	page = user->held[i].page;
	switch (in_nmi() ? 0 : prandom_u32_state(&user->random) % 3) {
	case 0:
		err = labyrinth_free_page(offender->lab, page);
		break;
	case 1:
		err = labyrinth_release_page(offender->lab, page);
		break;
	default:
		err = labyrinth_transfer_page(offender->lab, owner->lab, page);
		break;
	}
	lt_answered("foreign free", offender, err, -EPERM);
	lt_expect(LT_FOREIGN_FREE, owner, offender);
	return 1;
}

static unsigned int lt_free_plain(struct lt_user *user)
{
	struct lt_owner *offender = lt_shared_any(user);

	lt_answered("free of a plain page", offender,
		    labyrinth_free_page(offender->lab, user->plain), -ENOENT);
	lt_expect(LT_PLAIN_PAGE, NULL, offender);
	return 1;
}

static unsigned int lt_free_null(struct lt_user *user)
{
	struct lt_owner *offender = lt_shared_any(user);

	lt_answered("free of NULL", offender,
		    labyrinth_free_page(offender->lab, NULL), -EINVAL);
	lt_expect(LT_BAD_ARGUMENT, NULL, offender);
	return 1;
}

static unsigned int lt_out_of_scope(struct lt_user *user)
{
	struct page *page = labyrinth_alloc_page(lt_scoped->lab);

	lt_answered("alloc out of scope", lt_scoped, !!page, 0);
	atomic_long_inc(&lt_scoped->refused);
	atomic_long_inc(&lt_reasons[LT_BY_SCOPE]);
	lt_answered("free out of scope", lt_scoped,
		    labyrinth_free_page(lt_scoped->lab, user->plain), -EPERM);
	lt_expect(LT_WRONG_SCOPE, lt_scoped, lt_scoped);
	return 1;
}

static unsigned int lt_free_twice(struct lt_user *user)
{
	struct lt_owner *owner = user->exact;
	struct page *page = lt_given_back(user, owner);

	if (!page)
		return 0;
	lt_answered("second free", owner,
		    labyrinth_free_page(owner->lab, page), -EALREADY);
	lt_expect(LT_DOUBLE_FREE, owner, owner);
	return 1;
}

/* Two threads free a page at once, as often as there is a second thread. */
static unsigned int lt_free_at_once(struct lt_user *user)
{
	struct lt_owner *owner = user->exact;
	unsigned int reports = 0;

	while (reports < LT_ROUNDS && lt_get(user, owner, 1)) {
		if (!lt_race_first(user, user->nr_held - 1, false))
			break;
		lt_expect(LT_DOUBLE_FREE, owner, owner);
		atomic_long_inc(&owner->frees);
		lt_unclaim(owner, 1);
		reports++;
	}
	return reports;
}

/* ---- an extra reference for less than a second: the page is quarantined, without a report */

static unsigned int lt_free_shared(struct lt_user *user)
{
	unsigned int reports = 0;
	int i = lt_page_any(user);
	struct lt_owner *owner;
	struct lt_debt *debt;
	struct lt_held held;

	if (i < 0)
		return 0;
	owner = user->held[i].owner;
	debt = lt_debt_find(user, owner);
	if (!debt)
		return 0;
	held = lt_let_go(user, i);
	get_page(held.page);
	if (lt_answered("free with an extra reference", owner,
			labyrinth_free_page(owner->lab, held.page), 0))
		atomic_long_inc(&owner->frees);
	if (prandom_u32_state(&user->random) & 1) {
		lt_answered("second free, in quarantine", owner,
			    labyrinth_free_page(owner->lab, held.page), -EALREADY);
		lt_expect(LT_DOUBLE_FREE, owner, owner);
		reports++;
	}
	lt_debt_owe(debt, owner, held.page, LT_DEBT_REFERENCED);
	return reports;
}

/* Two threads free a page with an extra reference at once. */
static unsigned int lt_free_shared_at_once(struct lt_user *user)
{
	int i = lt_page_any(user);
	struct lt_owner *owner;
	struct lt_debt *debt;
	struct page *page;

	if (i < 0)
		return 0;
	owner = user->held[i].owner;
	debt = lt_debt_find(user, owner);
	page = debt ? lt_race_first(user, i, true) : NULL;
	if (!page)
		return 0;
	lt_expect(LT_DOUBLE_FREE, owner, owner);
	atomic_long_inc(&owner->frees);
	lt_debt_owe(debt, owner, page, LT_DEBT_REFERENCED);
	return 1;
}

static unsigned int lt_check_shared(struct lt_user *user)
{
	int i = lt_page_any(user);
	struct lt_owner *owner;
	struct page *page;

	if (i < 0)
		return 0;
	owner = user->held[i].owner;
	page = user->held[i].page;
	get_page(page);
	lt_answered("check with an extra reference", owner,
		    labyrinth_check_page(owner->lab, page), -EBUSY);
	/* Never the last reference. */
	page_ref_dec(page);
	return 0;
}

/* Leave the page as after a free by the kernel, but outside its free lists. */
static bool lt_free_behind(struct page *page)
{
	folio_clear_mappedtodisk(page_folio(page));
	return page_ref_dec_and_test(page);
}

/*
 * Misuse of a freed page is detected when it would be handed out next: here at once,
 * because it is on top of this CPU's stack. Interrupts are off: one in between would
 * send the page back to the kernel, which may hand it out again.
 */
static unsigned int lt_after_free(struct lt_user *user, struct lt_owner *owner,
				  enum lt_violation kind)
{
	struct lt_debt *debt = lt_debt_find(user, owner);
	struct page *page;
	unsigned int got;
	unsigned long flags;
	u64 claimed;

	if (!debt || user->nr_held == LT_HELD_MAX || !lt_claim(owner, 1, &claimed))
		return 0;
	local_irq_save(flags);
	/* Needs two pages: the misused one, and the one that is handed out in its place. */
	page = lt_claims(owner) < owner->budget ? lt_given_back(user, owner) : NULL;
	if (!page) {
		local_irq_restore(flags);
		lt_unclaim(owner, 1);
		return 0;
	}
	if (kind == LT_SHARED_PAGE)
		get_page(page);
	else if (kind == LT_USE_AFTER_FREE)
		((u8 *)page_address(page))[page_to_pfn(page) % PAGE_SIZE] ^= 0x55;
	else
		lt_free_behind(page);
	got = lt_get(user, owner, 1);
	local_irq_restore(flags);
	if (kind != LT_SHARED_PAGE)
		lt_expect(kind, owner, NULL);
	if (got && user->held[user->nr_held - 1].page == page)
		lt_fail(LT_ANSWER, "alloc after misuse gave the same page", owner, kind, 0);
	if (kind == LT_FREED_BEHIND) {
		set_page_count(page, 1);
		lt_page_away(page);
		lt_unclaim(owner, 1);
	} else {
		lt_debt_owe(debt, owner, page, kind == LT_SHARED_PAGE ? LT_DEBT_REFERENCED :
								       LT_DEBT_DROPPED);
	}
	return kind != LT_SHARED_PAGE;
}

static unsigned int lt_reference_after_free(struct lt_user *user)
{
	return lt_after_free(user, user->exact, LT_SHARED_PAGE);
}

static unsigned int lt_write_after_free(struct lt_user *user)
{
	return lt_after_free(user, user->poisoning, LT_USE_AFTER_FREE);
}

/* ---- freed behind labyrinth's back */

/*
 * The only reference is dropped, as if the page were in the kernel's free lists. It
 * is kept out of these: if the kernel handed it out again, the expected result of the
 * owner's free would be unknown. churn.c really frees pages behind labyrinth's back.
 */
static unsigned int lt_put_ready(struct lt_user *user)
{
	return lt_after_free(user, user->poisoning, LT_FREED_BEHIND);
}

static unsigned int lt_put_owned(struct lt_user *user)
{
	int i = lt_page_any(user);
	struct lt_owner *owner;
	struct lt_held held;

	if (i < 0 || user->held[i].owner->whole)
		return 0;
	owner = user->held[i].owner;
	held = lt_let_go(user, i);
	if (!lt_answered("put", owner, lt_free_behind(held.page), true))
		return 0;
	lt_answered("check of a page freed behind", owner,
		    labyrinth_check_page(owner->lab, held.page), -EALREADY);
	lt_answered("free of a page freed behind", owner,
		    labyrinth_free_page(owner->lab, held.page), -EALREADY);
	lt_expect(LT_FREED_BEHIND, owner, NULL);
	lt_unclaim(owner, 1);
	set_page_count(held.page, 1);
	lt_page_away(held.page);
	return 1;
}

/* ---- a full receiver */

/* The user holds the whole budget of its private owner. */
static unsigned int lt_transfer_to_full(struct lt_user *user)
{
	struct lt_owner *owner, *full = user->exact;
	unsigned int nr = full->budget;
	u64 claimed;
	int i;

	/* A disputed page may be ready again before the test's counters show it. */
	if (user->nr_held + nr > LT_HELD_MAX || atomic_read(&full->disputed))
		return 0;
	i = lt_page_any(user);
	if (i < 0 || user->held[i].owner == full)
		return 0;
	while (lt_claims(full) < nr)
		if (!lt_get(user, full, 1))
			return 0;
	if (!lt_answered("claim on a full owner", full, lt_claim(full, 1, &claimed), false))
		return 0;
	owner = user->held[i].owner;
	lt_answered("transfer to a full owner", full,
		    labyrinth_transfer_page(owner->lab, full->lab, user->held[i].page), -ENOSPC);
	lt_expect(LT_RECEIVER_FULL, owner, full);
	return 1;
}

enum lt_where { LT_ANYWHERE, LT_NOT_IN_NMI, LT_IN_TASK };

static const struct {
	unsigned int (*inject)(struct lt_user *user);
	unsigned int reports;	/* at most */
	enum lt_where where;	/* allowed contexts */
} lt_misuses[] = {
	{ lt_free_foreign,		1, LT_ANYWHERE },
	{ lt_free_plain,		1, LT_ANYWHERE },
	{ lt_free_null,			1, LT_ANYWHERE },
	{ lt_out_of_scope,		1, LT_ANYWHERE },
	{ lt_free_twice,		1, LT_ANYWHERE },
	{ lt_free_at_once,		LT_ROUNDS, LT_IN_TASK },
	{ lt_free_shared,		2, LT_ANYWHERE },
	{ lt_free_shared_at_once,	2, LT_IN_TASK },
	{ lt_check_shared,		1, LT_NOT_IN_NMI },
	{ lt_reference_after_free,	1, LT_ANYWHERE },
	{ lt_write_after_free,		1, LT_ANYWHERE },
	{ lt_put_ready,			1, LT_ANYWHERE },
	{ lt_put_owned,			1, LT_ANYWHERE },
	{ lt_transfer_to_full,		1, LT_NOT_IN_NMI },
};

static bool lt_allowed(const struct lt_user *user, enum lt_where where)
{
	switch (where) {
	case LT_ANYWHERE:
		return true;
	case LT_NOT_IN_NMI:
		return user->context != LT_NMI;
	default:
		return user->context == LT_TASK;
	}
}

/* Inject one random misuse. Context: any. */
void lt_misuse(struct lt_user *user)
{
	unsigned int i = prandom_u32_state(&user->random) % ARRAY_SIZE(lt_misuses);
	unsigned int made;

	if (!lt_allowed(user, lt_misuses[i].where) ||
	    !lt_reserve_reports(lt_misuses[i].reports, false))
		return;
	made = lt_misuses[i].inject(user);
	lt_return_reports(lt_misuses[i].reports - made);
	atomic_long_add(made, &lt_nr_misused);
}
