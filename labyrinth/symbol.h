/* SPDX-License-Identifier: GPL-2.0 */
/* A caller's address as a reader knows it. See symbol.c. */
#ifndef _LABYRINTH_SYMBOL_H
#define _LABYRINTH_SYMBOL_H

#include <linux/types.h>

struct seq_file;

/* In place of a caller whose module has left, where there may be another by now. */
#define LAB_CALLER_GONE		((unsigned long)lab_caller_gone)

void lab_caller_gone(void);
void lab_caller_name(unsigned long caller, char *buf, size_t size);
void lab_seq_caller(struct seq_file *m, unsigned long caller);
void lab_seq_stack(struct seq_file *m, const unsigned long *stack);

#endif /* _LABYRINTH_SYMBOL_H */
