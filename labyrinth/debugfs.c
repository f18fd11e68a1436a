// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/labyrinth: tables, a line per thing, the first naming the
 * columns. Reading takes lab_owners_lock for as long as it takes to fill one
 * buffer; allocations never take it.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>

#include "audit.h"
#include "compat.h"
#include "debugfs.h"
#include "floor.h"
#include "orphan.h"
#include "owner.h"
#include "report.h"
#include "symbol.h"
#include "verdict.h"

static struct dentry *lab_debugfs_dir;

static void lab_seq_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&lab_owners_lock);
}

static const char * const lab_scope_names[] = {
	[LABYRINTH_SCOPE_OWNER]		= "owner",
	[LABYRINTH_SCOPE_PROCESS]	= "process",
	[LABYRINTH_SCOPE_THREAD]	= "thread",
};

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
		   o->id, o->name, o->module_name, lab_scope_names[o->scope], o->budget,
		   lab_owner_owned(o), lab_owner_stocked(o), o->stock,
		   lab_owner_peak(o), atomic_read(&o->from_reserve), lab_owner_allocs(o),
		   lab_owner_frees(o), lab_owner_refused(o),
		   lab_owner_violations(o), atomic_read(&o->quarantined),
		   o->reserve_pct, lab_owner_bytes(o), atomic_long_read(&o->could_sleep));
	return 0;
}

static const struct seq_operations lab_owners_sops = {
	.start = lab_owners_start,
	.next = lab_owners_next,
	.stop = lab_seq_stop,
	.show = lab_owners_show,
};
DEFINE_SEQ_ATTRIBUTE(lab_owners);

/*
 * Position in "pages": 0 is the line of column names; above, the bank in the
 * upper bits and the slot below. The bank past the last stands for the orphans.
 */
#define LAB_POS_SHIFT	32
#define LAB_POS_SLOT	GENMASK_ULL(LAB_POS_SHIFT - 1, 0)
#define LAB_POS_ORPHANS	((loff_t)LAB_NR_BANKS << LAB_POS_SHIFT)

static struct lab_orphan *lab_nth_orphan(u64 n)
{
	struct lab_orphan *orphan;

	list_for_each_entry(orphan, &lab_orphans, list)
		if (!n--)
			return orphan;
	return NULL;
}

/* The first tag or orphan after *@pos; *@pos moves there. */
static void *lab_pages_after(loff_t *pos)
{
	struct lab_walk walk = { .nr = *pos >> LAB_POS_SHIFT, .slot = *pos & LAB_POS_SLOT };
	struct lab_tag *tag = lab_walk_next(&walk);

	if (tag) {
		*pos = (loff_t)walk.nr << LAB_POS_SHIFT | walk.slot;
		return tag;
	}
	*pos = max(*pos, LAB_POS_ORPHANS) + 1;
	return lab_nth_orphan((*pos & LAB_POS_SLOT) - 1);
}

static void *lab_pages_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&lab_owners_lock);
	if (!*pos) {
		lab_orphan_reap();
		return SEQ_START_TOKEN;
	}
	/* Where the last read stopped: that line has not been shown, or is gone by now. */
	--*pos;
	return lab_pages_after(pos);
}

static void *lab_pages_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct lab_orphan *orphan = v;

	if (*pos <= LAB_POS_ORPHANS)
		return lab_pages_after(pos);
	/* To count them from the first again, line by line, would take for ever. */
	++*pos;
	return list_is_last(&orphan->list, &lab_orphans) ? NULL : list_next_entry(orphan, list);
}

/* All cells but the last two. */
static void lab_page_cells(struct seq_file *m, const struct page *page, const char *owner,
			   const char *state, u64 age_ms, enum labyrinth_context context,
			   unsigned int cpu, bool from_reserve)
{
	seq_printf(m, "%lu %s %s %llu %s %u %d %s %d ", page_to_pfn(page), owner, state, age_ms,
		   lab_context_name(context), cpu, page_to_nid(page), page_zone(page)->name,
		   from_reserve);
}

static const char * const lab_state_names[] = {
	[LABYRINTH_READY]	= "ready",
	[LABYRINTH_OWNED]	= "owned",
	[LABYRINTH_QUARANTINED]	= "quarantined",
};

