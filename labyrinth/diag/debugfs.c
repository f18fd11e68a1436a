// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/labyrinth: tables with a line per entry; the first line names the
 * columns. A read holds lab_owners_lock while it fills one buffer; allocations never take it.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "../core/owner.h"
#include "../core/watermark.h"
#include "audit.h"
#include "debugfs.h"
#include "debugfs_lookup.h"
#include "debugfs_owner.h"
#include "debugfs_pages.h"
#include "debugfs_watch.h"
#include "debugfs_write.h"
#include "event.h"
#include "figures.h"
#include "owner_diag.h"
#include "report.h"
#include "symbol.h"

static struct dentry *lab_debugfs_dir;

static void lab_seq_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&lab_owners_lock);
}

static void *lab_owners_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&lab_owners_lock);
	return seq_list_start_head(&lab_owners, *pos);
}

static void *lab_owners_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &lab_owners, pos);
}

static int lab_owners_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *o;

	if (v == &lab_owners) {
		seq_puts(m, "id name module scope budget owned stocked stock peak from_reserve allocs frees refused violations quarantined reserve_pct bytes could_sleep\n");
		return 0;
	}
	o = list_entry(v, struct labyrinth_owner, list);
	seq_printf(m, "%u %s %s %s %u %ld %ld %u %ld %d %lu %ld %ld %ld %d %d %zu %ld\n",
		   o->id, o->name, o->module_name, lab_scope_name(o->scope), o->budget,
		   lab_owner_owned(o), lab_owner_stocked(o), o->stock,
		   lab_owner_peak(o), atomic_read(&o->from_reserve), lab_owner_allocs(o),
		   lab_owner_frees(o), lab_owner_refused(o),
		   lab_owner_violations(o), atomic_read(&o->quarantined),
		   o->reserve_pct, lab_owner_bytes(o), atomic_long_read(&o->diag->could_sleep));
	return 0;
}

static const struct seq_operations lab_owners_sops = {
	.start = lab_owners_start,
	.next = lab_owners_next,
	.stop = lab_seq_stop,
	.show = lab_owners_show,
};
DEFINE_SEQ_ATTRIBUTE(lab_owners);

static void lab_zone_line(struct seq_file *m, struct zone *zone)
{
	struct lab_level level;
	unsigned int i;

	lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
	seq_printf(m, "%d %s", zone_to_nid(zone), zone->name);
	for (i = 0; i < LAB_NR_ZONE_FIGURES; i++)
		seq_printf(m, " %ld", lab_zone_figures[i].get(zone, &level));
	seq_putc(m, '\n');
}

static int lab_zones_show(struct seq_file *m, void *v)
{
	int nid, i;

	seq_puts(m, "node zone");
	for (i = 0; i < LAB_NR_ZONE_FIGURES; i++)
		seq_printf(m, " %s", lab_zone_figures[i].name);
	seq_putc(m, '\n');
	mutex_lock(&lab_owners_lock);
	for_each_online_node(nid)
		for (i = 0; i <= LAB_HIGHEST_ZONE; i++)
			if (populated_zone(&NODE_DATA(nid)->node_zones[i]))
				lab_zone_line(m, &NODE_DATA(nid)->node_zones[i]);
	mutex_unlock(&lab_owners_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lab_zones);

DEFINE_SHOW_ATTRIBUTE(lab_event_refusals);
DEFINE_SHOW_ATTRIBUTE(lab_event_violations);
DEFINE_SHOW_ATTRIBUTE(lab_reports);
DEFINE_SHOW_ATTRIBUTE(lab_advice_all);

/* "reset" reads as empty. */
static int lab_reset_all_show(struct seq_file *m, void *v)
{
	return 0;
}

static int lab_reset_all_apply(void *data, char *text)
{
	struct labyrinth_owner *owner;

	if (strcmp(text, "1"))
		return -EINVAL;
	mutex_lock(&lab_owners_lock);
	list_for_each_entry(owner, &lab_owners, list)
		lab_owner_reset(owner);
	mutex_unlock(&lab_owners_lock);
	return 0;
}

DEFINE_LAB_INPUT(lab_reset_all);

static int lab_audit_show(struct seq_file *m, void *v)
{
	struct lab_audit a;

	lab_audit_figures(&a);
	seq_puts(m, "audits age_ms us tags owned ready quarantined orphans owners busy found\n");
	if (a.nr)
		seq_printf(m, "%llu %llu %llu %lu %lu %lu %lu %lu %u %u %u\n", a.nr,
			   jiffies64_to_msecs(get_jiffies_64() - a.when), a.us, a.tags, a.owned,
			   a.ready, a.quarantined, a.orphans, a.owners, a.busy, a.found);
	else
		seq_puts(m, "- - - - - - - - - - -\n");
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(lab_audit);

static int lab_audit_now_apply(void *data, char *text)
{
	struct lab_audit figures;

	if (strcmp(text, "1"))
		return -EINVAL;
	lab_audit_run(&figures);
	return 0;
}

/* Like "reset", it reads as empty. */
#define lab_audit_now_show lab_reset_all_show
DEFINE_LAB_INPUT(lab_audit_now);

void lab_debugfs_init(void)
{
	/* labyrinth works without debugfs: ignore errors. */
	lab_debugfs_dir = debugfs_create_dir("labyrinth", NULL);
	debugfs_create_file("owners", 0400, lab_debugfs_dir, NULL, &lab_owners_fops);
	debugfs_create_file("pages", 0400, lab_debugfs_dir, NULL, &lab_pages_fops);
	debugfs_create_file("zones", 0400, lab_debugfs_dir, NULL, &lab_zones_fops);
	debugfs_create_file("refusals", 0400, lab_debugfs_dir, NULL, &lab_event_refusals_fops);
	debugfs_create_file("violations", 0400, lab_debugfs_dir, NULL, &lab_event_violations_fops);
	debugfs_create_file("verdicts", 0400, lab_debugfs_dir, NULL, &lab_reports_fops);
	debugfs_create_file("advice", 0400, lab_debugfs_dir, NULL, &lab_advice_all_fops);
	debugfs_create_file("audit", 0400, lab_debugfs_dir, NULL, &lab_audit_fops);
	debugfs_create_file("audit_now", 0600, lab_debugfs_dir, NULL, &lab_audit_now_fops);
	lab_lookup_init(lab_debugfs_dir);
	lab_debugfs_watch_init(lab_debugfs_dir);
	debugfs_create_file("reset", 0600, lab_debugfs_dir, NULL, &lab_reset_all_fops);
	lab_debugfs_owner_dir(lab_debugfs_dir);
}

void lab_debugfs_exit(void)
{
	debugfs_remove(lab_debugfs_dir);
}
