// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "nearest.h"

#define LONGEST	32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, remove, replace or swap with their neighbour. */
static size_t distance(const char *one, const char *other)
{
	size_t row[3][LONGEST + 1], m = strlen(one), n = strlen(other), i, j;

	for (j = 0; j <= n; j++)
		row[0][j] = j;
	for (i = 1; i <= m; i++) {
		size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= n; j++) {
			now[j] = least(least(now[j - 1], last[j]) + 1,
				       last[j - 1] + (one[i - 1] != other[j - 1]));
			if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
			    one[i - 2] == other[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[m % 3][n];
}

/* A third of the letters may be wrong; a beginning of at least two letters is enough. */
void nearest_try(struct nearest *nearest, const char *known)
{
	size_t size = strlen(nearest->word), far;

	if (!size || size > LONGEST || strlen(known) > LONGEST)
		return;
	far = distance(nearest->word, known);
	if (size > 1 && !strncmp(nearest->word, known, size))
		far = 1;
	if (far > (size + 1) / 3 || (nearest->best && far >= nearest->distance))
		return;
	nearest->best = known;
	nearest->distance = far;
}
