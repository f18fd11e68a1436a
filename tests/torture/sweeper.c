// SPDX-License-Identifier: GPL-2.0
/*
 * One thread for work that the users' contexts forbid or that waits: it frees pages
 * to the kernel, drops the extra references of disputed pages, and checks that these
 * leave the quarantine.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/sched.h>

#include "torture.h"

#define LT_SWEEP_MS	10
#define LT_DISPUTE_MS	100	/* an extra reference is held for at most */
#define LT_COMEBACK_MS	20000	/* labyrinth checks quarantined pages twice a second */
#define LT_AGE_STEP_MS	40	/* two steps of labyrinth_page_info.age_ms */

static struct task_struct *lt_sweeper;
static LLIST_HEAD(lt_leaving);	/* linked through page->lru, which is the holder's */

/* Free an ordinary page that the test holds alone, now or soon. Context: any. */
void lt_page_away(struct page *page)
{
	if (preemptible())
		__free_page(page);
	else
		llist_add((struct llist_node *)&page->lru, &lt_leaving);
}

static void lt_sweep_leaving(void)
{
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, llist_del_all(&lt_leaving))
		__free_page(container_of((struct list_head *)node, struct page, lru));
}

/*
 * Find a free debt for a page of @owner. Returns NULL if @user has none left or a
 * quarter of the owner's budget is disputed already.
 */
struct lt_debt *lt_debt_find(struct lt_user *user, struct lt_owner *owner)
{
	struct lt_debt *debt;

	if (atomic_read(&owner->disputed) >= (int)max(owner->budget / 4, 1U))
		return NULL;
	for (debt = user->debts; debt < user->debts + LT_DEBTS; debt++)
		/* Pairs with lt_debt_settle(). */
		if (smp_load_acquire(&debt->state) == LT_DEBT_NONE)
			return debt;
	return NULL;
}

/* The page's claim passes to the debt. */
void lt_debt_owe(struct lt_debt *debt, struct lt_owner *owner, struct page *page,
		 enum lt_debt_state state)
{
	atomic_inc(&owner->disputed);
	debt->owner = owner;
	debt->page = page;
	debt->since = jiffies;
	if (state == LT_DEBT_REFERENCED)
		debt->since += msecs_to_jiffies(page_to_pfn(page) % LT_DISPUTE_MS);
	/* Pairs with lt_sweep_debts(). */
	smp_store_release(&debt->state, state);
}

static void lt_debt_settle(struct lt_debt *debt)
{
	atomic_dec(&debt->owner->disputed);
	lt_unclaim(debt->owner, 1);
	/* Pairs with lt_debt_find(). */
	smp_store_release(&debt->state, LT_DEBT_NONE);
}

/* True if the page has left that quarantine. It may be in a later one by now. */
static bool lt_debt_over(const struct lt_debt *debt)
{
	unsigned int ms = jiffies_to_msecs(jiffies - debt->since);
	struct labyrinth_page_info info;

	if (labyrinth_query_page(debt->page, &info))
		return true;
	return info.state != LABYRINTH_QUARANTINED || info.age_ms + LT_AGE_STEP_MS < ms ||
	       strcmp(info.owner, debt->owner->name);
}

static void lt_sweep_debt(struct lt_debt *debt, enum lt_debt_state state)
{
	if (state == LT_DEBT_REFERENCED) {
		if (time_before(jiffies, debt->since) && !lt_stopping())
			return;
		debt->since = jiffies;
		/* Only this thread changes the state from here on. */
		WRITE_ONCE(debt->state, LT_DEBT_DROPPED);
		/* Labyrinth holds the other reference. */
		put_page(debt->page);
		return;
	}
	if (state == LT_DEBT_BACK) {
		lt_debt_settle(debt);
	} else if (lt_debt_over(debt)) {
		/* A worker may still hold the page: the claim ends with the next sweep. */
		WRITE_ONCE(debt->state, LT_DEBT_BACK);
	} else if (time_after(jiffies, debt->since + msecs_to_jiffies(LT_COMEBACK_MS))) {
		lt_fail(LT_LOST, "still in quarantine", debt->owner, page_ref_count(debt->page), 1);
		lt_debt_settle(debt);
	}
}

/* Returns how many debts are open. */
static unsigned int lt_sweep_debts(void)
{
	unsigned int i, j, open = 0;

	for (i = 0; i < lt_nr_users; i++)
		for (j = 0; j < LT_DEBTS; j++) {
			struct lt_debt *debt = &lt_users[i].debts[j];
			/* Pairs with lt_debt_owe(). */
			enum lt_debt_state state = smp_load_acquire(&debt->state);

			if (state == LT_DEBT_NONE)
				continue;
			lt_sweep_debt(debt, state);
			open++;
		}
	return open;
}

static int lt_sweep(void *unused)
{
	while (lt_sweep_debts() || !kthread_should_stop()) {
		lt_sweep_leaving();
		msleep(LT_SWEEP_MS);
	}
	lt_sweep_leaving();
	return 0;
}

int lt_sweeper_start(void)
{
	lt_sweeper = kthread_run(lt_sweep, NULL, "torture_sweep");
	if (IS_ERR(lt_sweeper))
		return PTR_ERR(lt_sweeper);
	/* Labyrinth would report a reference that is dropped late for lack of CPU time. */
	sched_set_fifo_low(lt_sweeper);
	return 0;
}

/* Called when the users have stopped. All debts are settled on return. */
void lt_sweeper_stop(void)
{
	if (!IS_ERR_OR_NULL(lt_sweeper))
		kthread_stop(lt_sweeper);
	lt_sweeper = NULL;
}
