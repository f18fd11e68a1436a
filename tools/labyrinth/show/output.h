/* SPDX-License-Identifier: GPL-2.0 */
/* A file that is put in its place as a whole. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdio.h>

struct output {
	const char *file;	/* NULL: standard output */
	FILE *memory;
	char *data;
	size_t size;
};

/* What is to be written; it goes where it belongs at the end, or nowhere. */
FILE *output_open(struct output *output, const char *file);
void output_close(struct output *output);

#endif
