// SPDX-License-Identifier: GPL-2.0
/*
 * Change an owner's limits by the module's parameter "settings": a rule with its name is added, or
 * changed. So they last until the module is unloaded, and with --keep they are in modprobe's
 * configuration for the next time it is loaded.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../command.h"
#include "../message.h"
#include "../read/parameter.h"
#include "../read/settings.h"

#define KEEP_FILE	"/etc/modprobe.d/labyrinth.conf"
#define KEEP_LINE	"options labyrinth settings="

/* ---- what is kept */

/* Copy all lines but that of the settings. */
static void copy_others(FILE *from, FILE *to)
{
	char *line = NULL;
	size_t size = 0;

	while (from && getline(&line, &size, from) >= 0)
		if (strncmp(line, KEEP_LINE, strlen(KEEP_LINE))) {
			fputs(line, to);
			if (!strchr(line, '\n'))
				fputc('\n', to);
		}
	free(line);
}

/* The file is replaced, so that it is never seen half written. */
static void keep(const char *settings)
{
	static const char new_file[] = KEEP_FILE ".new";
	FILE *from = fopen(KEEP_FILE, "re"), *to;
	bool bad;

	if (!from && errno != ENOENT)
		die(FAILED, KEEP_FILE ": %s.", strerror(errno));
	to = fopen(new_file, "we");
	if (!to)
		die(errno == EACCES ? NOT_ROOT : FAILED, "%s: %s.", new_file, strerror(errno));
	copy_others(from, to);
	if (*settings)
		fprintf(to, KEEP_LINE "%s\n", settings);
	if (from)
		fclose(from);
	bad = fchmod(fileno(to), 0644) || fflush(to) || fsync(fileno(to)) || ferror(to);
	if (fclose(to) || bad || rename(new_file, KEEP_FILE))
		die(FAILED, KEEP_FILE ": %s.", strerror(errno));
}

/* ---- what came of it */

static void compare(const struct table *owners, size_t row, const struct setting *setting)
{
	int64_t value = table_number_of(owners, row, setting->name);

	if (value == setting->value || setting->value == SETTING_AUTO)
		return;
	warn("%s of %s is %lld, not %lld: the kernel's log says why. Its next creation tries again.",
	     setting->name, table_cell_of(owners, row, "name"), (long long)value,
	     (long long)setting->value);
}

/* The limits that did not change, though owners of that name live. */
static void check(const struct source *source, const char *owner, const struct setting *settings,
		  size_t nr)
{
	struct table owners;
	size_t row, i, found = 0;

	source_need_table(source, "owners", &owners);
	for (row = 0; row < owners.nr_rows; row++) {
		if (fnmatch(owner, table_cell_of(&owners, row, "name"), 0))
			continue;
		found++;
		for (i = 0; i < nr; i++)
			compare(&owners, row, &settings[i]);
	}
	if (!found)
		warn("There is no owner \"%s\" now: the next one of that name will have these settings.",
		     owner);
	table_free(&owners);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct setting settings[SETTINGS_MOST];
	char *before, *after;
	size_t nr;
	int error;

	if (!setting_is_name(args[0]))
		die(USAGE, "\"%s\" is no name of an owner, nor a pattern of names.", args[0]);
	nr = settings_parse(args + 1, settings);
	before = parameter_read("settings");
	if (!before)
		parameter_die("settings", ENOENT);
	after = settings_merge(before, args[0], settings, nr);
	error = parameter_write("settings", after);
	if (error)
		parameter_die("settings", error);
	check(source, args[0], settings, nr);
	if (options->keep)
		keep(after);
	free(before);
	free(after);
}

const struct command set_command = {
	.name = "set",
	.args = "OWNER NAME=VALUE...",
	.summary = "change an owner's budget, stock (or stock=auto) or reserve_pct",
	.takes = TAKES_KEEP | NEEDS_LIVE,
	.least = 2,
	.most = 1 + SETTINGS_MOST,
	.run = run,
	.example = "set nic-rx stock=64 --keep",
};
