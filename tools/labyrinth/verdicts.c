// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "cell.h"
#include "command.h"
#include "json.h"
#include "print.h"
#include "verdict.h"

static void print(const struct verdict *verdict, bool first)
{
	const char *line = verdict->lines;
	char buf[32];
	size_t i;

	printf("%s%s%s ago%s\n", first ? "" : "\n", colour(STRONG), age_text(buf, verdict->age),
	       colour(PLAIN));
	for (i = 0; i < verdict->nr_lines; i++, line = line_after(line)) {
		cell_put(stdout, line);
		putchar('\n');
	}
}

static json_t *object(const struct verdict *verdict)
{
	json_t *object = json_object(), *lines = json_array();
	const char *line = verdict->lines;
	size_t i;

	for (i = 0; i < verdict->nr_lines; i++, line = line_after(line))
		json_array_append_new(lines, json_text(line));
	json_add(object, "age_ms", json_count(verdict->age));
	json_add(object, "lines", lines);
	return object;
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct verdicts verdicts;
	size_t i;

	(void)args;
	if (!verdicts_read(source, &verdicts))
		die_of_missing(source, "verdicts");
	if (options->json)
		json_open();
	for (i = 0; i < verdicts.nr; i++)
		if (options->json)
			json_next(object(&verdicts.one[i]));
		else
			print(&verdicts.one[i], !i);
	if (options->json)
		json_close();
	else if (!i)
		puts("Nothing has happened yet.");
	verdicts_free(&verdicts);
}

const struct command verdicts_command = {
	.name = "verdicts",
	.summary = "the last refusals and violations in words, and what would help",
	.takes = TAKES_JSON,
	.run = run,
};
