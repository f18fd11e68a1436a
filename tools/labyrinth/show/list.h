/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of a table that were asked for, in order, as aligned columns or as JSON. */
#ifndef LIST_H
#define LIST_H

#include "../command.h"

struct list {
	const struct table *table;
	const char * const *columns;	/* to be shown, up to NULL; those of unknown name as "?" */
	size_t *row, nr, cut;		/* @cut were left out for --limit */
};

/* All rows that the options want. */
void list_choose(struct list *list, const struct table *table, const char * const *columns,
		 const struct options *options);
/* @none is what is said where there is no row. */
void list_print(const struct list *list, const char *none);
void list_json(const struct list *list);

/* A whole table, which is freed. */
void list_table(struct table *table, const struct options *options, const char * const *columns,
		const char *none);
/* A whole command: the table @file, as the options want it. */
void list_run(const struct source *source, const struct options *options, const char *file,
	      const char * const *columns, const char *none);

#endif
