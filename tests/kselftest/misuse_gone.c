// SPDX-License-Identifier: GPL-2.0
/* lab_test_misuse_gone - a driver that is unloaded without destroying its owner */
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/module.h>

static int __init misuse_gone_init(void)
{
	struct labyrinth_owner *owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = "misuse_gone", .budget = 8, .stock = 4, .nid = NUMA_NO_NODE,
	});

	return PTR_ERR_OR_ZERO(owner);
}

/* The owner should be destroyed here. */
static void __exit misuse_gone_exit(void)
{
}

module_init(misuse_gone_init);
module_exit(misuse_gone_exit);

MODULE_DESCRIPTION("labyrinth test: an owner whose module is unloaded");
MODULE_LICENSE("GPL");
