// SPDX-License-Identifier: GPL-2.0
/* "N ms ago", what happened in some lines, and an empty line: over and over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "command.h"
#include "json.h"
#include "message.h"
#include "print.h"

/* Is that the first line of a verdict? */
static bool is_heading(const char *line, int64_t *age)
{
	char number[24] = "";
	size_t digits = strspn(line, "0123456789");

	if (!digits || digits >= sizeof(number) || strcmp(line + digits, " ms ago"))
		return false;
	memcpy(number, line, digits);
	return number_parse(number, age);
}

static void print_line(const char *line, bool first, int64_t age)
{
	char buf[32];

	if (age != UNKNOWN) {
		printf("%s%s%s ago%s\n", first ? "" : "\n", colour(STRONG), age_text(buf, age),
		       colour(PLAIN));
		return;
	}
	cell_put(stdout, line);
	putchar('\n');
}

static json_t *new_verdict(int64_t age)
{
	json_t *verdict = json_object();

	json_add(verdict, "age_ms", json_count(age));
	json_add(verdict, "lines", json_array());
	return verdict;
}

static void run(const struct source *source, const struct options *options, char **args)
{
	json_t *verdict = NULL;
	struct text text;
	char *line, *rest;
	bool first = true;

	(void)args;
	if (!source_read(source, "verdicts", &text))
		die_of_missing(source, "verdicts");
	if (memchr(text.data, 0, text.size))
		die(BAD_DATA, "%s/verdicts: A byte is 0: this is no text.", source->name);
	if (options->json)
		json_open();
	for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		int64_t age = UNKNOWN;

		is_heading(line, &age);
		text.line++;
		if (!options->json) {
			print_line(line, first, age);
		} else if (age != UNKNOWN || !verdict) {
			if (verdict)
				json_next(verdict);
			verdict = new_verdict(age);
		}
		if (options->json && age == UNKNOWN)
			json_array_append_new(json_object_get(verdict, "lines"), json_text(line));
		first = false;
	}
	if (verdict)
		json_next(verdict);
	if (options->json)
		json_close();
	else if (first)
		puts("Nothing has happened yet.");
	free(text.data);
}

const struct command verdicts_command = {
	.name = "verdicts",
	.summary = "the last refusals and violations in words, and what would help",
	.takes = TAKES_JSON,
	.run = run,
};
