/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of callers whose code leaves. See gone.c. */
#ifndef _LABYRINTH_GONE_H
#define _LABYRINTH_GONE_H

#include <linux/module.h>

struct lab_taking;

/* Code that leaves: all of a module's, or what it had for its init function. */
struct lab_leaving {
	const struct module *module;
	bool init_only;
};

static inline bool lab_leaving_has(const struct lab_leaving *leaving, unsigned long caller)
{
	return leaving->init_only ? within_module_init(caller, leaving->module) :
				    within_module(caller, leaving->module);
}

void lab_caller_forget(unsigned long *caller, const struct lab_leaving *leaving);
void lab_stack_forget(unsigned long *stack, const struct lab_leaving *leaving);
void lab_taking_forget(struct lab_taking *taking, const struct lab_leaving *leaving);
void lab_module_gone(const struct module *module);
void lab_module_live(const struct module *module);

#endif /* _LABYRINTH_GONE_H */
