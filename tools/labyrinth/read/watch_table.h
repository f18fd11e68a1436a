/* SPDX-License-Identifier: GPL-2.0 */
/* What the module watches of the kernel's own page allocator, and the callers that it counted. */
#ifndef WATCH_TABLE_H
#define WATCH_TABLE_H

#include "source.h"

#define MODE_MOST	32

/* The word in the file "watch", or "-" if an older module has no such file. */
void watch_mode(const struct source *source, char mode[MODE_MOST]);
/* True if callers that go below the min marks are counted. */
bool watch_is_reserve(const char *mode);

/*
 * Read the table "dippers" or "takers", sorted by pages held, then by pages. It gets the columns
 * "function" and "module" in addition, which are the parts of "caller". Returns false if there is
 * no such file.
 */
bool watch_table(const struct source *source, const char *path, struct table *table);

#endif
