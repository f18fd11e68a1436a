// SPDX-License-Identifier: GPL-2.0
/*
 * The table of pages, a line per tag: all tags and the orphans, or the tags of one owner.
 * A read holds lab_owners_lock while it fills one buffer; allocations never take it.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "../core/owner.h"
#include "debugfs_pages.h"
#include "event.h"
#include "orphan.h"
#include "page_use.h"
#include "symbol.h"
#include "words.h"

static const char * const lab_phase_names[] = {
	[LABYRINTH_READY]	= "ready",
	[LABYRINTH_OWNED]	= "owned",
	[LABYRINTH_QUARANTINED]	= "quarantined",
};

/* Attempts to read a tag that changes all the time. */
#define LAB_FACTS_TRIES		16

/* Read the tag once. False if it changed meanwhile. */
static bool lab_page_facts_try(struct lab_page_facts *facts, const struct lab_table *table,
			       const struct lab_tag *tag)
{
	struct lab_alloc_track track = lab_tag_track(table, tag);
	u64 meta = track.meta;
	unsigned int phase = lab_phase_public(lab_meta_phase(meta));

	*facts = (struct lab_page_facts){
		.page = READ_ONCE(tag->page),
		.owner_id = lab_meta_owner(meta),
		.state = lab_phase_names[phase],
		.others = phase == LABYRINTH_QUARANTINED,
		.age_ms = lab_time_age_ms(lab_track_tag(&track).time),
		.context = lab_meta_context(meta),
		.cpu = lab_meta_cpu(meta),
		.from_reserve = lab_meta_from_reserve(meta),
		.stack = track.stack,
		.caller = lab_track_caller(&track),
	};
	/* Pairs with lab_tag_fill(), which writes the rest before the meta. */
	smp_rmb();
	return READ_ONCE(tag->meta) == meta && READ_ONCE(tag->taken) == track.taken &&
	       READ_ONCE(tag->page) == facts->page;
}

/* False if the tag no longer has a page. Needs lab_owners_lock, which keeps the table. */
bool lab_page_facts_of_tag(struct lab_page_facts *facts, const struct lab_table *table,
			   const struct lab_tag *tag)
{
	unsigned int tries = LAB_FACTS_TRIES;

	while (!lab_page_facts_try(facts, table, tag))
		if (!--tries)
			return false;
	preempt_disable();
	lab_owner_name(facts->owner_id, facts->owner);
	preempt_enable();
	return facts->owner_id && facts->page;
}

/*
 * Needs lab_owners_lock as long as @facts are in use: it keeps the struct page. The page is
 * NULL if its memory is going offline.
 */
void lab_page_facts_of_orphan(struct lab_page_facts *facts, const struct lab_orphan *orphan)
{
	*facts = (struct lab_page_facts){
		.page = pfn_to_online_page(orphan->pfn),
		.state = "orphan",
		.others = true,
		.age_ms = jiffies64_to_msecs(get_jiffies_64() - orphan->born),
		.context = orphan->context,
		.cpu = orphan->cpu,
		.from_reserve = orphan->from_reserve,
		.caller = orphan->caller,
		.caller_name = orphan->caller_name ? orphan->caller_name->text : NULL,
	};
	strscpy(facts->owner, orphan->owner->text, sizeof(facts->owner));
}

void lab_seq_page_caller(struct seq_file *m, const struct lab_page_facts *facts)
{
	if (facts->caller_name)
		seq_puts(m, facts->caller_name);
	else
		lab_seq_caller(m, facts->caller);
}

/*
 * The position in "pages": 0 is the line of column names. Otherwise the upper bits are the
 * table and the lower bits the slot; the table after the last one stands for the orphans.
 */
#define LAB_POS_SHIFT	32
#define LAB_POS_SLOT	GENMASK_ULL(LAB_POS_SHIFT - 1, 0)
#define LAB_POS_ORPHANS	((loff_t)LAB_NR_TABLES << LAB_POS_SHIFT)

