// SPDX-License-Identifier: GPL-2.0
/* lab_init_caller - a driver that calls labyrinth from its init function, whose code is freed */
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/module.h>

static struct labyrinth_owner *init_caller_owner;
static struct page *init_caller_page;

/* One page stays owned, another one is freed twice. */
static noinline int __init init_caller_take(void)
{
	struct page *page;

	init_caller_page = labyrinth_alloc_page(init_caller_owner);
	page = labyrinth_alloc_page(init_caller_owner);
	labyrinth_free_page(init_caller_owner, page);
	return labyrinth_free_page(init_caller_owner, page);
}

static int __init init_caller_init(void)
{
	init_caller_owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = "init_caller", .budget = 8, .nid = NUMA_NO_NODE, .flags = LABYRINTH_STACK,
	});
	if (IS_ERR(init_caller_owner))
		return PTR_ERR(init_caller_owner);
	return init_caller_take() == -EALREADY ? 0 : -EINVAL;
}

static void __exit init_caller_exit(void)
{
	labyrinth_free_page(init_caller_owner, init_caller_page);
	labyrinth_owner_destroy(init_caller_owner);
}

module_init(init_caller_init);
module_exit(init_caller_exit);

MODULE_DESCRIPTION("labyrinth test: a caller whose code is freed after init");
MODULE_LICENSE("GPL");
