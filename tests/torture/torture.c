// SPDX-License-Identifier: GPL-2.0
/*
 * lab_torture - use and misuse labyrinth in all contexts at once, and compare its
 * counters with those of the test
 *
 * The test starts when the module is loaded. The parameter "verdict" is "running",
 * then "PASS" or "FAIL pages=N reports=N", as in the last line in the kernel's log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "table.h"
#include "torture.h"

#define LT_SMOKE_S	10
#define LT_LONG_S	300
#define LT_LOOK_MS	100

static char *preset = "smoke";
module_param(preset, charp, 0444);
MODULE_PARM_DESC(preset, "smoke (10 seconds) or long (300 seconds)");

static unsigned int duration;
module_param(duration, uint, 0444);
MODULE_PARM_DESC(duration, "Seconds to run (default: the preset's, no limit if ops is given)");

static unsigned long ops;
module_param(ops, ulong, 0444);
MODULE_PARM_DESC(ops, "Operations to run (default: no limit)");

static unsigned int nr_owners = 12;
module_param(nr_owners, uint, 0444);
MODULE_PARM_DESC(nr_owners, "Owners shared by all users, 2 to 24 (default 12: one of each sort)");

static unsigned int threads;
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "Threads (default: as many as CPUs)");

unsigned int lt_misuse_rate = 50;
module_param_named(misuse_per_10000, lt_misuse_rate, uint, 0444);
MODULE_PARM_DESC(misuse_per_10000, "Misuses per 10,000 operations (default 50)");

static unsigned int stat_interval = 5;
module_param(stat_interval, uint, 0444);
MODULE_PARM_DESC(stat_interval, "Seconds between lines of figures, 0 for none (default 5)");

bool lt_nmi = true;
module_param_named(nmi, lt_nmi, bool, 0444);
MODULE_PARM_DESC(nmi, "Send NMIs (default yes)");

unsigned long lt_seed = 1;
module_param_named(seed, lt_seed, ulong, 0444);
MODULE_PARM_DESC(seed, "Seed of the random numbers (default 1)");

bool lt_faults;
module_param_named(faults, lt_faults, bool, 0644);
MODULE_PARM_DESC(faults, "Faults are injected: the kernel may fail allocations (default no)");

unsigned int lt_slack;
module_param_named(slack, lt_slack, uint, 0444);
MODULE_PARM_DESC(slack, "An owner may be refused this many pages below its budget (default 0)");

static const char *lt_verdict = "running";

static int lt_verdict_get(char *buf, const struct kernel_param *kp)
{
	/* Pairs with lt_judge(): the text is complete. */
	return sysfs_emit(buf, "%s\n", smp_load_acquire(&lt_verdict));
}

static const struct kernel_param_ops lt_verdict_ops = { .get = lt_verdict_get };
module_param_cb(verdict, &lt_verdict_ops, NULL, 0444);
MODULE_PARM_DESC(verdict, "running, PASS or FAIL (read only)");

static struct task_struct *lt_boss;
static bool lt_stop;

bool lt_stopping(void)
{
	return READ_ONCE(lt_stop);
}

/* Context: any. */
void lt_stop_all(void)
{
	WRITE_ONCE(lt_stop, true);
}

static const char * const lt_context_names[] = {
	[LT_TASK] = "task", [LT_RAW] = "raw", [LT_IRQSOFF] = "irqsoff",
	[LT_SOFTIRQ] = "softirq", [LT_HARDIRQ] = "hardirq", [LT_NMI] = "nmi",
};

static_assert(ARRAY_SIZE(lt_context_names) == LT_NR_CONTEXTS);

static const char * const lt_reason_names[] = {
	[LT_BY_BUDGET] = "budget", [LT_BY_CONTEXT] = "context", [LT_BY_KERNEL] = "kernel",
	[LT_BY_SCOPE] = "scope", [LT_BY_DEATH] = "dying",
};

static_assert(ARRAY_SIZE(lt_reason_names) == LT_NR_REASONS);

static unsigned long lt_ops_in(enum lt_context context)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < lt_nr_users; i++)
		sum += READ_ONCE(lt_users[i].ops[context]);
	return sum;
}

static unsigned long lt_ops(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < LT_NR_CONTEXTS; i++)
		sum += lt_ops_in(i);
	return sum;
}

