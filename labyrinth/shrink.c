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
#include "shrink.h"

static struct shrinker *lab_shrinker;

/* Pages that an owner has ready above its stock, give or take those that calls have in hand. */
static unsigned long lab_excess(const struct labyrinth_owner *owner)
{
	return max(lab_owner_stocked(owner) - (long)owner->stock, 0L);
}

/*
 * No recycled page goes while one is missing in the stock: it goes there, though a
 * zeroing owner will have to clear it.
 */
static bool lab_shed(struct labyrinth_owner *owner)
{
	while (atomic_read(&owner->nr_stocked) < (int)owner->stock)
		if (!lab_stock_recycled(owner))
			return false;
	return lab_shed_recycled(owner) ||
	       (atomic_read(&owner->nr_stocked) > (int)owner->stock && lab_shed_stocked(owner));
}

unsigned long lab_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	const struct labyrinth_owner *owner;
	unsigned long nr = 0;

	/* Whoever has the lock may be waiting for memory himself. */
	if (!mutex_trylock(&lab_owners_lock))
		return 0;
	list_for_each_entry(owner, &lab_owners, list)
		nr += lab_excess(owner);
	mutex_unlock(&lab_owners_lock);
	return nr ?: SHRINK_EMPTY;
}

unsigned long lab_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct labyrinth_owner *owner;
	unsigned long nr = 0;

	if (!mutex_trylock(&lab_owners_lock))
		return SHRINK_STOP;
	list_for_each_entry(owner, &lab_owners, list) {
		unsigned long most = min(lab_excess(owner), sc->nr_to_scan - nr);

		while (most-- && lab_shed(owner))
			nr++;
	}
	mutex_unlock(&lab_owners_lock);
	return nr;
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
