/* SPDX-License-Identifier: GPL-2.0 */
/* A debugfs file with lines of key=value pairs, separated by blanks; "-" is no value. */
#ifndef KEYVALUE_H
#define KEYVALUE_H

#include "source.h"

#define KEYS_MOST	32U

struct keyvalue {
	unsigned long line;	/* in the file */
	unsigned int nr;
	const char *key[KEYS_MOST], *value[KEYS_MOST];
};

struct keyvalues {
	char *file;		/* path for messages */
	struct text text;
	size_t nr;
	struct keyvalue *line;
};

/* Returns false if the file does not exist; ends the program if it is malformed. */
bool keyvalues_read(const struct source *source, const char *path, struct keyvalues *lines);
/* Ends the program in both cases. */
void keyvalues_need(const struct source *source, const char *path, struct keyvalues *lines);
void keyvalues_free(struct keyvalues *lines);

/* NULL if the line has no such key or no value for it. */
const char *keyvalue_text(const struct keyvalue *line, const char *key);
/* UNKNOWN if there is none. */
int64_t keyvalue_number(const struct keyvalue *line, const char *key);
/* True if both lines have the same value for @key, or both have none. */
bool keyvalue_same(const struct keyvalue *one, const struct keyvalue *other, const char *key);

#endif
