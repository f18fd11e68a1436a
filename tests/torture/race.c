// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads give back the same page at the same instant. Exactly one may
 * succeed, and the other must be told, and reported.
 */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "torture.h"

#define LT_DUEL_SPINS	4000	/* turns of waiting for a second */
#define LT_DUEL_AHEAD_NS	20000	/* so early the signal is given */
#define LT_DUEL_SPREAD_NS	1024	/* by so much one may be late */

enum lt_race_state {
	LT_DUEL_NONE,
	LT_DUEL_MAKING,		/* the first prepares it */
	LT_DUEL_OPEN,		/* for any other thread */
	LT_DUEL_TAKEN,		/* by the second, who waits for the signal */
	LT_DUEL_GO,
	LT_DUEL_OVER,		/* for the second */
};

/* There is one at a time. Its fields go with the state, from one thread to the other. */
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

/* Both begin by the clock: the signal's way from one to the other would take too long. */
static void lt_race_free(struct lt_user *user, struct lt_owner *owner, struct page *page,
			 int *result)
{
	u64 start = lt_race.start + prandom_u32_state(&user->random) % LT_DUEL_SPREAD_NS;

	while (ktime_get_ns() < start)
		;
	*result = labyrinth_free_page(owner->lab, page);
}

/* A thread comes by. Context: task, preemptible. */
void lt_race_second(struct lt_user *user)
{
	if (READ_ONCE(lt_race.state) != LT_DUEL_OPEN || !lt_race_step(LT_DUEL_OPEN, LT_DUEL_TAKEN))
		return;
	lt_race_wait(LT_DUEL_GO);
	lt_race_free(user, lt_race.owner, lt_race.page, &lt_race.result);
	/* Pairs with lt_race_wait(). */
	smp_store_release(&lt_race.state, LT_DUEL_OVER);
}

/* Wait for a second. False where none comes. */
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

/* Both results: of @success and -EALREADY each once, in either order. */
static void lt_race_judge(const struct lt_owner *owner, int first, int second)
{
	if (first == -EALREADY)
		lt_answered("free at once, the second's", owner, second, 0);
	else if (lt_answered("free at once, the first's", owner, first, 0))
		lt_answered("free at once, the second's", owner, second, -EALREADY);
}

/*
 * The user's page @i: of an owner that is its own, or with a reference more, so
 * that it cannot go to anybody else before the loser comes. Returns it, or NULL
 * where nothing was done.
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
