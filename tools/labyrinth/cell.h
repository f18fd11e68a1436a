/* SPDX-License-Identifier: GPL-2.0 */
/* Escape text from a file for a terminal: all but printable ASCII becomes \xNN. */
#ifndef CELL_H
#define CELL_H

#include <stddef.h>
#include <stdio.h>

size_t cell_width(const char *text);
void cell_put(FILE *out, const char *text);
/* Truncates to @size. */
void cell_text(char *buf, size_t size, const char *text);

#endif
