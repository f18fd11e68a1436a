// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cell.h"
#include "message.h"

void (*die_first)(void);
const char *die_hint;

/* Names and cells are untrusted: escape them for the terminal. */
__attribute__((format(printf, 1, 0)))
static void print_message(const char *format, va_list args)
{
	char text[4096];

	fflush(stdout);
	vsnprintf(text, sizeof(text), format, args);
	fputs("labyrinth: ", stderr);
	cell_put(stderr, text);
	fputc('\n', stderr);
}

void die(enum status status, const char *format, ...)
{
	va_list args;

	if (die_first)
		die_first();
	va_start(args, format);
	print_message(format, args);
	va_end(args);
	if (die_hint)
		fprintf(stderr, "labyrinth: %s\n", die_hint);
	exit(status);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(format, args);
	va_end(args);
}

/* reallocarray() that ends the program on failure. */
void *allocate(void *old, size_t nr, size_t size)
{
	void *memory = reallocarray(old, nr ? nr : 1, size);

	if (!memory)
		die(FAILED, "There is not enough memory.");
	return memory;
}
