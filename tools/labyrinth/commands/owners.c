// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "../show/list.h"

static const char * const columns[] = {
	"name", "module", "owned", "budget", "stocked", "stock", "peak", "from_reserve",
	"quarantined", "refused", "violations", NULL
};

static void run(const struct source *source, const struct options *options, char **args)
{
	(void)args;
	list_run(source, options, "owners", columns, "No owners found.");
}

const struct command owners_command = {
	.name = "owners",
	.summary = "each owner: pages, budget, stock, refusals, violations",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_OWNER,
	.run = run,
	.example = "owners --sort=refused",
};
