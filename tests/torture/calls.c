// SPDX-License-Identifier: GPL-2.0
/* Labyrinth's calls as a user makes them, checked against the test's own counters. */
#include <linux/string.h>

#include "torture.h"

bool lt_answered(const char *what, const struct lt_owner *owner, long got, long wanted)
{
	if (likely(got == wanted))
		return true;
	lt_fail(LT_ANSWER, what, owner, got, wanted);
	return false;
}

/* Allocate up to @nr pages with one call. Returns how many. */
unsigned int lt_get(struct lt_user *user, struct lt_owner *owner, unsigned int nr)
{
	struct labyrinth_owner *lab;
	struct page *pages[LT_BULK_MAX];
	unsigned int i, got;
	u64 claimed;

	nr = min3(nr, (unsigned int)LT_BULK_MAX, LT_HELD_MAX - user->nr_held);
	if (!nr || !lt_claim(owner, nr, &claimed))
		return 0;
	lab = READ_ONCE(owner->lab);
	if (nr == 1) {
		pages[0] = labyrinth_alloc_page(lab);
		got = !!pages[0];
	} else {
		got = labyrinth_alloc_pages_bulk(lab, nr, pages);
		if (got > nr) {
			lt_fail(LT_ANSWER, "bulk", owner, got, nr);
			got = nr;
		}
	}
	atomic_long_add(got, &owner->allocs);
	if (got < nr) {
		lt_judge_refusal(owner, lab, claimed);
		lt_unclaim(owner, nr - got);
	}
	for (i = 0; i < got; i++)
		lt_hold(user, owner, pages[i]);
	return got;
}

/* A churned owner may be destroyed by now: then the page is an ordinary page of the test. */
static void lt_give_churned(struct lt_held *held)
{
	struct lt_owner *owner = held->owner;
	int err;

	err = labyrinth_free_page(owner->lab, held->page);
	if (err) {
		if (!READ_ONCE(owner->dying) || err != -ENOENT)
			lt_fail(LT_ANSWER, "free to an owner that may be dead", owner, err, 0);
		lt_expect(LT_DEAD_OWNER, owner, owner);
		lt_churn_orphan(owner, held->page);
	} else {
		lt_return_reports(1);
		lt_unclaim(owner, 1);
	}
}

/* Free page @i. Returns it, for callers that misuse it, or NULL if it was kept. */
struct page *lt_give(struct lt_user *user, unsigned int i, bool force)
{
	struct lt_held held;
	int err;

	if (user->held[i].owner->kind == LT_CHURN) {
		if (!lt_reserve_reports(1, force))
			return NULL;
		held = lt_let_go(user, i);
		lt_give_churned(&held);
		return held.page;
	}
	held = lt_let_go(user, i);
	err = labyrinth_free_page(held.owner->lab, held.page);
	if (lt_answered("free", held.owner, err, 0))
		atomic_long_inc(&held.owner->frees);
	lt_unclaim(held.owner, 1);
	return held.page;
}

/* Free the last pages held with one call, if several are of one owner. */
bool lt_give_many(struct lt_user *user)
{
	struct lt_owner *owner = user->held[user->nr_held - 1].owner;
	struct page *pages[LT_BULK_MAX];
	unsigned int nr = 0, got;

	while (nr < min_t(unsigned int, LT_BULK_MAX, user->nr_held) &&
	       user->held[user->nr_held - 1 - nr].owner == owner)
		nr++;
	if (nr < 2 || owner->kind == LT_CHURN)
		return false;
	for (got = 0; got < nr; got++)
		pages[got] = lt_let_go(user, user->nr_held - 1).page;
	got = labyrinth_free_pages_bulk(owner->lab, nr, pages);
	lt_answered("bulk free", owner, got, nr);
	atomic_long_add(got, &owner->frees);
	lt_unclaim(owner, nr);
	return true;
}

void lt_give_all(struct lt_user *user)
{
	while (user->nr_held)
		if (!lt_give_many(user))
			lt_give(user, user->nr_held - 1, true);
}

/* Release page @i and give it to the kernel. */
void lt_release(struct lt_user *user, unsigned int i)
{
	struct lt_owner *owner = user->held[i].owner;
	struct lt_held held;
	int err;

	if (in_nmi()) {
		err = labyrinth_release_page(owner->lab, user->held[i].page);
		lt_answered("release in NMI", owner, err, -EOPNOTSUPP);
		return;
	}
	if (owner->whole || owner->kind == LT_CHURN)
		return;
	held = lt_let_go(user, i);
	err = labyrinth_release_page(owner->lab, held.page);
	lt_unclaim(owner, 1);
	if (lt_answered("release", owner, err, 0))
		lt_page_away(held.page);
}

static void lt_transfer_now(struct lt_user *user, struct lt_held *held, struct lt_owner *to)
{
	struct lt_owner *from = held->owner;
	u64 claimed;
	int err;

	if (!lt_reserve_reports(1, false))
		return;
	if (!lt_claim(to, 1, &claimed)) {
		lt_return_reports(1);
		return;
	}
	atomic_dec(&from->sure);
	err = labyrinth_transfer_page(from->lab, to->lab, held->page);
	if (!err) {
		lt_return_reports(1);
		lt_unclaim(from, 1);
		lt_rehold(user, held, to);
		if (atomic_inc_return(&to->sure) > (int)to->budget)
			lt_fail(LT_OVER, "transfer", to, atomic_read(&to->sure), to->budget);
		return;
	}
	atomic_inc(&from->sure);
	lt_expect(LT_RECEIVER_FULL, from, to);
	if (!lt_answered("transfer", to, err, -ENOSPC) || !lt_crowded(to, claimed))
		lt_fail(LT_REFUSED, "receiver had room", to, lt_claims(to), to->budget);
	lt_unclaim(to, 1);
}

void lt_transfer(struct lt_user *user, unsigned int i, struct lt_owner *to)
{
	struct lt_held *held = &user->held[i];
	struct lt_owner *from = held->owner;

	if (in_nmi()) {
		lt_answered("transfer in NMI", from,
			    labyrinth_transfer_page(from->lab, to->lab, held->page),
			    -EOPNOTSUPP);
		return;
	}
	if (from != to && !from->whole && !to->whole && from->kind != LT_CHURN &&
	    to->kind == LT_SHARED)
		lt_transfer_now(user, held, to);
}

void lt_check(struct lt_user *user, unsigned int i)
{
	struct lt_held *held = &user->held[i];
	struct lt_owner *other = lt_owner_any(user);

	if (held->owner->kind == LT_CHURN)
		return;
	lt_answered("check", held->owner,
		    labyrinth_check_page(held->owner->lab, held->page), 0);
	if (other != held->owner && other->kind == LT_SHARED)
		lt_answered("check by another", held->owner,
			    labyrinth_check_page(other->lab, held->page), -EPERM);
}

void lt_query(struct lt_user *user, unsigned int i)
{
	struct lt_held *held = &user->held[i];
	struct labyrinth_page_info info = {};
	int err;

	if (held->owner->kind == LT_CHURN)
		return;
	err = labyrinth_query_page(held->page, &info);
	if (!lt_answered("query", held->owner, err, in_nmi() ? -EOPNOTSUPP : 0) || err)
		return;
	if (strcmp(info.owner, held->owner->name))
		lt_fail(LT_ANSWER, "query: owner's name", held->owner, 0, 0);
	lt_answered("query: state", held->owner, info.state, LABYRINTH_OWNED);
}
