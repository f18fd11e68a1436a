/* SPDX-License-Identifier: GPL-2.0 */
/* The tables in /sys/kernel/debug/labyrinth. See debugfs.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_H
#define _LABYRINTH_DIAG_DEBUGFS_H

void lab_debugfs_init(void);
void lab_debugfs_exit(void);

#endif /* _LABYRINTH_DIAG_DEBUGFS_H */
