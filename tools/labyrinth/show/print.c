// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../read/table.h"
#include "print.h"

static bool coloured(void)
{
	static int known = -1;

	if (known < 0) {
		const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

		known = isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
	}
	return known;
}

const char *colour(enum colour colour)
{
	static const char * const codes[] = {
		[PLAIN] = "\033[0m", [STRONG] = "\033[1m", [GOOD] = "\033[32m",
		[WARNING] = "\033[33m", [BAD] = "\033[31m",
	};

	return coloured() ? codes[colour] : "";
}

static const struct {
	const char *column, *cell;	/* @cell NULL: any value but 0 */
	enum colour colour;
} deserved[] = {
	{ "violations", NULL, BAD },
	{ "refused", NULL, WARNING },
	{ "quarantined", NULL, WARNING },
	{ "from_reserve", NULL, WARNING },
	{ "state", "quarantined", WARNING },
	{ "state", "orphan", BAD },
	{ "reason", NULL, WARNING },
	{ "kind", NULL, BAD },
};

enum colour cell_colour(const char *column, const char *cell)
{
	size_t i;

	if (!strcmp(cell, "0") || !strcmp(cell, "-") || !strcmp(cell, "?"))
		return PLAIN;
	for (i = 0; i < sizeof(deserved) / sizeof(*deserved); i++)
		if (!strcmp(column, deserved[i].column) &&
		    (!deserved[i].cell || !strcmp(cell, deserved[i].cell)))
			return deserved[i].colour;
	return PLAIN;
}

enum colour depth_colour(int64_t pct)
{
	return pct >= 100 ? BAD : pct > 0 ? WARNING : GOOD;
}

const char *age_text(char buf[32], int64_t ms)
{
	if (ms == UNKNOWN)
		return "-";
	if (ms < 1000)
		snprintf(buf, 32, "%" PRId64 "ms", ms);
	else if (ms < 60000)
		snprintf(buf, 32, "%" PRId64 ".%" PRId64 "s", ms / 1000, ms % 1000 / 100);
	else if (ms < 3600000)
		snprintf(buf, 32, "%" PRId64 "m%02" PRId64 "s", ms / 60000, ms / 1000 % 60);
	else if (ms < 86400000)
		snprintf(buf, 32, "%" PRId64 "h%02" PRId64 "m", ms / 3600000, ms / 60000 % 60);
	else
		snprintf(buf, 32, "%" PRId64 "d%02" PRId64 "h", ms / 86400000, ms / 3600000 % 24);
	return buf;
}
