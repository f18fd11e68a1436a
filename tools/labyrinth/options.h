/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "command.h"

/* Parse the command line. Returns the command and sets @args; --help and --version exit. */
const struct command *options_read(struct options *options, int argc, char **argv, char ***args);

#endif
