/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table as labyrinth writes them: a line that names the columns, a line per row, cells
 * between blanks, "-" for no value. A saved one may be of another version, or not whole,
 * or no table at all: each is seen while it is parsed, so that nobody has to look again.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MOST	(256UL << 20)	/* bytes of a file */
#define LINE_MOST	65536UL		/* bytes of a line */
#define COLUMNS_MOST	64U

#define NUMBER_MOST	(INT64_C(1) << 60)	/* so that a few can be added */
#define UNKNOWN		INT64_MIN	/* no such column, or no value */

/* A file that is being read. */
struct text {
	char *data;		/* and a 0 behind it */
	size_t size, at;
	unsigned long line;	/* at @at, from 1 */
};

struct table {
	char *file;		/* as messages name it */
	char *data;
	unsigned int nr_columns;
	const char *column[COLUMNS_MOST];
	bool number[COLUMNS_MOST];
	unsigned long line;	/* of the names */
	size_t nr_rows;
	uint32_t *cell;		/* where in @data */
};

struct trouble {
	unsigned long line;
	char what[160];
};

/* The next line, ended by a 0 where its newline was; NULL with no @trouble at the end. */
char *text_line(struct text *text, struct trouble *trouble);

/* Parse up to an empty line, which is passed, or the end. False: @trouble says why. */
bool table_parse(struct table *table, struct text *text, struct trouble *trouble);
void table_free(struct table *table);

int table_column(const struct table *table, const char *name);	/* -1: it has none */
const char *table_cell(const struct table *table, size_t row, int column);	/* "?" for -1 */
int64_t table_number(const struct table *table, size_t row, int column);
/* The same by the column's name. */
const char *table_cell_of(const struct table *table, size_t row, const char *name);
int64_t table_number_of(const struct table *table, size_t row, const char *name);
int64_t or_zero(int64_t value);	/* 0 for UNKNOWN */
int64_t table_sum(const struct table *table, int column);

/* Are the columns "name" and "value"? */
bool table_is_pairs(const struct table *table);
/* Of such tables. */
const char *table_value(const struct table *table, const char *name);	/* NULL: no such row */
int64_t table_value_number(const struct table *table, const char *name);

/* Are the values of this name numbers? */
bool table_is_number(const char *name);
/* False: @text is none that fits. "-" is UNKNOWN. */
bool number_parse(const char *text, int64_t *value);

#endif
