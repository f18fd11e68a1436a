/* SPDX-License-Identifier: GPL-2.0 */
/* An owner's own folder in debugfs. See folder.c. */
#ifndef _LABYRINTH_FOLDER_H
#define _LABYRINTH_FOLDER_H

#include <linux/types.h>

struct labyrinth_owner;

/* Context: process, without lab_owners_lock. */
void lab_folder_init_owner(struct labyrinth_owner *owner);
void lab_folder_create(struct labyrinth_owner *owner);
void lab_folder_remove(struct labyrinth_owner *owner);
bool lab_folder_pending(struct labyrinth_owner *owner);
int lab_folder_init(void);
void lab_folder_exit(void);

/* Context: process, with lab_owners_lock and the owner alive. */
void lab_owner_reset(struct labyrinth_owner *owner);
int lab_owner_set_stock(struct labyrinth_owner *owner, u64 stock);

#endif /* _LABYRINTH_FOLDER_H */
