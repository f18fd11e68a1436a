// SPDX-License-Identifier: GPL-2.0
/*
 * Memory is short: what owners have ready above their stock goes back to the
 * kernel.
 */
#include <linux/mutex.h>
#include <linux/shrinker.h>

#include "compat.h"
#include "owner.h"
#include "page.h"
#include "ready.h"
#include "shrinker.h"

static struct shrinker *lab_shrinker;

/* The owner that the last scan stopped at. Guarded by lab_owners_lock. */
static u32 lab_shrink_at;

/* Pages that an owner has ready above its stock, give or take those that calls have in hand. */
static unsigned long lab_excess(const struct labyrinth_owner *owner)
{
	return max(lab_owner_stocked(owner) - (long)READ_ONCE(owner->stock), 0L);
}

/*
 * No recycled page goes while one is missing in the stock: it goes there, though a
 * zeroing owner will have to clear it.
 */
static bool lab_shrink_one(struct labyrinth_owner *owner)
{
	int stock = READ_ONCE(owner->stock);

	while (atomic_read(&owner->nr_stocked) < stock)
		if (!lab_stock_recycled(owner))
			return false;
	return lab_shrink_recycled(owner) ||
	       (atomic_read(&owner->nr_stocked) > stock && lab_shrink_stocked(owner));
}

unsigned long lab_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	const struct labyrinth_owner *owner;
	unsigned long nr = 0;

	/* The holder of the lock may be waiting for memory itself. */
	if (!mutex_trylock(&lab_owners_lock))
		return 0;
	list_for_each_entry(owner, &lab_owners, list) {
		nr += lab_excess(owner);
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
	return nr ?: SHRINK_EMPTY;
}

/* The owner to go on with, or NULL where there is none. Needs lab_owners_lock. */
static struct labyrinth_owner *lab_shrink_first(void)
{
	struct labyrinth_owner *owner;

	preempt_disable();
	owner = lab_owner_by_id(lab_shrink_at);
	preempt_enable();
	/* One that is destroyed is in the list no more. */
	if (owner && !lab_owner_dead(owner))
		return owner;
	return list_first_entry_or_null(&lab_owners, struct labyrinth_owner, list);
}

static struct labyrinth_owner *lab_shrink_next(struct labyrinth_owner *owner)
{
	return list_is_last(&owner->list, &lab_owners) ?
	       list_first_entry(&lab_owners, struct labyrinth_owner, list) :
	       list_next_entry(owner, list);
}

/*
 * A scan asks for few pages and comes again: each goes on where the last one
 * stopped, or all of them together would look at the first owners again and again.
 */
unsigned long lab_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct labyrinth_owner *first, *owner;
	unsigned long nr = 0;

	if (!mutex_trylock(&lab_owners_lock))
		return SHRINK_STOP;
	first = lab_shrink_first();
	for (owner = first; owner; owner = lab_shrink_next(owner)) {
		unsigned long most = min(lab_excess(owner), sc->nr_to_scan - nr);

		while (most-- && lab_shrink_one(owner))
			nr++;
		lab_shrink_at = owner->id;
		if (nr == sc->nr_to_scan || lab_shrink_next(owner) == first)
			break;
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
	/* After a round in vain another would be: the kernel asks for more than it was told of. */
	return nr ?: SHRINK_STOP;
}

int lab_shrink_init(void)
{
	lab_shrinker = lab_compat_shrinker_new("labyrinth", lab_shrink_count, lab_shrink_scan);
	return lab_shrinker ? 0 : -ENOMEM;
}

void lab_shrink_exit(void)
{
	lab_compat_shrinker_free(lab_shrinker);
}
