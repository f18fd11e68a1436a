/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that goes offline, and what labyrinth has there. See offline.c. */
#ifndef _LABYRINTH_CORE_OFFLINE_H
#define _LABYRINTH_CORE_OFFLINE_H

int lab_offline_prepare(unsigned long start_pfn, unsigned long end_pfn);
void lab_offline_forget(unsigned long start_pfn, unsigned long end_pfn);
int lab_offline_init(void);
void lab_offline_exit(void);

#endif /* _LABYRINTH_CORE_OFFLINE_H */
