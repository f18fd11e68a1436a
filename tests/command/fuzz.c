// SPDX-License-Identifier: GPL-2.0
/*
 * Replace one file of a saved folder by the input and run each command that reads it; the
 * first byte selects the file. Linked with --wrap=die, because die() ends the program.
 *
 * FUZZ_FOLDER is a writable folder with all of these files, preferably short ones.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/labyrinth/command.h"
#include "../../tools/labyrinth/message.h"

static const struct {
	const char *name;
	const struct command *readers[6];	/* up to NULL */
} files[] = {
	{ "owners", { &owners_command, &status_command, &zones_command, &advise_command,
		    &metrics_command } },
	{ "pages", { &pages_command, &whois_command } },
	{ "zones", { &zones_command, &status_command, &metrics_command } },
	{ "refusals", { &refusals_command, &status_command } },
	{ "violations", { &violations_command, &status_command, &whois_command } },
	{ "verdicts", { &verdicts_command } },
	{ "advice", { &advise_command } },
	{ "audit", { &status_command, &metrics_command } },
	{ "saved", { &status_command, &advise_command } },
	{ "owner/nic-rx/stats", { &metrics_command, &advise_command } },
	{ "watch", { &watch_command, &dippers_command, &status_command, &metrics_command } },
	{ "dippers", { &dippers_command, &metrics_command } },
	{ "watch_module", { &watch_command, &status_command } },
	{ "takers", { &watch_command } },
	{ "recording", { &report_command } },
};

#define NR(array)	(sizeof(array) / sizeof(*(array)))

static jmp_buf ended;
static struct source source;
static char recording[256];

void __wrap_die(enum status status, const char *format, ...)
{
	(void)status;
	(void)format;
	longjmp(ended, 1);
}

static void run(const struct command *command, bool json)
{
	const struct options options = {
		.json = json, .sort = json ? command == &owners_command ? "name" : "age" : NULL, .reverse = json,
		.older_than = UNKNOWN, .limit = UNKNOWN, .time = UNKNOWN,
		.module = command == &watch_command ? "e1000" : NULL,
	};
	char number[] = "7054", *args[] = { command == &report_command ? recording :
					    command == &watch_command ? NULL : number, NULL };

	if (!setjmp(ended))
		command->run(&source, &options, args);
}

static int write_file(const char *name, const void *data, size_t size)
{
	int fd = openat(source.dir, name, O_WRONLY | O_TRUNC | O_CREAT, 0600);
	bool written = fd >= 0 && write(fd, data, size) == (ssize_t)size;

	close(fd);
	return written ? 0 : -1;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *folder = getenv("FUZZ_FOLDER");

	(void)argc;
	(void)argv;
	if (!folder || !freopen("/dev/null", "w", stdout))
		abort();
	snprintf(recording, sizeof(recording), "%s/recording", folder);
	source_open(&source, folder);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text saved[NR(files)];
	const struct command * const *reader;
	size_t file;

	if (!size)
		return 0;
	file = *data % NR(files);
	if (!saved[file].data && !source_read(&source, files[file].name, &saved[file]))
		abort();
	if (write_file(files[file].name, data + 1, size - 1))
		abort();
	for (reader = files[file].readers; *reader; reader++) {
		run(*reader, false);
		run(*reader, true);
	}
	if (write_file(files[file].name, saved[file].data, saved[file].size))
		abort();
	return 0;
}
