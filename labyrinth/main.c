// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading. */
#include <linux/kernel.h>
#include <linux/labyrinth.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/workqueue.h>

#include "audit.h"
#include "debugfs.h"
#include "folder.h"
#include "offline.h"
#include "orphan.h"
#include "owner.h"
#include "page.h"
#include "shrink.h"
#include "verdict.h"

int lab_default_reserve_pct = 50;

static int lab_reserve_pct_set(const char *val, const struct kernel_param *kp)
{
	int pct, err = kstrtoint(val, 0, &pct);

	if (err)
		return err;
	if (pct < 1 || pct > 100)
		return -EINVAL;
	WRITE_ONCE(lab_default_reserve_pct, pct);
	return 0;
}

static const struct kernel_param_ops lab_reserve_pct_ops = {
	.set = lab_reserve_pct_set,
	.get = param_get_int,
};
module_param_cb(reserve_pct, &lab_reserve_pct_ops, &lab_default_reserve_pct, 0644);
MODULE_PARM_DESC(reserve_pct, "Share of each zone's atomic reserve that an owner may use unless it says so itself, 1 to 100 percent (default 50)");

static unsigned int lab_audit_interval;

static int lab_audit_interval_set(const char *val, const struct kernel_param *kp)
{
	unsigned int seconds;
	int err = kstrtouint(val, 0, &seconds);

	if (err)
		return err;
	if (seconds > LAB_AUDIT_MOST)
		return -EINVAL;
	WRITE_ONCE(lab_audit_interval, seconds);
	lab_audit_every(seconds);
	return 0;
}

static const struct kernel_param_ops lab_audit_interval_ops = {
	.set = lab_audit_interval_set,
	.get = param_get_uint,
};
module_param_cb(audit_interval, &lab_audit_interval_ops, &lab_audit_interval, 0644);
MODULE_PARM_DESC(audit_interval, "Seconds from one audit of all pages to the next, 0 to 86400 (default 0: none)");

/* WQ_MEM_RECLAIM: a refill goes on where memory is too short to make a worker. */
struct workqueue_struct *lab_wq;

static int __init labyrinth_init(void)
{
	int err;

	lab_wq = alloc_workqueue("labyrinth", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!lab_wq)
		return -ENOMEM;
	err = lab_folder_init();
	if (err)
		goto no_folder;
	err = lab_verdict_init();
	if (err)
		goto no_verdict;
	err = lab_owner_init();
	if (err)
		goto no_owner;
	err = lab_shrink_init();
	if (err)
		goto no_shrink;
	err = lab_offline_init();
	if (err)
		goto no_offline;
	lab_debugfs_init();
	lab_audit_init();
	return 0;
no_offline:
	lab_shrink_exit();
no_shrink:
	lab_owner_exit();
no_owner:
	lab_verdict_exit();
no_verdict:
	lab_folder_exit();
no_folder:
	destroy_workqueue(lab_wq);
	return err;
}

static void __exit labyrinth_exit(void)
{
	lab_folder_exit();
	lab_debugfs_exit();
	lab_audit_exit();
	lab_shrink_exit();
	lab_owner_exit();
	lab_enter_exit();
	lab_page_flush();
	lab_verdict_exit();
	destroy_workqueue(lab_wq);
	lab_orphan_exit();
	lab_offline_exit();
	/* Nothing reads the tables any more, but freed banks may have readers until here. */
	synchronize_rcu();
	lab_owner_free_handles();
}

module_init(labyrinth_init);
module_exit(labyrinth_exit);

MODULE_DESCRIPTION("Exclusive atomic pages with an ownership tag");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(LABYRINTH_VERSION);
