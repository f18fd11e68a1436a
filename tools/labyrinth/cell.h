/* SPDX-License-Identifier: GPL-2.0 */
/* Text from a file, as it may go to a terminal: anything but printable ASCII as \xNN. */
#ifndef CELL_H
#define CELL_H

#include <stddef.h>
#include <stdio.h>

size_t cell_width(const char *text);
void cell_put(FILE *out, const char *text);
/* As much of it as fits. */
void cell_text(char *buf, size_t size, const char *text);

#endif
