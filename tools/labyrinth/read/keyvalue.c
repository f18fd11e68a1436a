// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cell.h"
#include "../message.h"
#include "keyvalue.h"

/* Ten times what the module writes. Bounds the quadratic searches in the lines. */
#define LINES_MOST	4096U

/* Modifies @text. */
static void parse(const struct keyvalues *lines, struct keyvalue *line, char *text)
{
	char *word, *rest = text, *is, shown[80];
	int64_t number;

	while ((word = strsep(&rest, " "))) {
		is = strchr(word, '=');
		if (!is || is == word || line->nr == KEYS_MOST) {
			cell_text(shown, sizeof(shown), word);
			die(BAD_DATA, line->nr == KEYS_MOST ? "%s:%lu: \"%s\" is one key too many." :
			    "%s:%lu: \"%s\" is no key=value.", lines->file, line->line, shown);
		}
		*is = 0;
		line->key[line->nr] = word;
		line->value[line->nr++] = is + 1;
		if (table_is_number(word) && !number_parse(is + 1, &number)) {
			cell_text(shown, sizeof(shown), is + 1);
			die(BAD_DATA, "%s:%lu: \"%s\" is no number for \"%s\".", lines->file,
			    line->line, shown, word);
		}
	}
}

bool keyvalues_read(const struct source *source, const char *path, struct keyvalues *lines)
{
	struct trouble trouble;
	size_t room = 0;
	char *text;

	*lines = (struct keyvalues){};
	if (!source_read(source, path, &lines->text))
		return false;
	if (asprintf(&lines->file, "%s/%s", source->name, path) < 0)
		die(FAILED, "There is not enough memory.");
	while ((text = text_line(&lines->text, &trouble))) {
		if (lines->nr == LINES_MOST)
			die(BAD_DATA, "%s: There are more than %u lines.", lines->file, LINES_MOST);
		if (lines->nr == room) {
			room = room ? 2 * room : 64;
			lines->line = allocate(lines->line, room, sizeof(*lines->line));
		}
		lines->line[lines->nr] = (struct keyvalue){ .line = lines->text.line - 1 };
		parse(lines, &lines->line[lines->nr++], text);
	}
	if (trouble.line)
		die(BAD_DATA, "%s:%lu: %s", lines->file, trouble.line, trouble.what);
	return true;
}

void keyvalues_need(const struct source *source, const char *path, struct keyvalues *lines)
{
	if (!keyvalues_read(source, path, lines))
		die_of_missing(source, path);
}

void keyvalues_free(struct keyvalues *lines)
{
	free(lines->line);
	free(lines->file);
	free(lines->text.data);
}

const char *keyvalue_text(const struct keyvalue *line, const char *key)
{
	unsigned int i;

	for (i = 0; i < line->nr; i++)
		if (!strcmp(line->key[i], key))
			return strcmp(line->value[i], "-") ? line->value[i] : NULL;
	return NULL;
}

int64_t keyvalue_number(const struct keyvalue *line, const char *key)
{
	const char *text = keyvalue_text(line, key);
	int64_t value;

	return text && number_parse(text, &value) ? value : UNKNOWN;
}

bool keyvalue_same(const struct keyvalue *one, const struct keyvalue *other, const char *key)
{
	const char *a = keyvalue_text(one, key), *b = keyvalue_text(other, key);

	return a && b ? !strcmp(a, b) : a == b;
}
