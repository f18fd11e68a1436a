// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "options.h"

static const struct command * const commands[] = {
	&status_command, &owners_command, &pages_command, &zones_command, &whois_command,
	&refusals_command, &violations_command, &verdicts_command, &advise_command,
	&dippers_command, &watch_command, &set_command, &metrics_command, &save_command,
	&top_command, &record_command, &report_command,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static const struct option_words {
	struct option option;
	unsigned int takes;	/* 0: any command */
	const char *value, *meaning;
	size_t where;		/* offset of a string in struct options */
} words[] = {
	{ { "from", required_argument, 0, 'w' }, 0, "DIR",
	  "read a saved folder, in place of " LIVE_FOLDER, offsetof(struct options, from) },
	{ { "json", no_argument, 0, 'j' }, TAKES_JSON, "", "JSON in place of columns", 0 },
	{ { "owner", required_argument, 0, 'w' }, TAKES_OWNER, "NAME", "of this owner only",
	  offsetof(struct options, owner) },
	{ { "module", required_argument, 0, 'w' }, TAKES_MODULE, "NAME",
	  "watch this module; of dippers, its functions only", offsetof(struct options, module) },
	{ { "state", required_argument, 0, 'w' }, TAKES_STATE, "STATE",
	  "pages that are owned, ready, quarantined or orphan", offsetof(struct options, state) },
	{ { "older-than", required_argument, 0, 't' }, TAKES_OLDER, "TIME",
	  "pages taken before that: 500ms, 10s, 5m, 2h, 1d", 0 },
	{ { "reason", required_argument, 0, 'w' }, TAKES_REASON, "REASON",
	  "refusals for this reason", offsetof(struct options, reason) },
	{ { "kind", required_argument, 0, 'w' }, TAKES_KIND, "KIND",
	  "violations of this kind", offsetof(struct options, kind) },
	{ { "sort", required_argument, 0, 'w' }, TAKES_LIST, "COLUMN",
	  "numbers greatest first, words by the alphabet", offsetof(struct options, sort) },
	{ { "reverse", no_argument, 0, 'r' }, TAKES_LIST, "", "the other way round", 0 },
	{ { "limit", required_argument, 0, 'l' }, TAKES_LIST, "N", "so many lines at most", 0 },
	{ { "interval", required_argument, 0, 'i' }, TAKES_SAMPLES, "TIME",
	  "between two samples: 1s, if it is not said", 0 },
	{ { "count", required_argument, 0, 'n' }, TAKES_SAMPLES, "N", "so many samples", 0 },
	{ { "time", required_argument, 0, 'd' }, TAKES_TIME, "TIME", "for so long", 0 },
	{ { "output", required_argument, 0, 'w' }, TAKES_OUTPUT, "FILE",
	  "write FILE, which is never seen half written", offsetof(struct options, output) },
	{ { "keep", no_argument, 0, 'k' }, TAKES_KEEP, "",
	  "at each boot, by /etc/modprobe.d/labyrinth.conf; advise prints the lines", 0 },
	{ { "help", no_argument, 0, 'h' }, 0, "", "this text", 0 },
	{ { "version", no_argument, 0, 'v' }, 0, "", "the version", 0 },
};

#define NR_WORDS (sizeof(words) / sizeof(*words))

__attribute__((noreturn))
static void help(void)
{
	char left[64];
	size_t i;

	puts("usage: labyrinth COMMAND [OPTION]...\n\nCommands:");
	for (i = 0; i < NR_COMMANDS; i++) {
		snprintf(left, sizeof(left), "%s %s", commands[i]->name, commands[i]->args ?: "");
		printf("  %-24s %s\n", left, commands[i]->summary);
	}
	puts("\nOptions:");
	for (i = 0; i < NR_WORDS; i++) {
		snprintf(left, sizeof(left), "--%s%s%s", words[i].option.name,
			 *words[i].value ? "=" : "", words[i].value);
		printf("  %-24s %s\n", left, words[i].meaning);
	}
	puts("\nExit status: 0 done, 1 failed, 2 wrong use, 3 module not loaded,\n"
	     "4 debugfs not mounted, 5 not root, 6 a table that is none. See labyrinth(8).");
	exit(DONE);
}

static int64_t read_count(const char *text, const char *option)
{
	int64_t value;

	if (!number_parse(text, &value) || value < 0)
		die(USAGE, "--%s wants a number: \"%s\".", option, text);
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
	die(USAGE, "--%s wants a time such as 500ms, 10s, 5m, 2h or 1d: \"%s\".", option, text);
}

static void take(struct options *options, int how, const struct option_words *word)
{
	switch (how) {
	case 'w':
		*(const char **)((char *)options + word->where) = optarg;
		break;
	case 'j':
		options->json = true;
		break;
	case 'k':
		options->keep = true;
		break;
	case 'r':
		options->reverse = true;
		break;
	case 't':
		options->older_than = read_time(optarg, "older-than");
		break;
	case 'i':
		options->interval = read_time(optarg, "interval");
		break;
	case 'n':
		options->count = read_count(optarg, "count");
		break;
	case 'd':
		options->time = read_time(optarg, "time");
		break;
	case 'l':
		options->limit = read_count(optarg, "limit");
		break;
	case 'h':
		help();
	case 'v':
		puts("labyrinth " VERSION);
		warn_of_another_version();
		exit(DONE);
	}
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	die(USAGE, "There is no command \"%s\": see labyrinth --help.", name);
}

const struct command *options_read(struct options *options, int argc, char **argv, char ***args)
{
	const struct command *command;
	struct option table[NR_WORDS + 1] = {};
	bool given[NR_WORDS] = {};
	int option, at = 0, nr;
	size_t i;

	*options = (struct options){ .older_than = UNKNOWN, .limit = UNKNOWN, .interval = UNKNOWN,
				     .count = UNKNOWN, .time = UNKNOWN };
	for (i = 0; i < NR_WORDS; i++)
		table[i] = words[i].option;
	while ((option = getopt_long_only(argc, argv, ":", table, &at)) != -1) {
		if (option == ':' || option == '?')
			die(USAGE, option == ':' ? "%s wants a value: see labyrinth --help." :
			    "\"%s\" is no option, or not clear, or takes no value: see labyrinth --help.",
			    argv[optind - 1]);
		take(options, option, &words[at]);
		given[at] = true;
	}
	if (optind == argc)
		die(USAGE, "Which command? See labyrinth --help.");
	command = find(argv[optind]);
	for (i = 0; i < NR_WORDS; i++)
		if (given[i] && words[i].takes && !(words[i].takes & command->takes))
			die(USAGE, "\"%s\" has no option --%s.", command->name,
			    words[i].option.name);
	*args = argv + optind + 1;
	nr = argc - optind - 1;
	if (nr < command->least || nr > command->most)
		die(USAGE, "usage: labyrinth %s %s", command->name, command->args ?: "[OPTION]...");
	if (options->from && command->takes & NEEDS_NO_SOURCE)
		die(USAGE, "\"%s\" has no option --from.", command->name);
	return command;
}
