// SPDX-License-Identifier: GPL-2.0
/*
 * The file "verdicts" is text. Each verdict is a heading "N ms ago", some lines that describe
 * the event, and an empty line. Only the heading is parsed; the lines are shown unchanged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cell.h"
#include "../command.h"
#include "../message.h"
#include "../show/json.h"
#include "../show/print.h"

struct verdict {
	int64_t age;		/* ms */
	size_t nr_lines;
	const char *lines;	/* consecutive NUL-terminated strings */
};

struct verdicts {
	struct text text;
	size_t nr;
	struct verdict *one;
};

/* No empty line follows a verdict that the module truncated. */
static bool at_heading(const struct text *text, int64_t *age)
{
	static const char words[] = " ms ago\n";
	const char *line = text->data + text->at;
	size_t digits = strspn(line, "0123456789");
	char number[24] = "";

	if (!digits || digits >= sizeof(number) ||
	    strncmp(line + digits, words, sizeof(words) - 1))
		return false;
	memcpy(number, line, digits);
	return number_parse(number, age);
}

static char *next_line(const struct source *source, struct text *text)
{
	struct trouble trouble;
	char *line = text_line(text, &trouble);

	if (trouble.line)
		die(BAD_DATA, "%s/verdicts:%lu: %s", source->name, trouble.line, trouble.what);
	return line;
}

static bool next(const struct source *source, struct text *text, struct verdict *verdict)
{
	const char *line;
	int64_t age;

	*verdict = (struct verdict){ .age = UNKNOWN };
	if (text->at == text->size)
		return false;
	if (!at_heading(text, &verdict->age)) {
		next_line(source, text);
		die(BAD_DATA, "%s/verdicts:%lu: A verdict begins with \"N ms ago\".", source->name,
		    text->line - 1);
	}
	next_line(source, text);
	while (!at_heading(text, &age) && (line = next_line(source, text)) && *line)
		if (!verdict->nr_lines++)
			verdict->lines = line;
	return true;
}

static bool verdicts_read(const struct source *source, struct verdicts *verdicts)
{
	struct verdict verdict;
	size_t room = 0;

	*verdicts = (struct verdicts){};
	if (!source_read(source, "verdicts", &verdicts->text))
		return false;
	while (next(source, &verdicts->text, &verdict)) {
		if (verdicts->nr == room) {
			room = room ? 2 * room : 32;
			verdicts->one = allocate(verdicts->one, room, sizeof(verdict));
		}
		verdicts->one[verdicts->nr++] = verdict;
	}
	return true;
}

static void verdicts_free(struct verdicts *verdicts)
{
	free(verdicts->one);
	free(verdicts->text.data);
}

static const char *line_after(const char *line)
{
	return line + strlen(line) + 1;
}

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
	.example = "verdicts",
};
