/* SPDX-License-Identifier: GPL-2.0 */
/* A table of labyrinth's in debugfs, read from within the kernel. See table.c. */
#ifndef _LAB_TORTURE_TABLE_H
#define _LAB_TORTURE_TABLE_H

#include <linux/types.h>

#define LT_COLUMNS_MAX	24

struct file;

struct lt_table {
	struct file *file;
	char *buf;		/* what the file said, cut into cells as it is read */
	char *next;		/* the line after this one */
	const char *columns[LT_COLUMNS_MAX];
	const char *cells[LT_COLUMNS_MAX];
};

int lt_table_open(struct lt_table *table, const char *path);
bool lt_table_read(struct lt_table *table);
bool lt_table_line(struct lt_table *table);
const char *lt_table_cell(const struct lt_table *table, const char *column);
void lt_table_close(struct lt_table *table);

#endif /* _LAB_TORTURE_TABLE_H */
