/* SPDX-License-Identifier: GPL-2.0 */
/* Where the tables are: this machine's debugfs, or a folder that was saved. */
#ifndef SOURCE_H
#define SOURCE_H

#include "table.h"

#define LIVE_FOLDER	"/sys/kernel/debug/labyrinth"

struct source {
	const char *name;
	int dir;
	bool live;
};

/* @folder is NULL for this machine. Ends the program where it cannot be opened. */
void source_open(struct source *source, const char *folder);

/* An open file or folder below, no symbolic link on the way; -1 where there is none. */
int source_open_file(const struct source *source, const char *path, int flags);

/* False where there is no such file, or none any more. Of a file: all that can be read. */
bool source_read(const struct source *source, const char *path, struct text *text);
bool source_table(const struct source *source, const char *path, struct table *table);
/* The next table of @text, which stays the caller's. */
void source_parse(const struct source *source, const char *path, struct text *text,
		  struct table *table);

/* These end the program where there is none. */
__attribute__((noreturn))
void die_of_missing(const struct source *source, const char *path);
void source_need_table(const struct source *source, const char *path, struct table *table);
int need_column(const struct table *table, const char *name);
void need_pairs(const struct table *table);

/* A file in the folder of an owner, if it may have one. */
bool source_owner_table(const struct source *source, const char *owner, const char *file,
			struct table *table);

/* What the file "saved" of a saved folder has under this name; UNKNOWN where it has none. */
int64_t source_saved(const struct source *source, const char *name);
/* Bytes of a page, here or there. */
int64_t source_page_size(const struct source *source);

bool read_all(int fd, struct text *text, const char **why);

#endif
