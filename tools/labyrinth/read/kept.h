/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table that is read again and again from an open file. Opening takes several allocations in the
 * kernel and reading the first time a buffer of at least a page, which the open file keeps: reading
 * it again takes none, unless the table has outgrown the buffer. An open file in debugfs keeps the
 * module loaded.
 */
#ifndef KEPT_H
#define KEPT_H

#include "source.h"

struct kept {
	const char *path;
	int fd;			/* plus 1; 0: not open */
};

/* As source_table() and source_need_table(). */
bool kept_table(const struct source *source, struct kept *kept, struct table *table);
void kept_need_table(const struct source *source, struct kept *kept, struct table *table);
void kept_close(struct kept *kept);

#endif
