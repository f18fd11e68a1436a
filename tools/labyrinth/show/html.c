// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "../read/table.h"
#include "html.h"

#define LONGEST	200

static void put(FILE *out, unsigned char c)
{
	switch (c) {
	case '&':
		fputs("&amp;", out);
		break;
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	case '\'':
		fputs("&#39;", out);
		break;
	case '\\':
		fputs("\\\\", out);
		break;
	default:
		if (c >= ' ' && c <= '~')
			fputc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

void html_put(FILE *out, const char *text)
{
	size_t i;

	for (i = 0; text[i] && i < LONGEST; i++)
		put(out, text[i]);
	if (text[i])
		fputs("...", out);
}

void html_put_lines(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputc('\n', out);
		else
			put(out, *text);
}

void html_number(FILE *out, int64_t value)
{
	char digits[32];
	size_t i, nr;

	if (value == UNKNOWN) {
		fputs("-", out);
		return;
	}
	nr = snprintf(digits, sizeof(digits), "%" PRId64, value);
	for (i = 0; i < nr; i++) {
		if (i && (nr - i) % 3 == 0 && digits[i - 1] != '-')
			fputc(',', out);
		fputc(digits[i], out);
	}
}

void html_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	html_put(out, text);
	fputs("</td>", out);
}

void html_number_cell(FILE *out, int64_t value, const char *class)
{
	fprintf(out, "<td class=\"n%s%s\">", class && value > 0 ? " " : "",
		class && value > 0 ? class : "");
	html_number(out, value);
	fputs("</td>", out);
}
