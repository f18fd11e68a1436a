// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading. */
#include <linux/kernel.h>
#include <linux/labyrinth.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/workqueue.h>

#include "core/offline.h"
#include "core/owner.h"
#include "core/page.h"
#include "core/settings.h"
#include "core/shrinker.h"
#include "core/track.h"
#include "core/work.h"
#include "diag/audit.h"
#include "diag/debugfs.h"
#include "diag/debugfs_owner.h"
#include "diag/module_unload.h"
#include "diag/orphan.h"
#include "diag/report.h"
#include "diag/sysfs.h"
#include "diag/watch.h"

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

static int lab_settings_param_set(const char *val, const struct kernel_param *kp)
{
	return lab_settings_set(val);
}

static int lab_settings_param_get(char *buffer, const struct kernel_param *kp)
{
	return lab_settings_get(buffer);
}

static void lab_settings_param_free(void *arg)
{
	lab_settings_exit();
}

static const struct kernel_param_ops lab_settings_ops = {
	.set = lab_settings_param_set,
	.get = lab_settings_param_get,
	.free = lab_settings_param_free,
};
module_param_cb(settings, &lab_settings_ops, NULL, 0644);
MODULE_PARM_DESC(settings, "Limits of owners, by name or shell pattern, as in nic-rx:stock=324,reserve_pct=70;disk-*:budget=512 (default none)");

static int lab_watch_param_set(const char *val, const struct kernel_param *kp)
{
	int modes = lab_watch_parse(val);

	return modes < 0 ? modes : lab_watch_set(modes);
}

static int lab_watch_param_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", lab_watch_name());
}

static const struct kernel_param_ops lab_watch_ops = {
	.set = lab_watch_param_set,
	.get = lab_watch_param_get,
};
module_param_cb(watch, &lab_watch_ops, NULL, 0644);
MODULE_PARM_DESC(watch, "Watch the kernel's own page allocator: off, free (frees of labyrinth's pages by others), reserve (allocations from below min) or all (default off)");

static int __init labyrinth_init(void)
{
	int err;

	err = lab_wq_init();
	if (err)
		return err;
	err = lab_debugfs_owner_init();
	if (err)
		goto no_folder;
	err = lab_report_init();
	if (err)
		goto no_report;
	err = lab_module_unload_init();
	if (err)
		goto no_owner;
	err = lab_shrink_init();
	if (err)
		goto no_shrink;
	err = lab_offline_init();
	if (err)
		goto no_offline;
	lab_debugfs_init();
	lab_sysfs_init();
	lab_audit_init();
	lab_watch_init();
	return 0;
no_offline:
	lab_shrink_exit();
no_shrink:
	lab_module_unload_exit();
no_owner:
	lab_report_exit();
no_report:
	lab_debugfs_owner_exit();
no_folder:
	lab_wq_exit();
	return err;
}

static void __exit labyrinth_exit(void)
{
	lab_debugfs_owner_exit();
	lab_debugfs_exit();
	lab_sysfs_exit();
	lab_watch_stop();
	lab_audit_exit();
	lab_shrink_exit();
	lab_module_unload_exit();
	lab_track_exit();
	lab_page_flush();
	lab_report_exit();
	lab_watch_exit();
	lab_wq_exit();
	lab_orphan_exit();
	lab_offline_exit();
	/* No new reader finds a table any more, but freed tables may have readers until here. */
	synchronize_rcu();
	lab_owner_free_handles();
}

module_init(labyrinth_init);
module_exit(labyrinth_exit);

MODULE_DESCRIPTION("Exclusive atomic pages with an ownership tag");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(LABYRINTH_VERSION);
