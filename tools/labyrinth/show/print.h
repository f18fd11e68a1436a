/* SPDX-License-Identifier: GPL-2.0 */
/* Colours where somebody looks, and how times are told. */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>

enum colour { PLAIN, STRONG, GOOD, WARNING, BAD };

/* "" where there are none. A colour lasts until PLAIN. */
const char *colour(enum colour colour);

/* What a cell of the column deserves. */
enum colour cell_colour(const char *column, const char *cell);

/* What a zone deserves of whose atomic reserve so many percent are gone. */
enum colour depth_colour(int64_t pct);

/* "7 ms", "3.2 s", "2 min", "5 h", "9 d", without the blank; "-" if unknown. */
const char *age_text(char buf[32], int64_t ms);

#endif
