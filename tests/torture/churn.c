// SPDX-License-Identifier: GPL-2.0
/*
 * Owners that are created and destroyed while all users allocate from them. A page
 * held after its owner's destroy is an ordinary page: labyrinth must have counted it
 * as an orphan. Some pages are really put behind labyrinth's back: labyrinth must
 * notice them when the kernel hands them out again, or count them as orphans as well.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/sched.h>

#include "torture.h"

#define LT_LIFE_MS	60	/* half an owner's life, at most */
#define LT_PUT_MAX	8	/* pages put behind its back in its life */

/* One thread each, the only writer. */
static struct lt_churner {
	struct task_struct *thread;
	struct lt_owner *owner;
	struct rnd_state random;
	unsigned long lives;		/* destroyed owners */
	unsigned long out;		/* sum of labyrinth_owner_destroy()'s results */
	unsigned long orphans;		/* found by the users */
	unsigned long put;
} lt_churners[LT_NR_CHURN];

static struct llist_head lt_churn_orphans[LT_NR_CHURN];

unsigned long lt_churned(void)
{
	unsigned long lives = 0;
	unsigned int i;

	for (i = 0; i < LT_NR_CHURN; i++)
		lives += READ_ONCE(lt_churners[i].lives);
	return lives;
}

static struct llist_head *lt_orphans_of(const struct lt_owner *owner)
{
	return &lt_churn_orphans[owner->nr - lt_churn[0]->nr];
}

/*
 * Keep the page of a dying or dead owner. It may be freed only after destroy has
 * returned: until then labyrinth may still have a tag for it. Context: any.
 */
void lt_churn_orphan(struct lt_owner *owner, struct page *page)
{
	atomic_inc(&owner->orphans);
	llist_add((struct llist_node *)&page->lru, lt_orphans_of(owner));
	lt_unclaim(owner, 1);
}

/*
 * Put some pages behind the owner's back; they are never freed to it. Returns how
 * many. Their claims stay: labyrinth counts them as owned until it notices.
 */
static unsigned int lt_churn_put(struct lt_churner *churner)
{
	unsigned int put, nr = prandom_u32_state(&churner->random) % (LT_PUT_MAX + 1);
	struct lt_owner *owner = churner->owner;

	for (put = 0; put < nr; put++) {
		struct page *page;
		u64 claimed;

		if (!lt_reserve_reports(1, false))
			break;
		lt_claim(owner, 1, &claimed);
		page = labyrinth_alloc_page(owner->lab);
		if (!page) {
			lt_return_reports(1);
			lt_judge_refusal(owner, owner->lab, claimed);
			lt_unclaim(owner, 1);
			break;
		}
		lt_stranger_may_get(page);
		put_page(page);
	}
	churner->put += put;
	return put;
}

/* Destroy the owner; @put pages were put behind its back. */
static void lt_churn_destroy(struct lt_churner *churner, unsigned int put)
{
	struct lt_owner *owner = churner->owner;
	struct llist_node *node, *next;
	unsigned int found;

	/* Reserve for the largest number of orphans; the rest is returned below. */
	lt_reserve_reports(owner->budget, true);
	/* Before destroy, so that an error comes with its cause. Pairs with lt_judge_refusal(). */
	smp_store_release(&owner->dying, true);
	churner->out += labyrinth_owner_destroy(owner->lab);
	lt_unclaim(owner, put);
	while (lt_claims(owner))
		schedule_timeout_uninterruptible(1);
	found = atomic_xchg(&owner->orphans, 0);
	churner->orphans += found;
	lt_return_reports(owner->budget - min(found, owner->budget));
	llist_for_each_safe(node, next, llist_del_all(lt_orphans_of(owner)))
		__free_page(container_of((struct list_head *)node, struct page, lru));
	WRITE_ONCE(churner->lives, churner->lives + 1);
}

static void lt_churn_live(struct lt_churner *churner)
{
	unsigned int put;
	int err;

	err = lt_owner_open(churner->owner);
	if (err) {
		if (err != -ENOMEM || !lt_kernel_may_refuse())
			lt_fail(LT_ANSWER, "create", churner->owner, err, 0);
		msleep(LT_LIFE_MS);
		return;
	}
	msleep(prandom_u32_state(&churner->random) % LT_LIFE_MS);
	put = lt_churn_put(churner);
	msleep(prandom_u32_state(&churner->random) % LT_LIFE_MS);
	lt_churn_destroy(churner, put);
}

static int lt_churn_loop(void *churner)
{
	while (!kthread_should_stop()) {
		if (lt_stopping())
			msleep(LT_LIFE_MS);
		else
			lt_churn_live(churner);
	}
	return 0;
}

int lt_churn_start(void)
{
	unsigned int i;

	for (i = 0; i < LT_NR_CHURN; i++) {
		struct lt_churner *churner = &lt_churners[i];

		churner->owner = lt_churn[i];
		prandom_seed_state(&churner->random, lt_seed + 1 + i);
		churner->thread = kthread_run(lt_churn_loop, churner, "torture_churn/%u", i);
		if (IS_ERR(churner->thread))
			return PTR_ERR(churner->thread);
	}
	return 0;
}

/* Called when the users have freed all pages. */
void lt_churn_stop(void)
{
	unsigned int i;

	for (i = 0; i < LT_NR_CHURN; i++)
		if (!IS_ERR_OR_NULL(lt_churners[i].thread))
			kthread_stop(lt_churners[i].thread);
}

/* Called when all reports have been read. */
void lt_churn_judge(void)
{
	unsigned int i;

	for (i = 0; i < LT_NR_CHURN; i++) {
		const struct lt_churner *churner = &lt_churners[i];
		unsigned long orphans = lt_reported_of(LT_ORPHAN, churner->owner);
		unsigned long noticed = lt_reported_of(LT_FREED_BEHIND, churner->owner);

		if (orphans != churner->out)
			lt_fail(LT_REPORT, "orphans", churner->owner, orphans, churner->out);
		if (orphans + noticed != churner->orphans + churner->put)
			lt_fail(LT_LEFT, "orphans and pages noticed", churner->owner,
				orphans + noticed, churner->orphans + churner->put);
		if (noticed > churner->put)
			lt_fail(LT_REPORT, "pages noticed", churner->owner, noticed, churner->put);
	}
}
