/* SPDX-License-Identifier: GPL-2.0 */
/* Text from a file, as it may go into HTML: printable ASCII, the rest as \xNN. */
#ifndef HTML_H
#define HTML_H

#include <stdint.h>
#include <stdio.h>

void html_put(FILE *out, const char *text);	/* in a line; very long ones are cut */
void html_put_lines(FILE *out, const char *text);	/* newlines stay */
void html_number(FILE *out, int64_t value);	/* 12,345; "-" for UNKNOWN */
/* <td>, of a number with a class if it is not 0. */
void html_cell(FILE *out, const char *text);
void html_number_cell(FILE *out, int64_t value, const char *class);

#endif
