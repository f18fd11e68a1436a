// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cell.h"
#include "message.h"

void (*die_first)(void);

/* Names and cells are untrusted: escape them for the terminal. */
void die(enum status status, const char *format, ...)
{
	char text[4096];
	va_list args;

	if (die_first)
		die_first();
	fflush(stdout);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fputs("labyrinth: ", stderr);
	cell_put(stderr, text);
	fputc('\n', stderr);
	exit(status);
}

/* reallocarray() that ends the program on failure. */
void *allocate(void *old, size_t nr, size_t size)
{
	void *memory = reallocarray(old, nr ? nr : 1, size);

	if (!memory)
		die(FAILED, "There is not enough memory.");
	return memory;
}
