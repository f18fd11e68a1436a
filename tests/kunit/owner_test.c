// SPDX-License-Identifier: GPL-2.0
/* An owner's counters, the result of query, and device-managed owners. */
#include <kunit/device.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/mm.h>

#include "fixture.h"

/* The figures that debugfs shows. */
struct books {
	long owned, stocked, peak, allocs, frees, quarantined;
};

static struct books books(const struct labyrinth_owner *o)
{
	return (struct books){
		.owned = lab_owner_owned(o),
		.stocked = lab_owner_stocked(o),
		.peak = lab_owner_peak(o),
		.allocs = lab_owner_allocs(o),
		.frees = lab_owner_frees(o),
		.quarantined = atomic_read(&o->quarantined),
	};
}

static void expect_books(struct kunit *test, const struct labyrinth_owner *owner,
			 struct books expected, const char *when)
{
	struct books b = books(owner);

	KUNIT_EXPECT_EQ_MSG(test, b.owned, expected.owned, "owned, %s", when);
	KUNIT_EXPECT_EQ_MSG(test, b.stocked, expected.stocked, "stocked, %s", when);
	KUNIT_EXPECT_EQ_MSG(test, b.peak, expected.peak, "peak, %s", when);
	KUNIT_EXPECT_EQ_MSG(test, b.allocs, expected.allocs, "allocs, %s", when);
	KUNIT_EXPECT_EQ_MSG(test, b.frees, expected.frees, "frees, %s", when);
	KUNIT_EXPECT_EQ_MSG(test, b.quarantined, expected.quarantined, "quarantined, %s", when);
}

#define expect(when, ...) expect_books(test, owner, (struct books){ __VA_ARGS__ }, when)

static void counters_follow_alloc_and_free(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *pages[4];

	expect("new", .owned = 0);
	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, 3, pages), 3U);
	expect("three allocated", .owned = 3, .peak = 3, .allocs = 3);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[0]), 0);
	expect("one freed", .owned = 2, .stocked = 1, .peak = 3, .allocs = 3, .frees = 1);
	pages[0] = lab_test_take(test, owner);
	expect("allocated again", .owned = 3, .peak = 3, .allocs = 4, .frees = 1);
	pages[3] = lab_test_take(test, owner);
	expect("a fourth allocated", .owned = 4, .peak = 4, .allocs = 5, .frees = 1);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[0]), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[1]), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[2]), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[3]), 0);
	expect("all freed", .stocked = 4, .peak = 4, .allocs = 5, .frees = 5);
}

static void counters_follow_stock(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8, .stock = 8);
	struct page *page;

	expect("new", .stocked = 8);
	page = lab_test_take(test, owner);
	expect("one allocated", .owned = 1, .stocked = 7, .peak = 1, .allocs = 1);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	expect("freed again", .stocked = 8, .peak = 1, .allocs = 1, .frees = 1);
}

static void counters_follow_release(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_EQ(test, lab_release_page(owner, page), 0);
	expect("released", .peak = 1, .allocs = 1);
	__free_page(page);
}

static void counters_follow_transfer(struct kunit *test)
{
	struct labyrinth_owner *from = lab_test_owner(test, "from", 8);
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = lab_test_take(test, from);

	KUNIT_EXPECT_EQ(test, lab_transfer_page(from, owner, page), 0);
	expect("received", .owned = 1, .peak = 1);
	expect_books(test, from, (struct books){ .peak = 1, .allocs = 1 }, "given");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	expect("freed", .peak = 1, .frees = 1);
}

static void counters_follow_quarantine(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	expect("in quarantine", .peak = 1, .allocs = 1, .frees = 1, .quarantined = 1);
	put_page(page);
}

static void counters_follow_a_page_freed_behind(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = lab_test_take(test, owner);

	lab_test_free_behind(page, false);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), -EALREADY);
	expect("freed behind", .peak = 1, .allocs = 1);
	lab_test_end_behind(page);
}

struct taken {
	struct labyrinth_owner *owner;
	struct page *page;
	struct irq_work hard;
	struct tasklet_struct soft;
};

static void take_in_hardirq(struct irq_work *work)
{
	struct taken *taken = container_of(work, struct taken, hard);

	taken->page = lab_alloc_page(taken->owner);
}

static void take_in_softirq(struct tasklet_struct *tasklet)
{
	struct taken *taken = container_of(tasklet, struct taken, soft);

	taken->page = lab_alloc_page(taken->owner);
}

static void expect_query(struct kunit *test, struct page *page, enum labyrinth_context context)
{
	struct labyrinth_page_info info;

	KUNIT_ASSERT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_STREQ(test, info.owner, "owner");
	KUNIT_EXPECT_EQ(test, info.state, LABYRINTH_OWNED);
	KUNIT_EXPECT_EQ(test, info.context, context);
	KUNIT_EXPECT_EQ(test, info.cpu, cpumask_first(cpu_online_mask));
	KUNIT_EXPECT_EQ(test, info.node, page_to_nid(page));
	KUNIT_EXPECT_FALSE(test, info.from_reserve);
	KUNIT_EXPECT_LT(test, info.age_ms, 5000ULL);
}

