/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON by jansson: it writes row by row, escapes all but ASCII, and takes no text that is
 * not UTF-8.
 */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>

#include "../read/table.h"

json_t *json_text(const char *text);
json_t *json_count(int64_t value);	/* null for UNKNOWN */
json_t *json_cell(const char *name, const char *cell);
json_t *json_row(const struct table *table, size_t row);
/* All rows of a table with the columns "name" and "value". */
json_t *json_pairs(const struct table *table);
void json_add(json_t *object, const char *name, json_t *value);

/* One object, or an array of them, which is given one by one; @value is taken. */
void json_put(json_t *value);
void json_open(void);
void json_next(json_t *value);
void json_close(void);

#endif
