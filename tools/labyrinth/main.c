// SPDX-License-Identifier: GPL-2.0
/* labyrinth - see who owns what, on this machine or in a saved folder */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "options.h"

/* Where one of the first three is closed, a file of ours would be taken for it. */
static void fill_standard_files(void)
{
	int fd;

	/* To read: what is written to it is still an error. */
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
		die(FAILED, "What was to be shown cannot be written: %s.", strerror(errno));
	return DONE;
}
