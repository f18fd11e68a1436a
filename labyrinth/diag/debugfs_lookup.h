/* SPDX-License-Identifier: GPL-2.0 */
/* Look up a page's owner by the page's number or address. See debugfs_lookup.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_LOOKUP_H
#define _LABYRINTH_DIAG_DEBUGFS_LOOKUP_H

struct dentry;

int lab_lookup_find(char *text, unsigned long *pfn);
void lab_lookup_init(struct dentry *dir);

#endif /* _LABYRINTH_DIAG_DEBUGFS_LOOKUP_H */
