/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "command.h"

/* Read them all; --help and --version end the program. Returns the command, sets its @args. */
const struct command *options_read(struct options *options, int argc, char **argv, char ***args);

#endif