/* The figures so far, as "name=value" words. */
static void lt_figures(char *buf, size_t size)
{
	size_t used = scnprintf(buf, size, "ops=%lu", lt_ops());
	unsigned long strange, met;
	unsigned int i;

	for (i = 0; i < LT_NR_CONTEXTS; i++)
		used += scnprintf(buf + used, size - used, " %s=%lu", lt_context_names[i],
				  lt_ops_in(i));
	used += scnprintf(buf + used, size - used, " nmis=%lu misuse=%lu violations=%lu refused=",
			  lt_nmis(), lt_misused(), lt_reported());
	for (i = 0; i < LT_NR_REASONS; i++)
		used += scnprintf(buf + used, size - used, "%s%s:%ld", i ? "," : "",
				  lt_reason_names[i], atomic_long_read(&lt_reasons[i]));
	strange = lt_strange_pages(&met);
	scnprintf(buf + used, size - used, " hotplug=%ld churn=%lu strangers=%lu met=%lu",
		  atomic_long_read(&lt_hotplugs), lt_churned(), strange, met);
}

static unsigned int lt_seconds(void)
{
	if (duration || ops)
		return duration;
	return strcmp(preset, "long") ? LT_SMOKE_S : LT_LONG_S;
}

/* Run until the time is over, the operations are done, a fault is found or the module goes. */
static s64 lt_run(void)
{
	ktime_t start = ktime_get();
	unsigned int seconds = lt_seconds();
	s64 ms, next = stat_interval * 1000;
	static char figures[384];

	do {
		msleep(LT_LOOK_MS);
		ms = ktime_ms_delta(ktime_get(), start);
		if (stat_interval && ms >= next) {
			next += stat_interval * 1000;
			lt_figures(figures, sizeof(figures));
			pr_info("%lld s: %s\n", ms / 1000, figures);
		}
	} while (!kthread_should_stop() && !lt_faults_reported() &&
		 !(seconds && ms >= seconds * 1000LL) && !(ops && lt_ops() >= ops));
	if (lt_faults_of(LT_REFUSED, LT_REFUSED))
		lt_refusals_tell();
	return ms;
}

/* Stop all users, which free their pages; then compare the counters. */
static void lt_end(bool began)
{
	lt_stop_all();
	lt_users_stop();
	lt_churn_stop();
	lt_strangers_stop();
	lt_sweeper_stop();
	if (began) {
		lt_owners_exhaust();
		lt_table_judge();
	}
	lt_owners_destroy();
	lt_reports_stop();
	if (began) {
		lt_reports_judge();
		lt_churn_judge();
	}
}

static void lt_judge(s64 ms)
{
	static char figures[384], verdict[64] = "PASS";

	if (lt_faults_reported())
		snprintf(verdict, sizeof(verdict), "FAIL pages=%lu reports=%lu",
			 lt_faults_of(0, LT_TABLE), lt_faults_of(LT_REPORT, LT_REPORT));
	lt_figures(figures, sizeof(figures));
	pr_notice("torture: %s %s ms=%lld seed=%lu\n", verdict, figures, ms, lt_seed);
	/* Pairs with lt_verdict_get(). */
	smp_store_release(&lt_verdict, verdict);
}

/* One thread from start to end, because lt_scoped belongs to its creating thread. */
static int lt_boss_run(void *unused)
{
	s64 ms = 0;
	int err;

	err = lt_owners_create(clamp(nr_owners, 2U, 24U)) ?: lt_users_init(threads) ?:
	      lt_reports_start() ?: lt_sweeper_start() ?: lt_churn_start() ?: lt_strangers_start() ?:
	      lt_users_start();
	if (err)
		lt_fail(LT_ANSWER, "start", NULL, err, 0);
	else
		ms = lt_run();
	lt_end(!err);
	lt_judge(ms);
	lt_reports_exit();
	lt_users_exit();
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

static int __init lt_init(void)
{
	int err = lt_tables_open();

	if (!err) {
		lt_boss = kthread_run(lt_boss_run, NULL, "torture_boss");
		err = PTR_ERR_OR_ZERO(lt_boss);
	}
	if (err)
		lt_tables_close();
	return err;
}

static void __exit lt_exit(void)
{
	kthread_stop(lt_boss);
	lt_tables_close();
}

module_init(lt_init);
module_exit(lt_exit);

MODULE_DESCRIPTION("labyrinth test: torture in all contexts");
MODULE_LICENSE("GPL");
