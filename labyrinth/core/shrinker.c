// SPDX-License-Identifier: GPL-2.0
/*
 * The shrinker: it frees ready pages of owners above their stock. Of an adaptive stock it keeps
 * what the driver asked for.
 */
#include <linux/mutex.h>
#include <linux/shrinker.h>

#include "adapt.h"
#include "compat.h"
#include "owner.h"
#include "page.h"
#include "ready.h"
#include "shrinker.h"

static struct shrinker *lab_shrinker;

/* The owner at which the last scan stopped. Guarded by lab_owners_lock. */
static u32 lab_shrink_at;

/* Ready pages above the stock, but for those in flight. */
static unsigned long lab_excess(const struct labyrinth_owner *owner)
{
	return max(lab_owner_stocked(owner) - (long)lab_stock_kept(owner), 0L);
}

/*
 * While the stock is not full, a recycled page is moved there instead of freed, even though a
 * zeroing owner will have to clear it.
 */
static bool lab_shrink_one(struct labyrinth_owner *owner)
{
	int stock = lab_stock_kept(owner);

	while (atomic_read(&owner->nr_stocked) < stock)
		if (!lab_stock_recycled(owner))
			return false;
	if (lab_shrink_recycled(owner))
		return true;
	if (atomic_read(&owner->nr_stocked) <= stock || !lab_shrink_stocked(owner))
		return false;
	lab_adapt_shrunk(owner);
	return true;
}

unsigned long lab_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	const struct labyrinth_owner *owner;
	unsigned long nr = 0;

	/* The holder of the lock may itself wait for memory. */
	if (!mutex_trylock(&lab_owners_lock))
		return 0;
	list_for_each_entry(owner, &lab_owners, list) {
		nr += lab_excess(owner);
		cond_resched();
	}
	mutex_unlock(&lab_owners_lock);
	return nr ?: SHRINK_EMPTY;
}

/* The owner to continue with, or NULL. Needs lab_owners_lock. */
static struct labyrinth_owner *lab_shrink_first(void)
{
	struct labyrinth_owner *owner;

	preempt_disable();
	owner = lab_owner_by_id(lab_shrink_at);
	preempt_enable();
	/* A destroyed owner is not in the list any more. */
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
 * A scan asks for few pages and is repeated. Each continues where the last one stopped, or the
 * first owners would be scanned again and again.
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
	/* Nothing was found in a full round: stop, though the kernel asks for more. */
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
