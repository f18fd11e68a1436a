// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../message.h"
#include "table.h"
#include "settings.h"

enum { BUDGET, STOCK, RESERVE_PCT };

static const char * const names[] = {
	[BUDGET] = "budget", [STOCK] = "stock", [RESERVE_PCT] = "reserve_pct",
};

bool setting_is_name(const char *name)
{
	const char *c = name;

	while (isalnum((unsigned char)*c) || (*c && strchr("._:@-*?[]!\\", *c)))
		c++;
	return c != name && !*c;
}

static const char *known_name(const char *word, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == size && !strncmp(names[i], word, size))
			return names[i];
	die(USAGE, "\"%.*s\" cannot be set: there are budget, stock and reserve_pct.", (int)size,
	    word);
}

size_t settings_parse(char **words, struct setting settings[SETTINGS_MOST])
{
	size_t nr = 0, i;

	for (; *words; words++) {
		size_t size = strcspn(*words, "=");
		struct setting setting = { .name = known_name(*words, size) };
		const char *value = *words + size + !!(*words)[size];

		if (setting.name == names[STOCK] && !strcmp(value, "auto"))
			setting.value = SETTING_AUTO;
		else if (!*value || value[strspn(value, "0123456789")] ||
			 !number_parse(value, &setting.value))
			die(USAGE, "%s wants a number: \"%s\".", setting.name, value);
		for (i = 0; i < nr; i++)
			if (settings[i].name == setting.name)
				die(USAGE, "%s is set twice.", setting.name);
		settings[nr++] = setting;
	}
	return nr;
}

/* The settings of a rule, which begin after the last colon before the first "=". */
static const char *rule_settings(const char *rule)
{
	size_t at = strcspn(rule, "=");

	while (at && rule[at - 1] != ':')
		at--;
	return rule + at;
}

static bool is_set(const struct setting *settings, size_t nr, const char *word, size_t size)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strlen(settings[i].name) == size && !strncmp(settings[i].name, word, size))
			return true;
	return false;
}

/* The settings of a rule for the same owner that stay. */
static void put_kept(FILE *out, const char *rule, const struct setting *settings, size_t nr)
{
	const char *word = rule_settings(rule);

	while (*word) {
		size_t size = strcspn(word, ",");

		if (!is_set(settings, nr, word, strcspn(word, "=")))
			fprintf(out, "%.*s,", (int)size, word);
		word += size + !!word[size];
	}
}

static bool is_rule_for(const char *rule, const char *owner)
{
	size_t name = rule_settings(rule) - rule;

	return name == strlen(owner) + 1 && !strncmp(rule, owner, name - 1);
}

char *settings_merge(const char *text, const char *owner, const struct setting *settings,
		     size_t nr)
{
	char *rules = strdup(text), *rest = rules, *rule, *same = NULL, *merged = NULL;
	FILE *out;
	size_t size, i;

	out = open_memstream(&merged, &size);
	if (!rules || !out)
		die(FAILED, "There is not enough memory.");
	while ((rule = strsep(&rest, ";"))) {
		rule += strspn(rule, " ");
		if (!*rule)
			continue;
		if (is_rule_for(rule, owner))
			same = rule;
		else
			fprintf(out, "%s;", rule);
	}
	/* Last, because a later rule overrides an earlier one. */
	fprintf(out, "%s:", owner);
	if (same)
		put_kept(out, same, settings, nr);
	for (i = 0; i < nr; i++)
		if (settings[i].value == SETTING_AUTO)
			fprintf(out, "%s%s=auto", i ? "," : "", settings[i].name);
		else
			fprintf(out, "%s%s=%" PRId64, i ? "," : "", settings[i].name,
				settings[i].value);
	if (fclose(out))
		die(FAILED, "There is not enough memory.");
	free(rules);
	return merged;
}
