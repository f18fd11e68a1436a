// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth/owner/NAME: the figures of one owner, and those settings that may change. Its folder
 * in sysfs is created and removed with it.
 *
 * The folder is removed before its owner dies. debugfs_remove() waits until no file of it is
 * in use; from then on a file that is still open fails with -EIO.
 *
 * Other users of debugfs wait for memory of any kind under its locks, and so may a reader of
 * one of the files. So a work item creates and removes the folder, and a caller in reclaim
 * does not wait for it. A dead owner's handle is kept until the work item is done. Each file
 * tests under lab_owners_lock whether its owner is dead, and fails with -EIO if so.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../core/adapt.h"
#include "../core/context.h"
#include "../core/owner.h"
#include "../core/settings.h"
#include "../core/stock.h"
#include "debugfs_owner.h"
#include "debugfs_pages.h"
#include "debugfs_write.h"
#include "event.h"
#include "figures.h"
#include "owner_diag.h"
#include "symbol.h"
#include "sysfs.h"
#include "words.h"

static struct dentry *lab_owner_dir;

/* Call @act with lab_owners_lock held. Returns its result, or -EIO if the owner is dead. */
static int lab_while_alive(struct labyrinth_owner *owner,
			   int (*act)(struct labyrinth_owner *owner, void *data), void *data)
{
	int err = -EIO;

	mutex_lock(&lab_owners_lock);
	if (!lab_owner_dead(owner))
		err = act(owner, data);
	mutex_unlock(&lab_owners_lock);
	return err;
}

static void lab_stats_counters(struct seq_file *m, const struct labyrinth_owner *o)
{
	unsigned int i;

	for (i = 0; i < LAB_NR_REFUSALS; i++)
		seq_printf(m, "refused_%s %ld\n", lab_refusal_name(i),
			   atomic_long_read(&o->diag->refused[i].nr));
	for (i = 0; i < LAB_NR_VIOLATIONS; i++)
		seq_printf(m, "violations_%s %ld\n", lab_violation_name(i),
			   atomic_long_read(&o->diag->violated[i].nr));
}

static int lab_stats_rows(struct labyrinth_owner *o, void *data)
{
	struct seq_file *m = data;
	char value[LAB_FIGURE_LEN];
	unsigned int i;

	seq_puts(m, "name value\n");
	for (i = 0; i < LAB_NR_OWNER_FIGURES; i++) {
		lab_owner_figures[i].emit(o, value);
		seq_printf(m, "%s %s\n", lab_owner_figures[i].name, value);
	}
	lab_stats_counters(m, o);
	seq_puts(m, "could_sleep_caller ");
	lab_seq_caller(m, READ_ONCE(o->diag->could_sleep_caller));
	seq_putc(m, '\n');
	seq_printf(m, "adapt %d\nstock_asked %u\n", lab_owner_adapts(o), o->adapt.asked);
	return 0;
}

static int lab_stats_show(struct seq_file *m, void *v)
{
	return lab_while_alive(m->private, lab_stats_rows, m);
}
DEFINE_SHOW_ATTRIBUTE(lab_stats);

/* "depth" and "history" need only the handle, which outlives the folder. */
static int lab_depth_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *owner = m->private;

	lab_history_show_depths(m, &owner->diag->history);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lab_depth);

static int lab_minutes_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *owner = m->private;

	lab_history_show(m, &owner->diag->history, lab_history_minute());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lab_minutes);

void lab_owner_reset(struct labyrinth_owner *owner)
{
	lockdep_assert_held(&lab_owners_lock);
	lab_peak_reset(owner);
	lab_history_reset(&owner->diag->history);
}

/* A number written to one of the files below. */
struct lab_limit {
	int (*set)(struct labyrinth_owner *owner, u64 number);
	u64 number;
};

static int lab_limit_set(struct labyrinth_owner *owner, void *data)
{
	const struct lab_limit *limit = data;

	return owner->flags & LABYRINTH_FIXED ? -EPERM : limit->set(owner, limit->number);
}

static int lab_limit_apply(struct labyrinth_owner *owner, const char *text,
			   int (*set)(struct labyrinth_owner *owner, u64 number))
{
	struct lab_limit limit = { .set = set };

	return lab_input_number(text, &limit.number) ?:
	       lab_while_alive(owner, lab_limit_set, &limit);
}

static int lab_budget_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *owner = m->private;

	seq_printf(m, "%u\n", READ_ONCE(owner->budget));
	return 0;
}

static int lab_budget_apply(void *owner, char *text)
{
	return lab_limit_apply(owner, text, lab_owner_set_budget);
}

DEFINE_LAB_INPUT(lab_budget);

static int lab_stock_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *owner = m->private;

	seq_printf(m, "%s%u\n", lab_owner_adapts(owner) ? "auto " : "", READ_ONCE(owner->stock));
	return 0;
}

