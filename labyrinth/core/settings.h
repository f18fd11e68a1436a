/* SPDX-License-Identifier: GPL-2.0 */
/* The operator's settings for owners. See settings.c. */
#ifndef _LABYRINTH_CORE_SETTINGS_H
#define _LABYRINTH_CORE_SETTINGS_H

#include "owner.h"

int lab_settings_set(const char *text);
int lab_settings_get(char *buffer);
bool lab_settings_apply(struct labyrinth_owner_params *params);
int lab_owner_set_budget(struct labyrinth_owner *owner, u64 budget);
int lab_owner_set_reserve_pct(struct labyrinth_owner *owner, u64 pct);
void lab_settings_exit(void);

#endif /* _LABYRINTH_CORE_SETTINGS_H */
