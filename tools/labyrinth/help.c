// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "message.h"
#include "nearest.h"
#include "option_table.h"

static const struct command * const commands[] = {
	&status_command, &owners_command, &pages_command, &zones_command, &whois_command,
	&refusals_command, &violations_command, &verdicts_command, &advise_command,
	&dippers_command, &watch_command, &set_command, &metrics_command, &save_command,
	&top_command, &record_command, &report_command, &help_command,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

const struct command *command_find(const char *name)
{
	struct nearest nearest = { .word = name };
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(name, commands[i]->name))
			return commands[i];
		nearest_try(&nearest, commands[i]->name);
	}
	if (nearest.best)
		die(USAGE, "There is no command \"%s\": did you mean \"%s\"?", name, nearest.best);
	die(USAGE, "There is no command \"%s\": see \"labyrinth help\".", name);
}

static void print_pair(const char *left, const char *right)
{
	printf("  %-24s %s\n", left, right);
}

static void print_option(const struct option_entry *option)
{
	char letter[8] = "    ", left[64];

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->value ? "=" : "",
		 option->value ?: "");
	print_pair(left, option->meaning);
}

void help_overview(void)
{
	char left[64];
	size_t i;

	puts("usage: labyrinth [COMMAND] [OPTION]...\n\nCommands:");
	for (i = 0; i < NR_COMMANDS; i++) {
		snprintf(left, sizeof(left), "%s%s%s", commands[i]->name, commands[i]->args ? " " : "",
			 commands[i]->args ?: "");
		print_pair(left, commands[i]->summary);
	}
	puts("\nWithout a command: status. \"labyrinth help COMMAND\" shows the options of a command;\n"
	     "labyrinth(8) describes all.");
}

void help_command_print(const struct command *command)
{
	size_t i;

	printf("usage: labyrinth %s%s%s [OPTION]...\n\n%s: %s\n\nOptions:\n", command->name,
	       command->args ? " " : "", command->args ?: "", command->name, command->summary);
	for (i = 0; i < nr_options; i++)
		if (command_takes(command, &option_table[i]))
			print_option(&option_table[i]);
	printf("\nExample:\n  labyrinth %s\n", command->example);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	(void)source;
	(void)options;
	if (args[0])
		help_command_print(command_find(args[0]));
	else
		help_overview();
}

const struct command help_command = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "the options of a command, with an example",
	.takes = NEEDS_NO_SOURCE,
	.most = 1,
	.run = run,
	.example = "help refusals",
};
