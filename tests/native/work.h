/* SPDX-License-Identifier: GPL-2.0 */
/* Work that is put off, and grace periods: see work.c. */
#ifndef _LABYRINTH_TESTS_NATIVE_WORK_H
#define _LABYRINTH_TESTS_NATIVE_WORK_H

#include <linux/types.h>

bool native_work(void);
bool native_work_lock(void);
void native_work_unlock(void);
void native_quiescent(void);
void native_set_busy(bool is_busy);

#endif /* _LABYRINTH_TESTS_NATIVE_WORK_H */
