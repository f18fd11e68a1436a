/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's files in sysfs, which every user may read, put together to tables as those in
 * debugfs. Columns without a file there are left out.
 */
#ifndef SYSFS_H
#define SYSFS_H

#include "table.h"

#define SYSFS_FOLDER	"/sys/kernel/labyrinth"

bool sysfs_exists(void);

/* Read "owners", "zones", "owner/NAME/stats" or "watch". Returns false for any other path. */
bool sysfs_read(const char *path, struct text *text);

#endif
