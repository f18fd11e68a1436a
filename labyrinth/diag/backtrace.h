/* SPDX-License-Identifier: GPL-2.0 */
/* The caller of the page allocator. See backtrace.c. */
#ifndef _LABYRINTH_DIAG_BACKTRACE_H
#define _LABYRINTH_DIAG_BACKTRACE_H

#include <linux/types.h>

#include "../core/tag.h"

enum lab_frame {
	LAB_FRAME_INNER = 1,	/* of the page allocator, or of one built on it */
	LAB_FRAME_OURS,		/* of labyrinth */
	LAB_FRAME_CALLER,	/* any other */
};

struct lab_backtrace {
	enum lab_frame kind;			/* of the caller */
	unsigned long stack[LAB_STACK_DEPTH];	/* from the caller on; 0 ends it */
};

void lab_backtrace(struct lab_backtrace *trace);
bool lab_backtrace_watched(unsigned long ip);
void lab_backtrace_watch(const char *module);
void lab_backtrace_forget(void);
bool lab_frame_in(const char *name, const char *module);
enum lab_frame lab_frame_kind(const char *name);

#endif /* _LABYRINTH_DIAG_BACKTRACE_H */
