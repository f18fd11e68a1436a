/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is there before the machine runs out of it. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/*
 * Lock the program's memory, and @size bytes for later allocate() and malloc(). As far as the
 * user may: for others than root, ulimit -l.
 */
void memory_hold(size_t size);

#endif
