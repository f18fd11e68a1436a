// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth/lookup: a write selects a page by its frame number, a physical or a kernel
 * address; a read shows the page's present state, and what labyrinth has recorded of its past.
 *
 * Any number may be written. It is dereferenced only if the kernel has online memory with a
 * struct page there. A read checks that again under lab_owners_lock: offline.c takes it before
 * memory that went offline is removed, so the struct page stays meanwhile.
 */
#include <linux/debugfs.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/string.h>

#include "../core/mark.h"
#include "../core/owner.h"
#include "debugfs_lookup.h"
#include "debugfs_pages.h"
#include "debugfs_write.h"
#include "event.h"
#include "orphan.h"
#include "page_use.h"
#include "symbol.h"
#include "words.h"

#define LAB_LOOKUP_NONE		ULONG_MAX

/* The page selected last, by any writer. */
static unsigned long lab_lookup_pfn = LAB_LOOKUP_NONE;

/* Is @n the address of a struct page? */
static bool lab_lookup_struct_page(u64 n, unsigned long *pfn)
{
	struct page *page = (struct page *)(unsigned long)n;

	/* Other memory models must dereference the pointer to get its number. */
	if (!page || (!IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) && !IS_ENABLED(CONFIG_FLATMEM)))
		return false;
	*pfn = page_to_pfn(page);
	return pfn_to_online_page(*pfn) == page;
}

/* A pointer to memory in the direct map or the kernel's image, or to a struct page. */
static bool lab_lookup_address(u64 n, unsigned long *pfn)
{
	const void *address = (void *)(unsigned long)n;

	if (virt_addr_valid(address)) {
		*pfn = page_to_pfn(virt_to_page(address));
		return pfn_to_online_page(*pfn);
	}
	return lab_lookup_struct_page(n, pfn);
}

static bool lab_lookup_number(u64 n, unsigned long *pfn)
{
	*pfn = n;
	return pfn_to_online_page(*pfn);
}

static bool lab_lookup_phys(u64 n, unsigned long *pfn)
{
	return lab_lookup_number(n >> PAGE_SHIFT, pfn);
}

/* The end of all memory: greater than any page frame number. */
static unsigned long lab_pfn_end(void)
{
	unsigned long end = 0;
	int nid;

	for_each_online_node(nid)
		end = max(end, pgdat_end_pfn(NODE_DATA(nid)));
	return end;
}

/* A number without a word: an address, a page frame number or a physical address, in this order. */
static bool lab_lookup_any(u64 n, unsigned long *pfn)
{
	if (lab_lookup_address(n, pfn))
		return true;
	return n < lab_pfn_end() ? lab_lookup_number(n, pfn) : lab_lookup_phys(n, pfn);
}

static const struct {
	const char *word;
	bool (*find)(u64 n, unsigned long *pfn);
} lab_lookup_kinds[] = {
	{ "pfn", lab_lookup_number },
	{ "phys", lab_lookup_phys },
	{ "addr", lab_lookup_address },
};

/* Find the page that @text selects; @text is modified. 0 or -EINVAL. */
int lab_lookup_find(char *text, unsigned long *pfn)
{
	char *word = strsep(&text, " \t");
	unsigned int i;
	u64 n;

	if (!text)
		return lab_input_number(word, &n) || !lab_lookup_any(n, pfn) ? -EINVAL : 0;
	if (lab_input_number(skip_spaces(text), &n))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(lab_lookup_kinds); i++)
		if (!strcmp(word, lab_lookup_kinds[i].word))
			return lab_lookup_kinds[i].find(n, pfn) ? 0 : -EINVAL;
	return -EINVAL;
}

static int lab_lookup_apply(void *data, char *text)
{
	unsigned long pfn;
	int err = lab_lookup_find(text, &pfn);

	if (!err)
		WRITE_ONCE(lab_lookup_pfn, pfn);
	return err;
}

static const struct lab_orphan *lab_lookup_orphan(unsigned long pfn)
{
	const struct lab_orphan *orphan, *last = NULL;

	lab_orphan_reap();
	list_for_each_entry(orphan, &lab_orphans, list)
		if (orphan->pfn == pfn)
			last = orphan;
	return last;
}

/* The facts of @page, from its tag or from @orphan. False if it has neither. */
static bool lab_lookup_facts(struct page *page, const struct lab_orphan *orphan,
			     struct lab_page_facts *facts)
{
	struct lab_table *table;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_find(NULL, page, &table);
	preempt_enable();
	/* The tag may be bound to another page meanwhile, but its table stays. */
	if (tag && lab_page_facts_of_tag(facts, table, tag) && facts->page == page)
		return true;
	if (orphan)
		lab_page_facts_of_orphan(facts, orphan);
	return orphan;
}

static void lab_lookup_show_facts(struct seq_file *m, const struct lab_page_facts *facts)
{
	seq_printf(m, "owner %s\nstate %s\nage_ms %llu\ncontext %s\ncpu %u\nfrom_reserve %d\nstack ",
		   facts->owner, facts->state, facts->age_ms, lab_context_name(facts->context),
		   facts->cpu, facts->from_reserve);
	lab_seq_stack(m, facts->stack);
	seq_puts(m, "\ncaller ");
	lab_seq_page_caller(m, facts);
	seq_putc(m, '\n');
}

static int lab_lookup_show(struct seq_file *m, void *v)
{
	unsigned long pfn = READ_ONCE(lab_lookup_pfn);
	const struct lab_orphan *orphan;
	struct lab_page_facts facts;
	char use[LAB_PAGE_USE_LEN];
	struct page *page;

	seq_puts(m, "name value\n");
	if (pfn == LAB_LOOKUP_NONE)
		return 0;
	mutex_lock(&lab_owners_lock);
	page = pfn_to_online_page(pfn);
	if (!page) {
		mutex_unlock(&lab_owners_lock);
		return -ENXIO;
	}
	seq_printf(m, "pfn %lu\nphys 0x%llx\nram %d\nrefcount %d\nmapcount %d\nnode %d\nzone %s\n",
		   pfn, (u64)pfn << PAGE_SHIFT, page_is_ram(pfn), page_ref_count(page),
		   lab_compat_mapcount(page), page_to_nid(page), page_zone(page)->name);
	orphan = lab_lookup_orphan(pfn);
	if (lab_lookup_facts(page, orphan, &facts))
		lab_lookup_show_facts(m, &facts);
	else
		seq_puts(m, "owner -\nstate -\nage_ms -\ncontext -\ncpu -\nfrom_reserve -\nstack -\ncaller -\n");
	lab_page_use(page, use, sizeof(use));
	seq_printf(m, "hwpoison %d\nleft_by %s\nuse %s\n", lab_page_hwpoison(page),
		   orphan ? orphan->owner->text : "-", use);
	mutex_unlock(&lab_owners_lock);
	seq_putc(m, '\n');
	lab_event_violations_of(m, pfn);
	return 0;
}

DEFINE_LAB_INPUT(lab_lookup);

void lab_lookup_init(struct dentry *dir)
{
	debugfs_create_file("lookup", 0600, dir, NULL, &lab_lookup_fops);
}
