// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "../show/list.h"

static const char * const columns[] = {
	"seq", "age_ms", "owner", "reason", "context", "cpu", "zone", "free", "min", "floor",
	"caller", NULL
};

static void run(const struct source *source, const struct options *options, char **args)
{
	(void)args;
	list_run(source, options, "refusals", columns, "There is no such refusal.");
}

const struct command refusals_command = {
	.name = "refusals",
	.summary = "the last calls that got no page, and why",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_OWNER | TAKES_REASON,
	.run = run,
};
