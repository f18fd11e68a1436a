// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "list.h"

static const char * const columns[] = {
	"pfn", "owner", "state", "age_ms", "context", "cpu", "node", "zone", "from_reserve",
	"caller", NULL
};

static void run(const struct source *source, const struct options *options, char **args)
{
	(void)args;
	list_run(source, options, "pages", columns, "There is no such page.");
}

const struct command pages_command = {
	.name = "pages",
	.summary = "each page that has a tag: whose, since when, taken by whom",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_STATE | TAKES_OLDER,
	.run = run,
};
