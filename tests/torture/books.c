// SPDX-License-Identifier: GPL-2.0
/*
 * The test's own counters: the pages that each owner has out at least and at most,
 * the holder of each page, and the faults. All of it works in any context, NMI included.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/vmstat.h>

#include "torture.h"

/* ---- faults: counted, and the first few kept until a task can print them */

#define LT_DETAILS	4

static const char * const lt_fault_words[] = {
	[LT_DOUBLED]	= "page handed out twice",
	[LT_SPOILED]	= "page changed while it was held",
	[LT_OVER]	= "more pages out than the budget",
	[LT_REFUSED]	= "refused without a reason",
	[LT_ANSWER]	= "wrong result",
	[LT_UNZEROED]	= "page is not zeroed",
	[LT_LOST]	= "page is lost",
	[LT_LEFT]	= "wrong count of pages still out",
	[LT_TABLE]	= "wrong cell in owners",
	[LT_REPORT]	= "violation reported wrongly",
};

static_assert(ARRAY_SIZE(lt_fault_words) == LT_NR_FAULTS);

static struct lt_detail {
	const char *what;
	const char *owner;
	long got, wanted;
	bool whole, told;
} lt_details[LT_NR_FAULTS][LT_DETAILS];

static atomic_long_t lt_fault_counts[LT_NR_FAULTS];
atomic_long_t lt_reasons[LT_NR_REASONS];

/* @what and the owner's name must stay valid. Context: any. */
void lt_fail(enum lt_fault fault, const char *what, const struct lt_owner *owner, long got,
	     long wanted)
{
	long nr = atomic_long_inc_return(&lt_fault_counts[fault]);
	struct lt_detail *detail;

	/* Stop, so that labyrinth's tables still hold what led here. */
	lt_stop_all();
	if (nr > LT_DETAILS)
		return;
	detail = &lt_details[fault][nr - 1];
	detail->what = what;
	detail->owner = owner ? owner->name : "-";
	detail->got = got;
	detail->wanted = wanted;
	/* Pairs with lt_faults_reported(). */
	smp_store_release(&detail->whole, true);
}

unsigned long lt_faults_of(enum lt_fault first, enum lt_fault last)
{
	unsigned long nr = 0;
	enum lt_fault fault;

	for (fault = first; fault <= last; fault++)
		nr += atomic_long_read(&lt_fault_counts[fault]);
	return nr;
}

/* Print the faults not printed yet. Returns the number of all faults. Context: the boss. */
unsigned long lt_faults_reported(void)
{
	unsigned int i, j;

	for (i = 0; i < LT_NR_FAULTS; i++)
		for (j = 0; j < LT_DETAILS; j++) {
			struct lt_detail *d = &lt_details[i][j];

			/* Pairs with lt_fail(). */
			if (!smp_load_acquire(&d->whole) || d->told)
				continue;
			d->told = true;
			pr_err("FAIL: %s: %s, owner %s: got %ld, wanted %ld\n", lt_fault_words[i],
			       d->what, d->owner, d->got, d->wanted);
		}
	return lt_faults_of(0, LT_NR_FAULTS - 1);
}

/* ---- upper bound of the pages out */

/*
 * The lower half of struct lt_owner.claims counts the pages that may be out: from
 * before a call that may allocate one until after the call that freed it, or until a
 * disputed page is in use again. The upper half counts how often that exceeded the
 * budget. Both are one word: if a call is refused although its claim fits and the
 * upper half did not change, there was room all the time.
 */
#define LT_CLAIMS	GENMASK_ULL(31, 0)
#define LT_CROWDED_ONE	BIT_ULL(32)

static unsigned int lt_limit(const struct lt_owner *owner)
{
	unsigned int slack = owner->kind == LT_SHARED ? lt_slack : 0;

	return owner->budget > slack ? owner->budget - slack : 0;
}

/* Returns false only for a polite owner that has fewer than @nr pages left. */
bool lt_claim(struct lt_owner *owner, unsigned int nr, u64 *claimed)
{
	s64 old = atomic64_read(&owner->claims);

	do {
		*claimed = old + nr;
		if ((*claimed & LT_CLAIMS) <= lt_limit(owner))
			continue;
		if (owner->polite)
			return false;
		*claimed += LT_CROWDED_ONE;
	} while (!atomic64_try_cmpxchg(&owner->claims, &old, *claimed));
	return true;
}

void lt_unclaim(struct lt_owner *owner, unsigned int nr)
{
	atomic64_sub(nr, &owner->claims);
}

unsigned int lt_claims(const struct lt_owner *owner)
{
	return atomic64_read(&owner->claims) & LT_CLAIMS;
}

/* True if the budget may have been used up at some time since @claimed. */
bool lt_crowded(const struct lt_owner *owner, u64 claimed)
{
	/* Order the call before this read: claims are made before their pages are allocated. */
	smp_mb();
	return (claimed & LT_CLAIMS) > lt_limit(owner) ||
	       ((u64)atomic64_read(&owner->claims) ^ claimed) & ~LT_CLAIMS;
}

