/* SPDX-License-Identifier: GPL-2.0 */
/* Selected rows of a table, sorted, as aligned columns or as JSON. */
#ifndef LIST_H
#define LIST_H

#include "../command.h"

struct list {
	const struct table *table;
	const char * const *columns;	/* to show, up to NULL; a missing column shows "?" */
	size_t *row, nr, cut;		/* @cut: rows that --limit left out */
};

/* Select and sort rows by the options. Reports, which have a "seq", are listed newest first. */
void list_choose(struct list *list, const struct table *table, const char * const *columns,
		 const struct options *options);
/* Ends the program if neither the table of owners nor a row of @table knows --owner. */
void list_need_owner(const struct source *source, const struct table *table,
		     const struct options *options);
/* Prints @none if there is no row. */
void list_print(const struct list *list, const char *none);
void list_json(const struct list *list);

/* Show a table, then free it. */
void list_table(struct table *table, const struct options *options, const char * const *columns,
		const char *none);
/* A whole command: read the table @file and show it. */
void list_run(const struct source *source, const struct options *options, const char *file,
	      const char * const *columns, const char *none);

#endif
