/* SPDX-License-Identifier: GPL-2.0 */
/* An output file that is replaced atomically. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdio.h>

struct output {
	const char *file;	/* NULL: standard output */
	FILE *memory;
	char *data;
	size_t size;
};

/* Write into memory; output_close() writes the file. */
FILE *output_open(struct output *output, const char *file);
void output_close(struct output *output);

#endif
