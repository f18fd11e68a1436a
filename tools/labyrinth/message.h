/* SPDX-License-Identifier: GPL-2.0 */
/* What goes wrong is said in a plain sentence, and ends the program. */
#ifndef MESSAGE_H
#define MESSAGE_H

/* Exit codes, as labyrinth(8) has them. */
enum status {
	DONE,
	FAILED,		/* a file cannot be read or written, there is no such page, ... */
	USAGE,
	NO_MODULE,
	NO_DEBUGFS,
	NOT_ROOT,
	BAD_DATA,	/* a table that is not one */
};

__attribute__((noreturn, format(printf, 2, 3)))
void die(enum status status, const char *format, ...);

/* What is to be done before die() speaks: to give back the screen. */
extern void (*die_first)(void);

void *allocate(void *old, size_t nr, size_t size);

#endif
