/* SPDX-License-Identifier: GPL-2.0 */
/* Names of callers. See symbol.c. */
#ifndef _LABYRINTH_DIAG_SYMBOL_H
#define _LABYRINTH_DIAG_SYMBOL_H

#include <linux/module.h>
#include <linux/types.h>

struct lab_alloc_track;
struct seq_file;

/* Code that is freed: all code of a module, or its __init part. */
struct lab_leaving {
	const struct module *module;
	bool init_only;
};

static inline bool lab_leaving_has(const struct lab_leaving *leaving, unsigned long caller)
{
	return leaving->init_only ? within_module_init(caller, leaving->module) :
				    within_module(caller, leaving->module);
}

/* Replaces a caller whose module was unloaded: other code may be at its address by now. */
#define LAB_CALLER_GONE		((unsigned long)lab_caller_gone)

void lab_caller_gone(void);
void lab_caller_name(unsigned long caller, char *buf, size_t size);
void lab_seq_caller(struct seq_file *m, unsigned long caller);
void lab_seq_stack(struct seq_file *m, const unsigned long *stack);
void lab_caller_forget(unsigned long *caller, const struct lab_leaving *leaving);
void lab_stack_forget(unsigned long *stack, const struct lab_leaving *leaving);
void lab_track_forget(struct lab_alloc_track *track, const struct lab_leaving *leaving);

#endif /* _LABYRINTH_DIAG_SYMBOL_H */
