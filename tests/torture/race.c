// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads free the same page at the same instant. Exactly one call must succeed;
 * the other must fail and be reported.
 */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "torture.h"

#define LT_DUEL_SPINS	4000	/* spins of waiting for a second thread */
#define LT_DUEL_AHEAD_NS	20000	/* from the signal to the start */
#define LT_DUEL_SPREAD_NS	1024	/* random delay of each thread, at most */

enum lt_race_state {
	LT_DUEL_NONE,
	LT_DUEL_MAKING,		/* the first thread prepares it */
	LT_DUEL_OPEN,		/* any other thread may join */
	LT_DUEL_TAKEN,		/* the second thread has joined and waits for the signal */
	LT_DUEL_GO,
	LT_DUEL_OVER,		/* the second thread is done */
};

/* One race at a time. @state passes the fields from one thread to the other. */
static struct {
	struct lt_owner *owner;
	struct page *page;
	u64 start;
	int result;
	int state;
} lt_race;

static bool lt_race_step(enum lt_race_state from, enum lt_race_state to)
{
	return cmpxchg(&lt_race.state, from, to) == from;
}

static void lt_race_wait(enum lt_race_state state)
{
	unsigned int spins = 0;

	/* Pairs with the steps and releases of the other side. */
	while (smp_load_acquire(&lt_race.state) != state) {
		cpu_relax();
		if (++spins % LT_DUEL_SPINS == 0)
			schedule_timeout_uninterruptible(1);
	}
}

/* Both start at a time of the clock: a signal takes too long between CPUs. */
static void lt_race_free(struct lt_user *user, struct lt_owner *owner, struct page *page,
			 int *result)
{
	u64 start = lt_race.start + prandom_u32_state(&user->random) % LT_DUEL_SPREAD_NS;

	while (ktime_get_ns() < start)
		;
	*result = labyrinth_free_page(owner->lab, page);
}

/* Join an open race. Context: task, preemptible. */
void lt_race_second(struct lt_user *user)
{
	if (READ_ONCE(lt_race.state) != LT_DUEL_OPEN || !lt_race_step(LT_DUEL_OPEN, LT_DUEL_TAKEN))
		return;
	lt_race_wait(LT_DUEL_GO);
	lt_race_free(user, lt_race.owner, lt_race.page, &lt_race.result);
	/* Pairs with lt_race_wait(). */
	smp_store_release(&lt_race.state, LT_DUEL_OVER);
}

/* Wait for a second thread. Returns false if none joins. */
static bool lt_race_call(struct lt_owner *owner, struct page *page)
{
	unsigned int spins;

	lt_race.owner = owner;
	lt_race.page = page;
	/* Pairs with the cmpxchg of lt_race_second(). */
	smp_store_release(&lt_race.state, LT_DUEL_OPEN);
	for (spins = 0; spins < LT_DUEL_SPINS; spins++) {
		if (READ_ONCE(lt_race.state) == LT_DUEL_TAKEN)
			return true;
		cpu_relax();
	}
	return !lt_race_step(LT_DUEL_OPEN, LT_DUEL_MAKING);
}

/* One result must be 0 and the other -EALREADY, in either order. */
static void lt_race_judge(const struct lt_owner *owner, int first, int second)
{
	if (first == -EALREADY)
		lt_answered("free at once, the second's", owner, second, 0);
	else if (lt_answered("free at once, the first's", owner, first, 0))
		lt_answered("free at once, the second's", owner, second, -EALREADY);
}

/*
 * Free the user's page @i in a race. Its owner must be private, or @referenced set,
 * so that the page cannot be handed out before the loser's call. Returns the page, or
 * NULL if no race took place.
 */
struct page *lt_race_first(struct lt_user *user, unsigned int i, bool referenced)
{
	struct lt_owner *owner = user->held[i].owner;
	struct lt_held held;
	int first;

	if (!lt_race_step(LT_DUEL_NONE, LT_DUEL_MAKING))
		return NULL;
	if (!lt_race_call(owner, user->held[i].page)) {
		/* Pairs with the cmpxchg of the next. */
		smp_store_release(&lt_race.state, LT_DUEL_NONE);
		return NULL;
	}
	held = lt_let_go(user, i);
	if (referenced)
		get_page(held.page);
	lt_race.start = ktime_get_ns() + LT_DUEL_AHEAD_NS;
	/* Pairs with lt_race_wait(). */
	smp_store_release(&lt_race.state, LT_DUEL_GO);
	lt_race_free(user, owner, held.page, &first);
	lt_race_wait(LT_DUEL_OVER);
	lt_race_judge(owner, first, lt_race.result);
	/* Pairs with the cmpxchg of the next. */
	smp_store_release(&lt_race.state, LT_DUEL_NONE);
	return held.page;
}
