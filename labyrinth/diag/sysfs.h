/* SPDX-License-Identifier: GPL-2.0 */
/* The files in /sys/kernel/labyrinth. See sysfs.c. */
#ifndef _LABYRINTH_DIAG_SYSFS_H
#define _LABYRINTH_DIAG_SYSFS_H

struct labyrinth_owner;

/* Context: process, without lab_owners_lock. */
void lab_sysfs_init(void);
void lab_sysfs_exit(void);
void lab_sysfs_owner_create(struct labyrinth_owner *owner);
void lab_sysfs_owner_remove(struct labyrinth_owner *owner);

#endif /* _LABYRINTH_DIAG_SYSFS_H */