static struct lab_orphan *lab_nth_orphan(u64 n)
{
	struct lab_orphan *orphan;

	list_for_each_entry(orphan, &lab_orphans, list)
		if (!n--)
			return orphan;
	return NULL;
}

/* The first tag, of @owner unless it is NULL, or orphan after *@pos; *@pos moves there. */
static void *lab_pages_after(const struct labyrinth_owner *owner, loff_t *pos)
{
	struct lab_walk walk = { .nr = *pos >> LAB_POS_SHIFT, .slot = *pos & LAB_POS_SLOT };
	struct lab_tag *tag;

	do {
		tag = lab_walk_next(&walk);
	} while (tag && owner && lab_meta_owner(READ_ONCE(tag->meta)) != owner->id);
	if (tag) {
		*pos = (loff_t)walk.nr << LAB_POS_SHIFT | walk.slot;
		return tag;
	}
	*pos = max(*pos, LAB_POS_ORPHANS) + 1;
	return owner ? NULL : lab_nth_orphan((*pos & LAB_POS_SLOT) - 1);
}

static void *lab_pages_start(struct seq_file *m, loff_t *pos)
{
	const struct labyrinth_owner *owner = m->private;

	mutex_lock(&lab_owners_lock);
	/* The error of debugfs for a removed file. */
	if (owner && lab_owner_dead(owner))
		return ERR_PTR(-EIO);
	if (!*pos) {
		lab_orphan_reap();
		return SEQ_START_TOKEN;
	}
	/* The line at which the last read stopped was not shown, or is gone by now. */
	--*pos;
	return lab_pages_after(owner, pos);
}

static void *lab_pages_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct lab_orphan *orphan = v;

	if (*pos <= LAB_POS_ORPHANS)
		return lab_pages_after(m->private, pos);
	/* lab_nth_orphan() for each line would take quadratic time. */
	++*pos;
	return list_is_last(&orphan->list, &lab_orphans) ? NULL : list_next_entry(orphan, list);
}

static void lab_pages_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&lab_owners_lock);
}

static int lab_pages_show(struct seq_file *m, void *v)
{
	const struct labyrinth_owner *owner = m->private;
	struct lab_page_facts facts;
	char use[LAB_PAGE_USE_LEN] = "-";

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "pfn owner state age_ms context cpu node zone from_reserve stack use caller\n");
		return 0;
	}
	if (m->index >= LAB_POS_ORPHANS) {
		lab_page_facts_of_orphan(&facts, v);
		if (!facts.page)
			return 0;	/* Its memory is going offline. */
	} else if (!lab_page_facts_of_tag(&facts, lab_table_nth(m->index >> LAB_POS_SHIFT), v)) {
		return 0;	/* It was unbound since lab_pages_after(). */
	} else if (owner && facts.owner_id != owner->id) {
		return 0;	/* It has another owner by now. */
	}
	seq_printf(m, "%lu %s %s %llu %s %u %d %s %d ", page_to_pfn(facts.page), facts.owner,
		   facts.state, facts.age_ms, lab_context_name(facts.context), facts.cpu,
		   page_to_nid(facts.page), page_zone(facts.page)->name, facts.from_reserve);
	lab_seq_stack(m, facts.stack);
	if (facts.others)
		lab_page_use(facts.page, use, sizeof(use));
	seq_printf(m, " %s ", use);
	lab_seq_page_caller(m, &facts);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations lab_pages_sops = {
	.start = lab_pages_start,
	.next = lab_pages_next,
	.stop = lab_pages_stop,
	.show = lab_pages_show,
};

static int lab_pages_open(struct inode *inode, struct file *file)
{
	int err = seq_open(file, &lab_pages_sops);

	if (!err)
		((struct seq_file *)file->private_data)->private = inode->i_private;
	return err;
}

const struct file_operations lab_pages_fops = {
	.owner		= THIS_MODULE,
	.open		= lab_pages_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release,
};
