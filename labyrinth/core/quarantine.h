/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that wait until they are exclusive again. See quarantine.c. */
#ifndef _LABYRINTH_CORE_QUARANTINE_H
#define _LABYRINTH_CORE_QUARANTINE_H

#include <linux/workqueue.h>

#include "owner.h"

void lab_quarantine_add(struct labyrinth_owner *owner, struct lab_tag *tag, u32 flags);
long lab_quarantine_idle(const struct labyrinth_owner *owner);
bool lab_quarantine_reclaim(struct labyrinth_owner *owner);
bool lab_quarantine_look(struct labyrinth_owner *owner);
void lab_quarantine_work(struct work_struct *work);
void lab_quarantine_drain(struct labyrinth_owner *owner);

#endif /* _LABYRINTH_CORE_QUARANTINE_H */