/* ---- legitimate refusals */

bool lt_may_allocate(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return preemptible();
	return !in_nmi();
}

/* Faults are injected, or memory is short. */
bool lt_kernel_may_refuse(void)
{
	return READ_ONCE(lt_faults) ||
	       global_zone_page_state(NR_FREE_PAGES) < totalram_pages() / 16;
}

/* A call on @owner with the handle @lab, made after @claimed, returned too few pages. */
void lt_judge_refusal(struct lt_owner *owner, const struct labyrinth_owner *lab, u64 claimed)
{
	atomic_long_inc(&owner->refused);
	/* Pairs with lt_owner_open(): if @dying is false again, the handle is another one. */
	if (smp_load_acquire(&owner->dying) || READ_ONCE(owner->lab) != lab)
		atomic_long_inc(&lt_reasons[LT_BY_DEATH]);
	else if (lt_crowded(owner, claimed))
		atomic_long_inc(&lt_reasons[LT_BY_BUDGET]);
	else if (owner->whole)
		lt_fail(LT_REFUSED, "all its pages were ready", owner, lt_claims(owner),
			owner->budget);
	else if (!lt_may_allocate())
		atomic_long_inc(&lt_reasons[LT_BY_CONTEXT]);
	else if (lt_kernel_may_refuse())
		atomic_long_inc(&lt_reasons[LT_BY_KERNEL]);
	else
		lt_fail(LT_REFUSED, "there was room and memory, and the kernel could be called",
			owner, lt_claims(owner), owner->budget);
}

/* ---- the holder of a page: a stamp in three places of the page */

#define LT_LAST_WORD	(PAGE_SIZE / sizeof(long) - 1)

static unsigned long lt_stamp(struct lt_user *user, const struct lt_owner *owner)
{
	return (owner->nr + 1UL) << 56 | (user->nr + 1UL) << 48 | (++user->seq & GENMASK(47, 0));
}

static void lt_mark(struct page *page, unsigned long stamp)
{
	unsigned long *words = page_address(page);

	words[0] = stamp;
	words[LT_LAST_WORD] = stamp;
}

/* Checking the whole page costs as much as many calls: mostly check a few words. */
static void lt_see_zeroes(const struct lt_user *user, const struct lt_owner *owner,
			  struct page *page)
{
	const unsigned long *words = page_address(page);
	bool zero = !words[0] && !words[LT_LAST_WORD] && !words[user->seq % LT_LAST_WORD];

	if (zero && user->seq % 16 == 0)
		zero = !memchr_inv(words, 0, PAGE_SIZE);
	if (!zero)
		lt_fail(LT_UNZEROED, "alloc", owner, 1, 0);
}

/* Enter @page in the user's table, which must have room. */
void lt_hold(struct lt_user *user, struct lt_owner *owner, struct page *page)
{
	struct lt_held *held = &user->held[user->nr_held++];
	unsigned long before;

	held->page = page;
	held->owner = owner;
	held->stamp = lt_stamp(user, owner);
	/* lt_let_go() leaves 0 here. */
	before = xchg(&page->private, held->stamp);
	if (before)
		lt_fail(LT_DOUBLED, "alloc", owner, before, 0);
	if (atomic_inc_return(&owner->sure) > (int)owner->budget)
		lt_fail(LT_OVER, "alloc", owner, atomic_read(&owner->sure), owner->budget);
	if (owner->flags & LABYRINTH_ZERO)
		lt_see_zeroes(user, owner, page);
	lt_mark(page, held->stamp);
}

static void lt_see_stamp(const struct lt_held *held, unsigned long found)
{
	const unsigned long *words = page_address(held->page);

	if (found != held->stamp)
		lt_fail(LT_SPOILED, "page_private", held->owner, found, held->stamp);
	else if (words[0] != held->stamp)
		lt_fail(LT_SPOILED, "first word", held->owner, words[0], held->stamp);
	else if (words[LT_LAST_WORD] != held->stamp)
		lt_fail(LT_SPOILED, "last word", held->owner, words[LT_LAST_WORD], held->stamp);
}

/* Record that the page is now @owner's. */
void lt_rehold(struct lt_user *user, struct lt_held *held, struct lt_owner *owner)
{
	unsigned long stamp = lt_stamp(user, owner);

	lt_see_stamp(held, xchg(&held->page->private, stamp));
	held->owner = owner;
	held->stamp = stamp;
	lt_mark(held->page, stamp);
}

/* Check the page and take it off the user's table, right before it is freed. */
struct lt_held lt_let_go(struct lt_user *user, unsigned int i)
{
	struct lt_held held = user->held[i];

	user->held[i] = user->held[--user->nr_held];
	lt_see_stamp(&held, xchg(&held.page->private, 0));
	atomic_dec(&held.owner->sure);
	return held;
}
