/* SPDX-License-Identifier: GPL-2.0 */
/* Read labyrinth's debugfs tables inside the kernel. See table.c. */
#ifndef _LAB_TORTURE_TABLE_H
#define _LAB_TORTURE_TABLE_H

#include <linux/types.h>

#define LT_COLUMNS_MAX	24

struct file;

struct lt_table {
	const char *path;
	struct file *file;
	char *buf;		/* the file's text, cut into cells as it is parsed */
	char *next;		/* the next line */
	const char *columns[LT_COLUMNS_MAX];
	const char *cells[LT_COLUMNS_MAX];
};

enum { LT_OWNERS, LT_REFUSALS, LT_VIOLATIONS, LT_NR_TABLES };

extern struct lt_table lt_tables[LT_NR_TABLES];

int lt_tables_open(void);
void lt_tables_close(void);
bool lt_table_read(struct lt_table *table);
bool lt_table_line(struct lt_table *table);
const char *lt_table_cell(const struct lt_table *table, const char *column);

#endif /* _LAB_TORTURE_TABLE_H */
