/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Source of the tables: this machine's debugfs, or what sysfs has of them if debugfs is closed, or
 * a saved folder.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "../message.h"
#include "table.h"

#define LIVE_FOLDER	"/sys/kernel/debug/labyrinth"

struct source {
	const char *name;
	int dir;		/* -1 if debugfs is closed */
	bool live;
	const char *closed;	/* a sentence that says why debugfs is closed, or NULL */
	enum status status;	/* for a command that needs debugfs then */
};

/* @folder is NULL for this machine. Ends the program if the folder cannot be opened. */
void source_open(struct source *source, const char *folder);

/* Say on standard error that @what is missing, if debugfs is closed. */
void source_note_closed(const struct source *source, const char *what);

/*
 * Open a file or folder below, following no symbolic link. Returns -1 if there is none, or in
 * lockdown: then errno is EPERM.
 */
int source_open_file(const struct source *source, const char *path, int flags);

/* Read a whole file. Returns false if it does not exist, or no longer does. */
bool source_read(const struct source *source, const char *path, struct text *text);
bool source_table(const struct source *source, const char *path, struct table *table);
/* The same for an open file, from its position. */
bool source_read_open(const struct source *source, const char *path, int fd, struct text *text);
/* Parse @text, which is one table. */
void source_parse_all(const struct source *source, const char *path, struct text *text,
		      struct table *table);
/* Parse the next table of @text; the caller keeps @text. */
void source_parse(const struct source *source, const char *path, struct text *text,
		  struct table *table);

/* These end the program if the file or the column is missing. */
__attribute__((noreturn))
void die_of_missing(const struct source *source, const char *path);
void source_need_table(const struct source *source, const char *path, struct table *table);
int need_column(const struct table *table, const char *name);
void need_pairs(const struct table *table);

/* A table in the folder of an owner; false if there is none. */
bool source_owner_table(const struct source *source, const char *owner, const char *file,
			struct table *table);

/* The value of @name in the file "saved" of a saved folder, or UNKNOWN. */
int64_t source_saved(const struct source *source, const char *name);
/* Page size of the source's machine, in bytes. */
int64_t source_page_size(const struct source *source);

/* The first word of a file of this machine, or "-". */
void first_word(const char *file, char word[64]);
/* Warn if the loaded module and this command are of different versions. */
void warn_of_another_version(void);

bool read_all(int fd, struct text *text, const char **why);

#endif
