/* SPDX-License-Identifier: GPL-2.0 */
/* Messages on standard error, one sentence each. */
#ifndef MESSAGE_H
#define MESSAGE_H

/* Exit codes, documented in labyrinth(8). */
enum status {
	DONE,
	FAILED,		/* e.g. a file cannot be read or written, or no such page exists */
	USAGE,
	NO_MODULE,
	NO_DEBUGFS,
	NOT_ROOT,
	BAD_DATA,	/* malformed table */
};

__attribute__((noreturn, format(printf, 2, 3)))
void die(enum status status, const char *format, ...);

__attribute__((format(printf, 1, 2)))
void warn(const char *format, ...);

/* Called before die() prints: restores the screen. */
extern void (*die_first)(void);

/* Printed by die() after its message, or NULL. */
extern const char *die_hint;

void *allocate(void *old, size_t nr, size_t size);

#endif
