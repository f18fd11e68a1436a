// SPDX-License-Identifier: GPL-2.0
/*
 * Owners created and destroyed in memory reclaim, as by a storage driver that resets its
 * device. lockdep knows each lock that was held during an allocation.
 */
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/sched/mm.h>

#include "diag/debugfs_owner.h"
#include "fixture.h"

struct reclaim {
	unsigned int noio;
};

/* Look to lockdep like a driver called from direct reclaim. */
static void enter_reclaim(struct reclaim *reclaim)
{
	fs_reclaim_acquire(GFP_KERNEL);
	reclaim->noio = memalloc_noio_save();
}

static void leave_reclaim(struct reclaim *reclaim)
{
	memalloc_noio_restore(reclaim->noio);
	fs_reclaim_release(GFP_KERNEL);
}

static const struct labyrinth_owner_params params = {
	.name = "reclaim", .budget = 16, .stock = 8, .nid = NUMA_NO_NODE,
};

/* One that ran while pages were taken may have left more than half of the stock: none follows. */
static int wait_for_refill(struct labyrinth_owner *owner)
{
	int val;

	return read_poll_timeout(atomic_read, val, val > (int)owner->refill_at, LAB_TEST_POLL,
				 LAB_TEST_PATIENCE, false, &owner->nr_stocked);
}

/* Wait until the work item of the owner's folder is done. */
static int wait_for_folder(struct labyrinth_owner *owner)
{
	bool pending;

	return read_poll_timeout(lab_debugfs_owner_pending, pending, !pending, LAB_TEST_POLL,
				 LAB_TEST_PATIENCE, false, owner);
}

/* lockdep sees destroy wait only for work items that are running: annotate the wait. */
static void wait_as_destroy_does(struct labyrinth_owner *owner)
{
#ifdef CONFIG_LOCKDEP
	lock_map_acquire(&owner->refill.work.lockdep_map);
	lock_map_release(&owner->refill.work.lockdep_map);
	lock_map_acquire(&owner->look.work.lockdep_map);
	lock_map_release(&owner->look.work.lockdep_map);
#endif
}

/* Use @owner and destroy it: its stock is refilled, and one page is still out at the end. */
static void live(struct kunit *test, struct labyrinth_owner *owner)
{
	struct page *pages[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		pages[i] = lab_alloc_page(owner);
	KUNIT_EXPECT_EQ(test, wait_for_refill(owner), 0);
	for (i = 1; i < 8; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
	wait_as_destroy_does(owner);
	KUNIT_EXPECT_EQ(test, labyrinth_owner_destroy(owner), 1U);
	put_page(pages[0]);
}

static void create_and_destroy_are_safe_in_reclaim(struct kunit *test)
{
	struct labyrinth_owner *owner;
	struct reclaim reclaim;

	/* Outside reclaim first, so that lockdep learns which locks are held while waiting. */
	owner = labyrinth_owner_create(&params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, owner);
	live(test, owner);

	enter_reclaim(&reclaim);
	owner = labyrinth_owner_create(&params);
	if (!IS_ERR(owner))
		live(test, owner);
	leave_reclaim(&reclaim);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, owner);
	KUNIT_EXPECT_TRUE_MSG(test, debug_locks, "lockdep reported a problem, here or earlier");
}

static struct labyrinth_owner *create_in_reclaim(struct kunit *test)
{
	struct labyrinth_owner *owner;
	struct reclaim reclaim;

	enter_reclaim(&reclaim);
	owner = labyrinth_owner_create(&params);
	leave_reclaim(&reclaim);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, owner);
	return owner;
}

static void destroy_in_reclaim(struct labyrinth_owner *owner)
{
	struct reclaim reclaim;

	enter_reclaim(&reclaim);
	labyrinth_owner_destroy(owner);
	leave_reclaim(&reclaim);
}

static void folder_is_created_and_removed_asynchronously(struct kunit *test)
{
	struct labyrinth_owner *owner = create_in_reclaim(test);

	KUNIT_EXPECT_EQ(test, wait_for_folder(owner), 0);
	KUNIT_EXPECT_NOT_NULL(test, READ_ONCE(owner->diag->dir));
	destroy_in_reclaim(owner);
	KUNIT_EXPECT_EQ(test, wait_for_folder(owner), 0);
	KUNIT_EXPECT_NULL(test, READ_ONCE(owner->diag->dir));
}

static void next_owner_of_the_same_name_gets_its_folder(struct kunit *test)
{
	struct labyrinth_owner *owner;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		owner = create_in_reclaim(test);
		if (i % 2)
			KUNIT_EXPECT_EQ(test, wait_for_folder(owner), 0);
		destroy_in_reclaim(owner);
		owner = labyrinth_owner_create(&params);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, owner);
		KUNIT_EXPECT_NOT_NULL(test, owner->diag->dir);
		labyrinth_owner_destroy(owner);
		KUNIT_EXPECT_NULL(test, owner->diag->dir);
	}
}

static void many_owners_can_be_created_in_reclaim(struct kunit *test)
{
	static struct labyrinth_owner *owners[300];
	struct labyrinth_owner_params many = { .budget = 1, .nid = NUMA_NO_NODE };
	char name[LABYRINTH_NAME_LEN];
	unsigned int i, made = 0;
	struct reclaim reclaim;

	enter_reclaim(&reclaim);
	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		snprintf(name, sizeof(name), "reclaim%u", i);
		many.name = name;
		owners[i] = labyrinth_owner_create(&many);
		made += !IS_ERR(owners[i]);
	}
	for (i = 0; i < ARRAY_SIZE(owners); i++)
		labyrinth_owner_destroy(owners[i]);
	leave_reclaim(&reclaim);
	KUNIT_EXPECT_EQ(test, made, ARRAY_SIZE(owners));
}

static struct kunit_case lab_reclaim_cases[] = {
	KUNIT_CASE(create_and_destroy_are_safe_in_reclaim),
	KUNIT_CASE(folder_is_created_and_removed_asynchronously),
	KUNIT_CASE(next_owner_of_the_same_name_gets_its_folder),
	KUNIT_CASE(many_owners_can_be_created_in_reclaim),
	{}
};

static struct kunit_suite lab_reclaim_suite = {
	.name = "labyrinth_reclaim",
	.test_cases = lab_reclaim_cases,
};

kunit_test_suite(lab_reclaim_suite);
