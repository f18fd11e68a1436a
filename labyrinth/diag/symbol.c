// SPDX-License-Identifier: GPL-2.0
/* Names of callers. */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "../core/tag.h"
#include "symbol.h"

/* Stands for callers in an unloaded module: %pS prints this name. */
noinline void lab_caller_gone(void)
{
}

/* "name+0x1/0x2[module]": one cell, without the blank that %pS prints before the module. */
void lab_caller_name(unsigned long caller, char *buf, size_t size)
{
	char *blank;

	if (!caller) {
		strscpy(buf, "-", size);
		return;
	}
	if (caller == LAB_CALLER_GONE) {
		strscpy(buf, "gone", size);
		return;
	}
	snprintf(buf, size, "%pS", (void *)caller);
	while ((blank = strchr(buf, ' ')))
		memmove(blank, blank + 1, strlen(blank));
}

/* The same as a cell of a table. */
void lab_seq_caller(struct seq_file *m, unsigned long caller)
{
	char name[KSYM_SYMBOL_LEN];

	lab_caller_name(caller, name, sizeof(name));
	seq_puts(m, name);
}

/* A stack trace as one cell, innermost call first. */
void lab_seq_stack(struct seq_file *m, const unsigned long *stack)
{
	unsigned int i;

	for (i = 0; stack && i < LAB_STACK_DEPTH; i++) {
		unsigned long ip = READ_ONCE(stack[i]);

		if (!ip)
			break;
		if (i)
			seq_putc(m, '<');
		lab_seq_caller(m, ip);
	}
	if (!i)
		seq_putc(m, '-');
}

void lab_caller_forget(unsigned long *caller, const struct lab_leaving *leaving)
{
	unsigned long was = READ_ONCE(*caller);

	if (was && lab_leaving_has(leaving, was))
		cmpxchg(caller, was, LAB_CALLER_GONE);
}

/* @stack has LAB_STACK_DEPTH addresses, or fewer and a 0. */
void lab_stack_forget(unsigned long *stack, const struct lab_leaving *leaving)
{
	unsigned int i;

	for (i = 0; i < LAB_STACK_DEPTH && READ_ONCE(stack[i]); i++)
		lab_caller_forget(&stack[i], leaving);
}

/* @track is a copy that has no other writer. */
void lab_track_forget(struct lab_alloc_track *track, const struct lab_leaving *leaving)
{
	struct lab_tag tag = lab_track_tag(track);

	if (!lab_leaving_has(leaving, lab_tag_caller(&tag)))
		return;
	tag.caller = lab_caller_pack(LAB_CALLER_GONE);
	track->taken = tag.taken;
}
