// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "message.h"
#include "nearest.h"
#include "option_table.h"
#include "options.h"

/* What getopt_long() returns for a long option: LONG and its index. A letter is below. */
#define LONG	256

struct given {
	int which;
	const char *value;
};

/* ---- values */

static int64_t read_count(const char *text, const char *option)
{
	int64_t value;

	if (!number_parse(text, &value) || value < 0)
		die(USAGE, "--%s needs a number, not \"%s\".", option, text);
	return value;
}

/* Returns milliseconds. */
static int64_t read_time(const char *text, const char *option)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "", 1000 }, { "m", 60000 }, { "min", 60000 },
		{ "h", 3600000 }, { "d", 86400000 },
	};
	size_t digits = strspn(text, "0123456789"), i;

	if (digits && digits < 10)
		for (i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (!strcmp(text + digits, units[i].unit))
				return strtoll(text, NULL, 10) * units[i].ms;
	die(USAGE, "--%s needs a time such as 500ms, 10s, 5m, 2h or 1d, not \"%s\".", option, text);
}

static void take(struct options *options, const struct command *command,
		 const struct option_entry *option, const char *value)
{
	void *where = (char *)options + option->store.where;

	switch (option->store.kind) {
	case TEXT_OPTION:
		*(const char **)where = value;
		break;
	case FLAG_OPTION:
		*(bool *)where = true;
		break;
	case COUNT_OPTION:
		*(int64_t *)where = read_count(value, option->name);
		break;
	case TIME_OPTION:
		*(int64_t *)where = read_time(value, option->name);
		break;
	case HELP_OPTION:
		if (command)
			help_command_print(command);
		else
			help_overview();
		exit(DONE);
	case VERSION_OPTION:
		puts("labyrinth " VERSION);
		warn_of_another_version();
		exit(DONE);
	}
}

/* ---- mistakes */

static bool is_first_of_name(size_t i)
{
	size_t other;

	for (other = 0; other < i; other++)
		if (!strcmp(option_table[other].name, option_table[i].name))
			return false;
	return true;
}

/* @word is an abbreviation of several options, or of none. */
__attribute__((noreturn))
static void die_of_word(const char *word)
{
	const char *name = word + strspn(word, "-");
	size_t size = strcspn(name, "="), i, nr = 0;
	char found[256] = "", only[64];
	struct nearest nearest = { .word = only };

	snprintf(only, sizeof(only), "%.*s", (int)size, name);
	for (i = 0; i < nr_options; i++) {
		if (!is_first_of_name(i))
			continue;
		nearest_try(&nearest, option_table[i].name);
		if (strncmp(name, option_table[i].name, size))
			continue;
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s--%s",
			 nr++ ? ", " : "", option_table[i].name);
	}
	if (nr > 1)
		die(USAGE, "The option \"%s\" is ambiguous: %s.", word, found);
	if (nearest.best)
		die(USAGE, "There is no option \"%s\": did you mean \"--%s\"?", word, nearest.best);
	die(USAGE, "There is no option \"%s\": see \"labyrinth help COMMAND\".", word);
}

/* @option and optopt are as getopt_long() left them. */
__attribute__((noreturn))
static void die_of_option(int option, char **argv)
{
	if (!optopt)
		die_of_word(argv[optind - 1]);
	if (option == ':' && optopt >= LONG)
		die(USAGE, "--%s needs a value: --%s=%s.", option_table[optopt - LONG].name,
		    option_table[optopt - LONG].name, option_table[optopt - LONG].value);
	if (option == ':')
		die(USAGE, "-%c needs a value.", optopt);
	if (optopt >= LONG)
		die(USAGE, "--%s takes no value: \"%s\".", option_table[optopt - LONG].name,
		    argv[optind - 1]);
	die(USAGE, "There is no option \"-%c\": see \"labyrinth help COMMAND\".", optopt);
}

__attribute__((noreturn))
static void die_of_foreign(const struct command *command, int which)
{
	if (which < LONG)
		die(USAGE, "\"%s\" has no option -%c: see \"labyrinth help %s\".", command->name,
		    which, command->name);
	die(USAGE, "\"%s\" has no option --%s: see \"labyrinth help %s\".", command->name,
	    option_table[which - LONG].name, command->name);
}

/* ---- the command line */

/* Letters of options, as getopt_long() wants them. */
static void fill_letters(char letters[3 * LONG])
{
	size_t i;

	*letters++ = ':';
	for (i = 0; i < nr_options; i++) {
		if (!option_table[i].letter)
			continue;
		*letters++ = option_table[i].letter;
		if (option_table[i].value)
			*letters++ = ':';
	}
	*letters = 0;
}

/* No less than there are options. */
static size_t letters_of(int argc, char **argv)
{
	size_t nr = 0;

	while (argc--)
		nr += strlen(argv[argc]);
	return nr;
}

/* Returns the number of options in @given; the other words come last in @argv then. */
static size_t read_line(int argc, char **argv, struct given *given)
{
	static struct option *table;	/* die() does not free it */
	char letters[3 * LONG];
	size_t i, nr = 0, names = 0;
	int option;

	table = allocate(NULL, nr_options + 1, sizeof(*table));
	for (i = 0; i < nr_options; i++)
		if (is_first_of_name(i))
			table[names++] = (struct option){
				option_table[i].name,
				option_table[i].value ? required_argument : no_argument, NULL,
				LONG + i };
	table[names] = (struct option){};
	fill_letters(letters);
	while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (option == ':' || option == '?')
			die_of_option(option, argv);
		given[nr++] = (struct given){ option, optarg };
	}
	free(table);
	return nr;
}

static const struct option_entry *find(const struct command *command, int which)
{
	size_t i;

	for (i = 0; i < nr_options; i++) {
		const struct option_entry *option = &option_table[i];

		if ((which < LONG ? option->letter == which :
		     !strcmp(option->name, option_table[which - LONG].name)) &&
		    command_takes(command, option))
			return option;
	}
	return NULL;
}

const struct command *options_read(struct options *options, int argc, char **argv, char ***args)
{
	static struct given *given;	/* die() does not free it */
	const struct command *named, *command;
	size_t nr_given, i;
	int nr;

	*options = (struct options){ .older_than = UNKNOWN, .limit = UNKNOWN, .interval = UNKNOWN,
				     .count = UNKNOWN, .time = UNKNOWN };
	given = allocate(NULL, letters_of(argc, argv), sizeof(*given));
	nr_given = read_line(argc, argv, given);
	named = optind < argc ? command_find(argv[optind]) : NULL;
	command = named ?: &status_command;
	nr = named ? argc - optind - 1 : 0;
	if (!named)
		die_hint = "\"labyrinth help\" lists the commands.";
	for (i = 0; i < nr_given; i++) {
		const struct option_entry *option = find(command, given[i].which);

		if (!option)
			die_of_foreign(command, given[i].which);
		take(options, named, option, given[i].value);
	}
	free(given);
	*args = argv + optind + !!named;
	if (nr < command->least)
		die(USAGE, "\"%s\" needs an argument: labyrinth %s %s", command->name, command->name,
		    command->args);
	if (nr > command->most)
		die(USAGE, "\"%s\" takes %s: labyrinth %s %s", command->name,
		    command->most ? "fewer arguments" : "no argument", command->name,
		    command->args ?: "[OPTION]...");
	return command;
}
