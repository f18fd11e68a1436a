/* SPDX-License-Identifier: GPL-2.0 */
/* The folder of an owner in debugfs. See debugfs_owner.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_OWNER_H
#define _LABYRINTH_DIAG_DEBUGFS_OWNER_H

#include <linux/labyrinth.h>
#include <linux/types.h>

struct dentry;
struct labyrinth_owner;

void lab_debugfs_owner_dir(struct dentry *dir);

/* Context: process, without lab_owners_lock. */
void lab_debugfs_owner_init_owner(struct labyrinth_owner *owner);
void lab_debugfs_owner_create(struct labyrinth_owner *owner);
void lab_debugfs_owner_remove(struct labyrinth_owner *owner);
bool lab_debugfs_owner_pending(struct labyrinth_owner *owner);
int lab_debugfs_owner_init(void);
void lab_debugfs_owner_exit(void);

/* Context: process, with lab_owners_lock and the owner alive. */
void lab_owner_reset(struct labyrinth_owner *owner);

#endif /* _LABYRINTH_DIAG_DEBUGFS_OWNER_H */
