// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "../show/list.h"

static const char * const columns[] = {
	"seq", "age_ms", "kind", "owner", "offender", "pfn", "refcount",
	"alloc_caller", "caught", "caller", NULL
};

static void run(const struct source *source, const struct options *options, char **args)
{
	(void)args;
	list_run(source, options, "violations", columns, "No violations found.");
}

const struct command violations_command = {
	.name = "violations",
	.summary = "broken rules of ownership; the newest first",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_OWNER | TAKES_KIND,
	.run = run,
	.example = "violations --kind=double_free",
};
