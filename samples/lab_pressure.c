// SPDX-License-Identifier: GPL-2.0
/*
 * lab_pressure - create and release memory pressure
 *
 *	echo 1 > /sys/module/lab_pressure/parameters/hold
 *
 * takes all memory down to the zones' min watermarks, as ordinary users can, and holds it. The
 * emergency reserve below min is not used. Writing 0, or unloading the module, frees
 * everything. Before the OOM killer kills a process, some pages are freed, so that the machine
 * stays usable; truce_ms later they are taken again. With "burst", some of the reserve is taken
 * as well, for 10 ms of every 40 ms.
 *
 * "reserve_left" reads as the number of pages that plain GFP_ATOMIC would get now. They are
 * taken, counted and freed at once.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

/* Period in jiffies at which pages that have become free are taken. */
#define PRESSURE_PERIOD		max(HZ / 100, 1)
/* Pages freed before the OOM killer would run. */
#define PRESSURE_MERCY		256

#define PRESSURE_GFP_MIN	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)
#define PRESSURE_GFP_RESERVE	(GFP_ATOMIC | __GFP_NOWARN)

static unsigned int truce_ms = 1000;
module_param(truce_ms, uint, 0600);
MODULE_PARM_DESC(truce_ms, "Time before freed pages are taken again, in ms (default: 1000)");

static unsigned int burst;
module_param(burst, uint, 0600);
MODULE_PARM_DESC(burst, "Pages of the reserve to take as well, for 10 ms of every 40 ms (default: 0)");

static DEFINE_MUTEX(pressure_lock);
static LIST_HEAD(pressure_pages);	/* guarded by pressure_lock */
static LIST_HEAD(pressure_reserve);	/* guarded by pressure_lock */
static unsigned int pressure_periods;	/* guarded by pressure_lock */
static bool pressure_on;		/* guarded by pressure_lock */
static unsigned long pressure_truce;	/* in jiffies, guarded by pressure_lock */
static unsigned long held;		/* guarded by pressure_lock; read anywhere */

static unsigned long pressure_take(struct list_head *list, gfp_t gfp, unsigned long most)
{
	unsigned long nr = 0;
	struct page *page;

	while (nr < most && (page = alloc_page(gfp))) {
		list_add_tail(&page->lru, list);
		nr++;
		cond_resched();
	}
	return nr;
}

static unsigned long pressure_give(struct list_head *list, unsigned long most)
{
	struct page *page, *next;
	unsigned long nr = 0;

	list_for_each_entry_safe(page, next, list, lru) {
		if (nr == most)
			break;
		list_del(&page->lru);
		__free_page(page);
		nr++;
		cond_resched();
	}
	return nr;
}

/* Take all pages that are free above min; needs pressure_lock. */
static void pressure_drain(void)
{
	WRITE_ONCE(held, held + pressure_take(&pressure_pages, PRESSURE_GFP_MIN, ULONG_MAX));
}

/* Hold some of the reserve for one period in four; needs pressure_lock. */
static void pressure_burst(void)
{
	pressure_give(&pressure_reserve, ULONG_MAX);
	if (!(++pressure_periods % 4))
		pressure_take(&pressure_reserve, PRESSURE_GFP_RESERVE, READ_ONCE(burst));
}

static void pressure_keep(struct work_struct *work);
static DECLARE_DELAYED_WORK(pressure_keeper, pressure_keep);

static void pressure_keep(struct work_struct *work)
{
	mutex_lock(&pressure_lock);
	if (pressure_on) {
		if (time_after_eq(jiffies, pressure_truce))
			pressure_drain();
		pressure_burst();
		schedule_delayed_work(&pressure_keeper, PRESSURE_PERIOD);
	}
	mutex_unlock(&pressure_lock);
}

static int pressure_oom(struct notifier_block *nb, unsigned long unused, void *freed)
{
	unsigned long nr;

	/* No holder of the lock waits for memory, so it is held for a short time. */
	mutex_lock(&pressure_lock);
	nr = pressure_give(&pressure_pages, PRESSURE_MERCY);
	WRITE_ONCE(held, held - nr);
	if (nr)
		pressure_truce = jiffies + msecs_to_jiffies(READ_ONCE(truce_ms));
	/* The pages may have been freed since the caller found none: let it retry. */
	else if (time_before(jiffies, pressure_truce))
		nr = 1;
	mutex_unlock(&pressure_lock);
	*(unsigned long *)freed += nr;
	return NOTIFY_OK;
}

static struct notifier_block pressure_oom_nb = {
	.notifier_call = pressure_oom,
};

static void pressure_end(void)
{
	mutex_lock(&pressure_lock);
	pressure_on = false;
	pressure_give(&pressure_reserve, ULONG_MAX);
	pressure_truce = jiffies + msecs_to_jiffies(READ_ONCE(truce_ms));
	WRITE_ONCE(held, held - pressure_give(&pressure_pages, ULONG_MAX));
	mutex_unlock(&pressure_lock);
	cancel_delayed_work_sync(&pressure_keeper);
}

static int pressure_hold_set(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err = kstrtobool(val, &on);

	if (err)
		return err;
	if (!on) {
		pressure_end();
		return 0;
	}
	mutex_lock(&pressure_lock);
	pressure_on = true;
	pressure_truce = jiffies;
	pressure_drain();
	schedule_delayed_work(&pressure_keeper, PRESSURE_PERIOD);
	mutex_unlock(&pressure_lock);
	return 0;
}

static const struct kernel_param_ops pressure_hold_ops = {
	.set = pressure_hold_set,
	.get = param_get_bool,
};
module_param_cb(hold, &pressure_hold_ops, &pressure_on, 0600);
MODULE_PARM_DESC(hold, "1 takes all memory down to the min watermarks, 0 frees it");

static int pressure_read_only(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static int pressure_reserve_get(char *buf, const struct kernel_param *kp)
{
	LIST_HEAD(reserve);
	unsigned long nr;

	/* Pages freed meanwhile would be counted as well. */
	mutex_lock(&pressure_lock);
	nr = pressure_take(&reserve, PRESSURE_GFP_RESERVE, ULONG_MAX);
	pressure_give(&reserve, ULONG_MAX);
	mutex_unlock(&pressure_lock);
	return sysfs_emit(buf, "%lu\n", nr);
}

static const struct kernel_param_ops pressure_reserve_ops = {
	.set = pressure_read_only,
	.get = pressure_reserve_get,
};
module_param_cb(reserve_left, &pressure_reserve_ops, NULL, 0400);
MODULE_PARM_DESC(reserve_left, "Number of pages that plain GFP_ATOMIC would get now");

static const struct kernel_param_ops pressure_held_ops = {
	.set = pressure_read_only,
	.get = param_get_ulong,
};
module_param_cb(held, &pressure_held_ops, &held, 0400);
MODULE_PARM_DESC(held, "Number of pages held");

static int __init pressure_init(void)
{
	pressure_truce = jiffies;
	return register_oom_notifier(&pressure_oom_nb);
}

static void __exit pressure_exit(void)
{
	pressure_end();
	unregister_oom_notifier(&pressure_oom_nb);
}

module_init(pressure_init);
module_exit(pressure_exit);

MODULE_DESCRIPTION("Memory pressure on demand, for labyrinth's demonstration");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
