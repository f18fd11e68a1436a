// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "verdict.h"

/* One that was too long for the module has no empty line behind it. */
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

bool verdicts_read(const struct source *source, struct verdicts *verdicts)
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

void verdicts_free(struct verdicts *verdicts)
{
	free(verdicts->one);
	free(verdicts->text.data);
}

const char *line_after(const char *line)
{
	return line + strlen(line) + 1;
}

static const char *scan_one(const char *at, char how, char end, int64_t *number, char word[64])
{
	char text[64];
	size_t size = how == '#' ? strspn(at, "-0123456789") :
		      strcspn(at, (char[]){ end, 0 });

	if (!size || size >= sizeof(text))
		return NULL;
	memcpy(text, at, size);
	text[size] = 0;
	if (how == '*')
		memcpy(word, text, size + 1);
	else if (!number_parse(text, number) || *number == UNKNOWN)
		return NULL;
	return at + size;
}

bool line_scan(const char *line, const char *pattern, int64_t *number, char word[64])
{
	for (; *pattern; pattern++) {
		if (*pattern != '#' && *pattern != '*') {
			if (*line++ != *pattern)
				return false;
			continue;
		}
		line = scan_one(line, *pattern, pattern[1], number, word);
		if (!line)
			return false;
		if (*pattern == '#')
			number++;
	}
	return true;
}
