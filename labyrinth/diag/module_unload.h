/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a module's owners and callers when its code leaves. See module_unload.c. */
#ifndef _LABYRINTH_DIAG_MODULE_UNLOAD_H
#define _LABYRINTH_DIAG_MODULE_UNLOAD_H

struct module;

void lab_module_gone(const struct module *module);
void lab_module_live(const struct module *module);
int lab_module_unload_init(void);
void lab_module_unload_exit(void);

#endif /* _LABYRINTH_DIAG_MODULE_UNLOAD_H */
