// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>

#include "cell.h"

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c <= '~' && c != '\\';
}

static size_t width(unsigned char c)
{
	return is_plain(c) ? 1 : c == '\\' ? 2 : 4;
}

size_t cell_width(const char *text)
{
	size_t sum = 0;

	for (; *text; text++)
		sum += width(*text);
	return sum;
}

void cell_put(FILE *out, const char *text)
{
	for (; *text; text++)
		if (is_plain(*text))
			fputc(*text, out);
		else if (*text == '\\')
			fputs("\\\\", out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
}

void cell_text(char *buf, size_t size, const char *text)
{
	size_t at = 0;

	for (; *text && at + width(*text) < size; text++) {
		if (is_plain(*text))
			buf[at] = *text;
		else if (*text == '\\')
			memset(buf + at, '\\', 2);
		else
			snprintf(buf + at, size - at, "\\x%02x", (unsigned char)*text);
		at += width(*text);
	}
	buf[at] = 0;
}
