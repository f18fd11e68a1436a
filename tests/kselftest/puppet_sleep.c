// SPDX-License-Identifier: GPL-2.0
/*
 * A driver whose device takes its time before it goes to sleep: all tasks are frozen
 * by then. The kernel's own delay for tests of suspend is a busy loop in some
 * versions, and ends much too early on an emulated machine.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/moduleparam.h>
#include <linux/pm.h>

#include "puppet.h"

static unsigned int puppet_sleep_ms;
module_param_named(sleep_ms, puppet_sleep_ms, uint, 0644);
MODULE_PARM_DESC(sleep_ms, "how long the device takes before it goes to sleep");

static int puppet_sleep_prepare(struct device *dev)
{
	msleep(puppet_sleep_ms);
	return 0;
}

static const struct dev_pm_ops puppet_sleep_ops = { .prepare = puppet_sleep_prepare };
static const struct device_type puppet_sleep_type = { .name = "puppet", .pm = &puppet_sleep_ops };

static void puppet_sleep_release(struct device *dev)
{
}

static struct device puppet_sleep_device = {
	.init_name	= "lab_puppet_sleep",
	.type		= &puppet_sleep_type,
	.release	= puppet_sleep_release,
};

int puppet_sleep_init(void)
{
	int err = device_register(&puppet_sleep_device);

	if (err)
		put_device(&puppet_sleep_device);
	return err;
}

void puppet_sleep_exit(void)
{
	device_unregister(&puppet_sleep_device);
}
