/* SPDX-License-Identifier: GPL-2.0 */
/* Giving back what is ready above the stock when memory is short. See shrinker.c. */
#ifndef _LABYRINTH_CORE_SHRINKER_H
#define _LABYRINTH_CORE_SHRINKER_H

struct shrink_control;
struct shrinker;

/* Context: process. */
unsigned long lab_shrink_count(struct shrinker *shrinker, struct shrink_control *sc);
unsigned long lab_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc);
int lab_shrink_init(void);
void lab_shrink_exit(void);

#endif /* _LABYRINTH_CORE_SHRINKER_H */