static void lab_tag_line(struct seq_file *m, const struct lab_bank *bank,
			 const struct lab_tag *tag)
{
	const struct page *page = READ_ONCE(tag->page);
	u64 word = READ_ONCE(tag->word);
	char owner[LABYRINTH_NAME_LEN];

	/* It may have gone since lab_pages_after(). */
	if (!word || !page)
		return;
	preempt_disable();
	lab_owner_name(lab_word_owner(word), owner);
	preempt_enable();
	lab_page_cells(m, page, owner, lab_state_names[lab_state_public(lab_word_state(word))],
		       lab_time_age_ms(READ_ONCE(tag->time)), lab_word_context(word),
		       lab_word_cpu(word), lab_word_flags(word) & LAB_FROM_RESERVE);
	lab_seq_stack(m, lab_tag_stack(bank, tag));
	seq_putc(m, ' ');
	lab_seq_caller(m, lab_tag_caller(tag));
	seq_putc(m, '\n');
}

static int lab_pages_show(struct seq_file *m, void *v)
{
	const struct lab_orphan *orphan;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "pfn owner state age_ms context cpu node zone from_reserve stack caller\n");
		return 0;
	}
	if (m->index < LAB_POS_ORPHANS) {
		lab_tag_line(m, lab_bank_nth(m->index >> LAB_POS_SHIFT), v);
		return 0;
	}
	orphan = v;
	lab_page_cells(m, pfn_to_page(orphan->pfn), orphan->owner, "orphan",
		       jiffies64_to_msecs(get_jiffies_64() - orphan->born), orphan->context,
		       orphan->cpu, orphan->from_reserve);
	seq_printf(m, "- %s\n", orphan->caller);
	return 0;
}

static const struct seq_operations lab_pages_sops = {
	.start = lab_pages_start,
	.next = lab_pages_next,
	.stop = lab_seq_stop,
	.show = lab_pages_show,
};
DEFINE_SEQ_ATTRIBUTE(lab_pages);

/* Pages of @zone that were taken from below its min and are still out. */
static unsigned long lab_zone_from_reserve(const struct zone *zone)
{
	unsigned long nr = 0;
	struct lab_walk walk = {};
	struct lab_tag *tag;

	while ((tag = lab_walk_next(&walk))) {
		const struct page *page = READ_ONCE(tag->page);	/* NULL once it is given back */

		if (page && lab_word_flags(READ_ONCE(tag->word)) & LAB_FROM_RESERVE &&
		    page_zone(page) == zone)
			nr++;
	}
	return nr;
}

static void lab_zone_line(struct seq_file *m, struct zone *zone)
{
	struct lab_level level;

	lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
	seq_printf(m, "%d %s %ld %lu %lu %lu %lu %ld %lu %lu %u %lu %lu\n",
		   zone_to_nid(zone), zone->name, level.free, level.min,
		   READ_ONCE(zone->_watermark[WMARK_LOW]), READ_ONCE(zone->_watermark[WMARK_HIGH]),
		   level.reserve, level.cma, lab_compat_highatomic(zone),
		   lab_floor_atomic_min(level.min), lab_floor_depth_pct(&level),
		   lab_zone_from_reserve(zone), READ_ONCE(zone->watermark_boost));
}

static int lab_zones_show(struct seq_file *m, void *v)
{
	int nid, i;

	seq_puts(m, "node zone free min low high lowmem_reserve cma highatomic atomic_floor depth_pct from_reserve boost\n");
	mutex_lock(&lab_owners_lock);
	for_each_online_node(nid)
		for (i = 0; i <= LAB_HIGHEST_ZONE; i++)
			if (populated_zone(&NODE_DATA(nid)->node_zones[i]))
				lab_zone_line(m, &NODE_DATA(nid)->node_zones[i]);
	mutex_unlock(&lab_owners_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lab_zones);

DEFINE_SHOW_ATTRIBUTE(lab_report_refusals);
DEFINE_SHOW_ATTRIBUTE(lab_report_violations);
DEFINE_SHOW_ATTRIBUTE(lab_verdicts);

void lab_debugfs_init(void)
{
	/* Without debugfs labyrinth works the same: errors here are of no account. */
	lab_debugfs_dir = debugfs_create_dir("labyrinth", NULL);
	debugfs_create_file("owners", 0400, lab_debugfs_dir, NULL, &lab_owners_fops);
	debugfs_create_file("pages", 0400, lab_debugfs_dir, NULL, &lab_pages_fops);
	debugfs_create_file("zones", 0400, lab_debugfs_dir, NULL, &lab_zones_fops);
	debugfs_create_file("refusals", 0400, lab_debugfs_dir, NULL, &lab_report_refusals_fops);
	debugfs_create_file("violations", 0400, lab_debugfs_dir, NULL, &lab_report_violations_fops);
	debugfs_create_file("verdicts", 0400, lab_debugfs_dir, NULL, &lab_verdicts_fops);
	debugfs_create_file("audit", 0600, lab_debugfs_dir, NULL, &lab_audit_fops);
}

void lab_debugfs_exit(void)
{
	debugfs_remove(lab_debugfs_dir);
}
