/* SPDX-License-Identifier: GPL-2.0 */
/* The list of commands, and the help for all or for one. */
#ifndef HELP_H
#define HELP_H

#include "command.h"

/* Ends the program if there is no such command. */
const struct command *command_find(const char *name);

void help_overview(void);
void help_command_print(const struct command *command);

#endif
