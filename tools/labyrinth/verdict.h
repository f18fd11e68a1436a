/* SPDX-License-Identifier: GPL-2.0 */
/* The file of verdicts: "N ms ago", what happened in some lines, an empty line; over and over. */
#ifndef VERDICT_H
#define VERDICT_H

#include "source.h"

struct verdict {
	int64_t age;		/* in ms */
	size_t nr_lines;
	const char *lines;	/* one behind the other, each with a 0 at its end */
};

struct verdicts {
	struct text text;
	size_t nr;
	struct verdict *one;
};

/* False where there is no such file. Ends the program where it is something else. */
bool verdicts_read(const struct source *source, struct verdicts *verdicts);
void verdicts_free(struct verdicts *verdicts);

/* The line behind this one. */
const char *line_after(const char *line);
/*
 * Does the line begin as the pattern has it? There, # is a number, and * a word of up to 63
 * characters that ends where the pattern's next character is.
 */
bool line_scan(const char *line, const char *pattern, int64_t *number, char word[64]);

#endif
