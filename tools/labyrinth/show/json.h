/* SPDX-License-Identifier: GPL-2.0 */
/* JSON output by jansson, row by row, escaped to ASCII. jansson accepts only UTF-8 text. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>

#include "../read/table.h"

json_t *json_text(const char *text);
json_t *json_count(int64_t value);	/* UNKNOWN becomes null */
json_t *json_cell(const char *name, const char *cell);
json_t *json_row(const struct table *table, size_t row);
/* All rows of a table with the columns "name" and "value". */
json_t *json_pairs(const struct table *table);
void json_add(json_t *object, const char *name, json_t *value);

/* Print one object, or an array of objects one by one. Takes the reference to @value. */
void json_put(json_t *value);
void json_open(void);
void json_next(json_t *value);
void json_close(void);

#endif