static int lab_stock_auto(struct labyrinth_owner *owner, void *data)
{
	return owner->flags & LABYRINTH_FIXED ? -EPERM : lab_owner_set_adapt(owner, true);
}

static int lab_stock_apply(void *owner, char *text)
{
	if (!strcmp(text, "auto"))
		return lab_while_alive(owner, lab_stock_auto, NULL);
	return lab_limit_apply(owner, text, lab_owner_set_stock);
}

DEFINE_LAB_INPUT(lab_stock);

static int lab_reserve_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *owner = m->private;

	seq_printf(m, "%d\n", READ_ONCE(owner->reserve_pct));
	return 0;
}

static int lab_reserve_apply(void *owner, char *text)
{
	return lab_limit_apply(owner, text, lab_owner_set_reserve_pct);
}

DEFINE_LAB_INPUT(lab_reserve);

/* "reset" reads as empty. */
static int lab_reset_show(struct seq_file *m, void *v)
{
	return 0;
}

static int lab_reset_now(struct labyrinth_owner *owner, void *data)
{
	lab_owner_reset(owner);
	return 0;
}

static int lab_reset_apply(void *owner, char *text)
{
	return strcmp(text, "1") ? -EINVAL : lab_while_alive(owner, lab_reset_now, NULL);
}

DEFINE_LAB_INPUT(lab_reset);

/* The owner works without its folder: ignore errors. */
static void lab_debugfs_owner_make(struct labyrinth_owner *owner)
{
	struct dentry *dir;

	dir = debugfs_create_dir(owner->name, lab_owner_dir);
	if (IS_ERR(dir))
		return;
	debugfs_create_file("stats", 0400, dir, owner, &lab_stats_fops);
	debugfs_create_file("pages", 0400, dir, owner, &lab_pages_fops);
	debugfs_create_file("depth", 0400, dir, owner, &lab_depth_fops);
	debugfs_create_file("history", 0400, dir, owner, &lab_minutes_fops);
	debugfs_create_file("budget", 0600, dir, owner, &lab_budget_fops);
	debugfs_create_file("reserve_pct", 0600, dir, owner, &lab_reserve_fops);
	debugfs_create_file("stock", 0600, dir, owner, &lab_stock_fops);
	debugfs_create_file("reset", 0600, dir, owner, &lab_reset_fops);
	owner->diag->dir = dir;
}

/* Folders are created and removed one at a time, in the order of the calls. */
static struct workqueue_struct *lab_debugfs_owner_wq;

static void lab_debugfs_owner_work(struct work_struct *work)
{
	struct labyrinth_owner *owner =
		container_of(work, struct lab_owner_diag, folder_work)->owner;

	if (READ_ONCE(owner->diag->folder_unwanted)) {
		/* Waits until none of its files is in use. */
		debugfs_remove(owner->diag->dir);
		owner->diag->dir = NULL;
		lab_sysfs_owner_remove(owner);
	} else if (strcmp(owner->name, ".") && strcmp(owner->name, "..")) {
		/* These are valid as names of owners, but not as file names. */
		lab_debugfs_owner_make(owner);
		lab_sysfs_owner_create(owner);
	}
}

static void lab_debugfs_owner_settle(struct labyrinth_owner *owner)
{
	queue_work(lab_debugfs_owner_wq, &owner->diag->folder_work);
	if (!lab_context_in_reclaim())
		flush_work(&owner->diag->folder_work);
}

void lab_debugfs_owner_create(struct labyrinth_owner *owner)
{
	lab_debugfs_owner_settle(owner);
}

void lab_debugfs_owner_remove(struct labyrinth_owner *owner)
{
	WRITE_ONCE(owner->diag->folder_unwanted, true);
	lab_debugfs_owner_settle(owner);
}

/* Is the work item of the folder queued or running? Then the handle stays. */
bool lab_debugfs_owner_pending(struct labyrinth_owner *owner)
{
	return work_busy(&owner->diag->folder_work);
}

void lab_debugfs_owner_init_owner(struct labyrinth_owner *owner)
{
	INIT_WORK(&owner->diag->folder_work, lab_debugfs_owner_work);
}

/* Create the parent of the owners' folders. */
void lab_debugfs_owner_dir(struct dentry *dir)
{
	lab_owner_dir = debugfs_create_dir("owner", dir);
}

int lab_debugfs_owner_init(void)
{
	/* WQ_MEM_RECLAIM: it frees no memory, but its caller may run on such a queue. */
	lab_debugfs_owner_wq = alloc_ordered_workqueue("labyrinth_folder", WQ_MEM_RECLAIM);
	return lab_debugfs_owner_wq ? 0 : -ENOMEM;
}

/* No owner is left, but folders may be. */
void lab_debugfs_owner_exit(void)
{
	destroy_workqueue(lab_debugfs_owner_wq);
}
