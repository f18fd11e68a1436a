// SPDX-License-Identifier: GPL-2.0
/* What a legitimate user does, at random; and misuse in between. */
#include "torture.h"

/*
 * Two are taken, and the first goes back. Whoever was interrupted while it took
 * the first from a stack finds it there again, but not what lay below (ABA).
 */
static void lt_shuffle(struct lt_user *user, struct lt_owner *owner)
{
	unsigned int first = user->nr_held;

	if (lt_get(user, owner, 1) && lt_get(user, owner, 1))
		lt_give(user, first, false);
}

static void lt_work_once(struct lt_user *user)
{
	u32 random = prandom_u32_state(&user->random);
	unsigned int i;

	if (unlikely((random >> 8) % 10000 < lt_misuse_rate)) {
		lt_misuse(user);
		return;
	}
	if (!user->nr_held) {
		lt_get(user, lt_owner_any(user), 1);
		return;
	}
	i = prandom_u32_state(&user->random) % user->nr_held;
	/* In percent; where there is no room for a page, none is taken. */
	switch (random % 100) {
	case 0 ... 27:
		lt_get(user, lt_owner_any(user), 1);
		break;
	case 28 ... 37:
		lt_shuffle(user, lt_owner_any(user));
		break;
	case 38 ... 47:
		lt_get(user, lt_owner_any(user), 1 + i % LT_BULK_MAX);
		break;
	case 48 ... 53:
		lt_check(user, i);
		break;
	case 54 ... 57:
		lt_query(user, i);
		break;
	case 58 ... 64:
		lt_transfer(user, i, lt_owner_any(user));
		break;
	case 65 ... 68:
		lt_release(user, i);
		break;
	case 69 ... 76:
		if (!lt_give_many(user))
			lt_give(user, i, false);
		break;
	default:
		lt_give(user, i, false);
		break;
	}
}

/* @ops operations in the context that the caller has made. */
void lt_work(struct lt_user *user, enum lt_context context, unsigned int ops)
{
	/* Written here only; the boss reads it. */
	WRITE_ONCE(user->ops[context], user->ops[context] + ops);
	user->context = context;
	while (ops--)
		lt_work_once(user);
}
