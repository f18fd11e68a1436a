/* SPDX-License-Identifier: GPL-2.0 */
/* The tables of pages in debugfs. See debugfs_pages.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_PAGES_H
#define _LABYRINTH_DIAG_DEBUGFS_PAGES_H

#include <linux/fs.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

struct lab_table;
struct lab_orphan;
struct lab_tag;
struct seq_file;

/* The facts shown of a page, from its tag or its orphan record. */
struct lab_page_facts {
	struct page *page;
	u32 owner_id;
	char owner[LABYRINTH_NAME_LEN];
	const char *state;
	bool others;			/* held by another user: an orphan, or in quarantine */
	u64 age_ms;
	enum labyrinth_context context;
	unsigned int cpu;
	bool from_reserve;
	const unsigned long *stack;	/* as lab_seq_stack() takes it */
	unsigned long caller;
	const char *caller_name;	/* replaces @caller if its module was unloaded */
};

bool lab_page_facts_of_tag(struct lab_page_facts *facts, const struct lab_table *table,
			   const struct lab_tag *tag);
void lab_page_facts_of_orphan(struct lab_page_facts *facts, const struct lab_orphan *orphan);
void lab_seq_page_caller(struct seq_file *m, const struct lab_page_facts *facts);

/* The table of all pages, or of one owner's if the file's data is an owner. */
extern const struct file_operations lab_pages_fops;

#endif /* _LABYRINTH_DIAG_DEBUGFS_PAGES_H */
