/* SPDX-License-Identifier: GPL-2.0 */
/* All options: how they are read, and what the help says. */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stddef.h>

#include "command.h"

enum option_kind {
	TEXT_OPTION, FLAG_OPTION, COUNT_OPTION, TIME_OPTION, HELP_OPTION, VERSION_OPTION
};

/* An option has several entries if commands use it in different ways. */
struct option_entry {
	const char *name;
	char letter;			/* 0: none */
	unsigned int takes;		/* 0: any command */
	struct {
		enum option_kind kind;
		size_t where;		/* offset in struct options */
	} store;
	const char *value, *meaning;	/* @value is NULL if it takes none */
};

extern const struct option_entry option_table[];
extern const size_t nr_options;

bool command_takes(const struct command *command, const struct option_entry *option);

#endif
