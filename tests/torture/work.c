// SPDX-License-Identifier: GPL-2.0
/* Random operations of a legitimate user, with misuse in between. */
#include "torture.h"

/*
 * Allocate two pages and free the first. If this interrupted a pop of the first page,
 * that pop finds it on top of the stack again, but with another page below (ABA).
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
	/* In percent; lt_get() allocates nothing if the user has no room. */
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

/* Run @ops operations in the caller's context. */
void lt_work(struct lt_user *user, enum lt_context context, unsigned int ops)
{
	/* The only writer; the boss reads it. */
	WRITE_ONCE(user->ops[context], user->ops[context] + ops);
	user->context = context;
	while (ops--)
		lt_work_once(user);
}
