/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of callers whose module leaves. See gone.c. */
#ifndef _LABYRINTH_GONE_H
#define _LABYRINTH_GONE_H

struct lab_taking;
struct module;

void lab_caller_forget(unsigned long *caller, const struct module *module);
void lab_stack_forget(unsigned long *stack, const struct module *module);
void lab_taking_forget(struct lab_taking *taking, const struct module *module);
void lab_module_gone(const struct module *module);

#endif /* _LABYRINTH_GONE_H */
