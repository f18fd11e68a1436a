/* SPDX-License-Identifier: GPL-2.0 */
/* "Did you mean": the known word that a mistyped one resembles most. */
#ifndef NEAREST_H
#define NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word;	/* the mistyped one */
	const char *best;	/* NULL: no word resembles it */
	size_t distance;
};

void nearest_try(struct nearest *nearest, const char *known);

#endif
