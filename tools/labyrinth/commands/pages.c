// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../show/list.h"

static const char * const columns[] = {
	"pfn", "owner", "state", "age_ms", "context", "cpu", "node", "zone", "from_reserve",
	"caller", NULL
};

/* Prefer the owner's own table, which is shorter. Only the common table lists orphans. */
static void run(const struct source *source, const struct options *options, char **args)
{
	bool orphans = options->state && !strcmp(options->state, "orphan");
	struct table table;

	(void)args;
	if (!options->owner || orphans ||
	    !source_owner_table(source, options->owner, "pages", &table))
		source_need_table(source, "pages", &table);
	list_need_owner(source, &table, options);
	list_table(&table, options, columns, "No pages found.");
}

const struct command pages_command = {
	.name = "pages",
	.summary = "each tagged page: its owner, state and age, and the function that took it",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_OWNER | TAKES_STATE | TAKES_OLDER,
	.run = run,
	.example = "pages --state=owned --older-than=1h --sort=age",
};
