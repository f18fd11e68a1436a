/* SPDX-License-Identifier: GPL-2.0 */
/* Escape text from a file for HTML: all but printable ASCII becomes \xNN. */
#ifndef HTML_H
#define HTML_H

#include <stdint.h>
#include <stdio.h>

void html_put(FILE *out, const char *text);	/* one line; truncates very long text */
void html_put_lines(FILE *out, const char *text);	/* keeps newlines */
void html_number(FILE *out, int64_t value);	/* 12,345; "-" for UNKNOWN */
/* A <td>; a number other than 0 gets @class. */
void html_cell(FILE *out, const char *text);
void html_number_cell(FILE *out, int64_t value, const char *class);

#endif
