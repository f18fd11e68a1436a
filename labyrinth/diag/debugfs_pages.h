/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of pages, as tables in debugfs. See debugfs_pages.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_PAGES_H
#define _LABYRINTH_DIAG_DEBUGFS_PAGES_H

#include <linux/fs.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

struct lab_table;
struct lab_orphan;
struct lab_tag;
struct seq_file;

/* What there is to tell of a page, from its tag or as an orphan. */
struct lab_page_facts {
	const struct page *page;
	u32 owner_id;
	char owner[LABYRINTH_NAME_LEN];
	const char *state;
	u64 age_ms;
	enum labyrinth_context context;
	unsigned int cpu;
	bool from_reserve;
	const unsigned long *stack;	/* as lab_seq_stack() takes it */
	unsigned long caller;
	const char *caller_name;	/* in place of @caller, of a module that has left */
};

bool lab_page_facts_of_tag(struct lab_page_facts *facts, const struct lab_table *table,
			   const struct lab_tag *tag);
void lab_page_facts_of_orphan(struct lab_page_facts *facts, const struct lab_orphan *orphan);
void lab_seq_page_caller(struct seq_file *m, const struct lab_page_facts *facts);

/* The table of all pages; as a file's data an owner, for those of that owner only. */
extern const struct file_operations lab_pages_fops;

#endif /* _LABYRINTH_DIAG_DEBUGFS_PAGES_H */
