/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LABYRINTH_DEBUGFS_H
#define _LABYRINTH_DEBUGFS_H

void lab_debugfs_init(void);
void lab_debugfs_exit(void);

#endif /* _LABYRINTH_DEBUGFS_H */
