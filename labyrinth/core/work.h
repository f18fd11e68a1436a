/* SPDX-License-Identifier: GPL-2.0 */
/* Work that any context may ask for, and that is done in process context. See work.c. */
#ifndef _LABYRINTH_CORE_WORK_H
#define _LABYRINTH_CORE_WORK_H

#include <linux/workqueue.h>

struct labyrinth_owner;

extern struct workqueue_struct *lab_wq;

void lab_refill_kick(struct labyrinth_owner *owner);
void lab_work_init(struct labyrinth_owner *owner, work_func_t refill, work_func_t look);
void lab_work_stop(struct labyrinth_owner *owner);
int lab_wq_init(void);
void lab_wq_exit(void);

#endif /* _LABYRINTH_CORE_WORK_H */
