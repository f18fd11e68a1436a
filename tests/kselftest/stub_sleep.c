// SPDX-License-Identifier: GPL-2.0
/*
 * A device with a delay before it is suspended, while all tasks are frozen. The kernel's own
 * delay for tests of suspend is a busy loop in some versions, which ends much too early on an
 * emulated machine.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/moduleparam.h>
#include <linux/pm.h>

#include "stub.h"

static unsigned int stub_sleep_ms;
module_param_named(sleep_ms, stub_sleep_ms, uint, 0644);
MODULE_PARM_DESC(sleep_ms, "delay before the device is suspended, in milliseconds");

static int stub_sleep_prepare(struct device *dev)
{
	msleep(stub_sleep_ms);
	return 0;
}

static const struct dev_pm_ops stub_sleep_ops = { .prepare = stub_sleep_prepare };
static const struct device_type stub_sleep_type = { .name = "stub", .pm = &stub_sleep_ops };

static void stub_sleep_release(struct device *dev)
{
}

static struct device stub_sleep_device = {
	.init_name	= "lab_stub_sleep",
	.type		= &stub_sleep_type,
	.release	= stub_sleep_release,
};

int stub_sleep_init(void)
{
	int err = device_register(&stub_sleep_device);

	if (err)
		put_device(&stub_sleep_device);
	return err;
}

void stub_sleep_exit(void)
{
	device_unregister(&stub_sleep_device);
}
