// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "../message.h"
#include "../read/watch_table.h"
#include "../show/list.h"

static const char * const columns[] = {
	"function", "module", "order", "gfp", "context", "times", "pages", "held", "unseen",
	"below_min", "refused", "depth_pct", "age_ms", NULL
};

/* No caller is known: an empty list would say that no page was taken. */
__attribute__((noreturn))
static void die_of_mode(const char *mode)
{
	if (!strcmp(mode, "unsupported"))
		die(FAILED, "Nothing can be watched: the kernel is built without tracepoints.");
	if (!strcmp(mode, "-"))
		die(FAILED, "It is unknown whether dippers are watched: the file \"watch\" cannot be read.");
	die(FAILED, "Dippers are not watched: \"labyrinth watch reserve\" starts to count them.");
}

static void run(const struct source *source, const struct options *options, char **args)
{
	char mode[MODE_MOST];
	struct table table;

	(void)args;
	if (!watch_table(source, "dippers", &table))
		die_of_missing(source, "dippers");
	watch_mode(source, mode);
	if (!watch_is_reserve(mode) && !table.nr_rows)
		die_of_mode(mode);
	if (!watch_is_reserve(mode) && strcmp(mode, "-"))
		warn("Dippers are no longer watched: the figures are those up to the end of the watch.");
	list_table(&table, options, columns, "No callers found.");
}

const struct command dippers_command = {
	.name = "dippers",
	.summary = "functions that took pages from below min without an owner",
	.takes = TAKES_JSON | TAKES_LIST | TAKES_MODULE,
	.run = run,
	.example = "dippers --sort=pages --limit=10",
};
