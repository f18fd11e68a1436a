/* SPDX-License-Identifier: GPL-2.0 */
/* Terminal colours, and the format of ages. */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>

enum colour { PLAIN, STRONG, GOOD, WARNING, BAD };

/* "" if colours are off. A colour lasts until PLAIN. */
const char *colour(enum colour colour);

/* The colour for a cell of @column. */
enum colour cell_colour(const char *column, const char *cell);

/* The colour for a zone of whose atomic reserve @pct percent are used. */
enum colour depth_colour(int64_t pct);

/* "7ms", "3.2s", "2m05s", "5h07m", "9d03h"; "-" if unknown. */
const char *age_text(char buf[32], int64_t ms);

#endif
