/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LABYRINTH_DEBUGFS_H
#define _LABYRINTH_DEBUGFS_H

#include <linux/labyrinth.h>

struct dentry;

/* Of the owners' folders. */
extern struct dentry *lab_owner_dir;

const char *lab_scope_name(enum labyrinth_scope scope);
void lab_debugfs_init(void);
void lab_debugfs_exit(void);

#endif /* _LABYRINTH_DEBUGFS_H */
