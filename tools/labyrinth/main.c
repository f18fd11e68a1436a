// SPDX-License-Identifier: GPL-2.0
/* labyrinth - show owners and their pages, on this machine or from a saved folder */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "options.h"

/* Open closed standard descriptors, or a file opened later would get their numbers. */
static void fill_standard_files(void)
{
	int fd;

	/* Read-only, so that a write to it still fails. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	struct source source = { .dir = -1 };
	char **args;

	fill_standard_files();
	command = options_read(&options, argc, argv, &args);
	if (!(command->takes & NEEDS_NO_SOURCE))
		source_open(&source, options.from);
	command->run(&source, &options, args);
	if (source.dir >= 0)
		close(source.dir);
	if (fflush(stdout) || ferror(stdout))
		die(FAILED, "Standard output cannot be written: %s.", strerror(errno));
	return DONE;
}
