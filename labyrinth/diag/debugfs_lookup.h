/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a page is, asked by any of its numbers. See debugfs_lookup.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_LOOKUP_H
#define _LABYRINTH_DIAG_DEBUGFS_LOOKUP_H

struct dentry;

int lab_lookup_find(char *text, unsigned long *pfn);
void lab_lookup_init(struct dentry *dir);

#endif /* _LABYRINTH_DIAG_DEBUGFS_LOOKUP_H */