static void query_returns_owner_caller_context_and_cpu(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *page = lab_alloc_page(owner);
	struct labyrinth_page_info info = { };
	char caller[128];

	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_query(test, page, LABYRINTH_TASK);
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	lab_caller_name(info.caller, caller, sizeof(caller));
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(caller, __func__), "%s", caller);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void query_returns_the_age_since_alloc(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	struct labyrinth_page_info info = { };

	msleep(100);
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_GE(test, info.age_ms, 80ULL);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_ASSERT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	KUNIT_EXPECT_LT_MSG(test, info.age_ms, 80ULL, "the age restarts when the page is recycled");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void query_returns_hardirq_for_alloc_in_an_interrupt(struct kunit *test)
{
	struct taken *taken = lab_test_zalloc(test, sizeof(*taken));

	taken->owner = lab_test_owner(test, "owner", 1, .stock = 1);
	taken->hard = IRQ_WORK_INIT_HARD(take_in_hardirq);
	irq_work_queue(&taken->hard);
	irq_work_sync(&taken->hard);
	KUNIT_ASSERT_NOT_NULL(test, taken->page);
	expect_query(test, taken->page, LABYRINTH_HARDIRQ);
	KUNIT_EXPECT_EQ(test, lab_free_page(taken->owner, taken->page), 0);
}

static void query_returns_softirq_for_alloc_in_a_tasklet(struct kunit *test)
{
	struct taken *taken = lab_test_zalloc(test, sizeof(*taken));

	taken->owner = lab_test_owner(test, "owner", 1);
	tasklet_setup(&taken->soft, take_in_softirq);
	tasklet_schedule(&taken->soft);
	tasklet_kill(&taken->soft);
	KUNIT_ASSERT_NOT_NULL(test, taken->page);
	expect_query(test, taken->page, LABYRINTH_SOFTIRQ);
	KUNIT_EXPECT_EQ(test, lab_free_page(taken->owner, taken->page), 0);
}

static void allocated_page_is_exclusive_and_its_fields_are_free_to_use(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	LIST_HEAD(mine);

	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	KUNIT_EXPECT_EQ(test, lab_compat_mapcount(page), 0);
	page->mapping = page_address(page);
	set_page_private(page, 0x5678);
	list_add(&page->lru, &mine);
	KUNIT_EXPECT_EQ_MSG(test, lab_check_page(owner, page), 0, "the tag is not on the page");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static const struct labyrinth_owner_params devm_params = {
	.name = "devm", .budget = 4, .stock = 2, .nid = NUMA_NO_NODE,
};

static void devm_owner_is_destroyed_with_its_device(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "lab_test");
	struct labyrinth_owner *owner;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	owner = devm_labyrinth_owner_create(dev, &devm_params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, owner);
	KUNIT_EXPECT_PTR_EQ(test, owner->module, THIS_MODULE);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, lab_test_take(test, owner)), 0);
	KUNIT_EXPECT_PTR_EQ(test, devm_labyrinth_owner_create(dev, &devm_params),
			    ERR_PTR(-EEXIST));
	kunit_device_unregister(test, dev);
	KUNIT_EXPECT_TRUE(test, lab_owner_dead(owner));
	KUNIT_EXPECT_TRUE(test, list_empty(&lab_owners));
}

static void devm_owner_pins_the_module_until_its_device_is_gone(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "lab_test");
	struct labyrinth_owner *owner;
	int before;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
#ifdef CONFIG_MODULE_UNLOAD
	before = module_refcount(THIS_MODULE);
#endif
	owner = devm_labyrinth_owner_create(dev, &devm_params);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, owner);
	/* The driver destroys it before the device goes. */
	labyrinth_owner_destroy(owner);
#ifdef CONFIG_MODULE_UNLOAD
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
#endif
	KUNIT_EXPECT_TRUE(test, owner->devm);
	kunit_device_unregister(test, dev);
#ifdef CONFIG_MODULE_UNLOAD
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
#endif
	KUNIT_EXPECT_FALSE(test, owner->devm);
}

static void devm_owner_needs_a_device_and_parameters(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "lab_test");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	KUNIT_EXPECT_PTR_EQ(test, devm_labyrinth_owner_create(NULL, &devm_params),
			    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, devm_labyrinth_owner_create(ERR_PTR(-ENODEV), &devm_params),
			    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, devm_labyrinth_owner_create(dev, NULL), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_TRUE(test, list_empty(&lab_owners));
}

/* As by an alloc that pops a page, shared for an instant, while destroy marks the owner dead. */
static void page_popped_as_the_owner_dies_is_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 4);
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	get_page(page);
	WRITE_ONCE(owner->slow, LAB_SLOW_DEAD);
	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	WRITE_ONCE(owner->slow, 0);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ_MSG(test, page_ref_count(page), 1, "only the reference of this test");
	put_page(page);
}

static struct kunit_case lab_owner_cases[] = {
	KUNIT_CASE(page_popped_as_the_owner_dies_is_freed),
	KUNIT_CASE(counters_follow_alloc_and_free),
	KUNIT_CASE(counters_follow_stock),
	KUNIT_CASE(counters_follow_release),
	KUNIT_CASE(counters_follow_transfer),
	KUNIT_CASE(counters_follow_quarantine),
	KUNIT_CASE(counters_follow_a_page_freed_behind),
	KUNIT_CASE(query_returns_owner_caller_context_and_cpu),
	KUNIT_CASE(query_returns_the_age_since_alloc),
	KUNIT_CASE(query_returns_hardirq_for_alloc_in_an_interrupt),
	KUNIT_CASE(query_returns_softirq_for_alloc_in_a_tasklet),
	KUNIT_CASE(allocated_page_is_exclusive_and_its_fields_are_free_to_use),
	KUNIT_CASE(devm_owner_is_destroyed_with_its_device),
	KUNIT_CASE(devm_owner_pins_the_module_until_its_device_is_gone),
	KUNIT_CASE(devm_owner_needs_a_device_and_parameters),
	{}
};

static struct kunit_suite lab_owner_suite = {
	.name = "labyrinth_owner",
	.init = lab_test_pin,
	.test_cases = lab_owner_cases,
};

kunit_test_suite(lab_owner_suite);
