/* SPDX-License-Identifier: GPL-2.0 */
/* The files of debugfs about the kernel's own allocations. See debugfs_watch.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_WATCH_H
#define _LABYRINTH_DIAG_DEBUGFS_WATCH_H

struct dentry;

void lab_debugfs_watch_init(struct dentry *dir);

#endif /* _LABYRINTH_DIAG_DEBUGFS_WATCH_H */
