/* SPDX-License-Identifier: GPL-2.0 */
/* The owners and callers of a module whose code is unloaded. See module_unload.c. */
#ifndef _LABYRINTH_DIAG_MODULE_UNLOAD_H
#define _LABYRINTH_DIAG_MODULE_UNLOAD_H

struct module;

void lab_module_gone(const struct module *module);
void lab_module_live(const struct module *module);
int lab_module_unload_init(void);
void lab_module_unload_exit(void);

#endif /* _LABYRINTH_DIAG_MODULE_UNLOAD_H */
