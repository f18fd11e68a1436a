/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table in the module's format: a line that names the columns, one line per row, cells
 * separated by blanks, "-" for no value. A saved table may be of another version, truncated
 * or no table at all. The parser checks all of that; its callers need not.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MOST	(256UL << 20)	/* bytes of a file */
#define LINE_MOST	65536UL		/* bytes of a line */
#define COLUMNS_MOST	64U

#define NUMBER_MOST	(INT64_C(1) << 60)	/* a few can be added without overflow */
#define UNKNOWN		INT64_MIN	/* no such column, or no value */

/* The text of a file and the read position. */
struct text {
	char *data;		/* NUL-terminated */
	size_t size, at;
	unsigned long line;	/* line number at @at, from 1 */
};

struct table {
	char *file;		/* path for messages */
	char *data;
	unsigned int nr_columns;
	const char *column[COLUMNS_MOST];
	bool number[COLUMNS_MOST];
	unsigned long line;	/* line number of the column names */
	size_t nr_rows;
	uint32_t *cell;		/* offsets into @data */
};

struct trouble {
	unsigned long line;
	char what[160];
};

/* The next line, its newline replaced by NUL. NULL at the end; NULL and @trouble on error. */
char *text_line(struct text *text, struct trouble *trouble);

/* Parse up to and including an empty line, or to the end. On failure, sets @trouble. */
bool table_parse(struct table *table, struct text *text, struct trouble *trouble);
void table_free(struct table *table);

int table_column(const struct table *table, const char *name);	/* -1: no such column */
const char *table_cell(const struct table *table, size_t row, int column);	/* "?" for -1 */
int64_t table_number(const struct table *table, size_t row, int column);
/* The same, by column name. */
const char *table_cell_of(const struct table *table, size_t row, const char *name);
int64_t table_number_of(const struct table *table, size_t row, const char *name);
int64_t or_zero(int64_t value);	/* 0 for UNKNOWN */
int64_t table_sum(const struct table *table, int column);

/* True if the columns are "name" and "value". */
bool table_is_pairs(const struct table *table);
/* Lookup in such a table. */
const char *table_value(const struct table *table, const char *name);	/* NULL: no such row */
int64_t table_value_number(const struct table *table, const char *name);

/* True if values of this name are numbers. */
bool table_is_number(const char *name);
/* False if @text is not a number within NUMBER_MOST. "-" is UNKNOWN. */
bool number_parse(const char *text, int64_t *value);

#endif
