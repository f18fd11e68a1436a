// SPDX-License-Identifier: GPL-2.0
/*
 * Show or set what the module watches. A module's requests are counted for some time only: the
 * watch ends with this command, whatever ends it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../command.h"
#include "../message.h"
#include "../read/parameter.h"
#include "../read/watch_table.h"
#include "../show/json.h"
#include "../wait.h"
#include "watch_module.h"

#define TIME		10000	/* ms */
#define NAME_SIZE	64

static const char tracepoints[] = "Nothing can be watched: the kernel is built without tracepoints.";

/* ---- the mode */

static void print_mode(const struct source *source, const struct options *options)
{
	char mode[MODE_MOST];
	json_t *object;

	watch_mode(source, mode);
	if (!strcmp(mode, "-"))
		die_of_missing(source, "watch");
	if (!options->json) {
		puts(mode);
		return;
	}
	object = json_object();
	json_add(object, "watch", json_text(mode));
	json_put(object);
}

/* Returns 0 or an errno. Opens the file anew: one that is open keeps the module from leaving. */
static int write_module(const struct source *source, const char *word)
{
	int fd = source_open_file(source, "watch_module", O_WRONLY), error = 0;

	if (fd < 0)
		die_of_missing(source, "watch_module");
	if (write(fd, word, strlen(word)) < 0)
		error = errno;
	close(fd);
	return error;
}

static void set_mode(const char *mode)
{
	static const char * const modes[] = { "off", "free", "reserve", "all" };
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(mode, modes[i])) {
			int error = parameter_write("watch", mode);

			if (error == EOPNOTSUPP)
				die(FAILED, "%s", tracepoints);
			if (error)
				parameter_die("watch", error);
			return;
		}
	die(USAGE, "There is no mode \"%s\": off, free, reserve or all.", mode);
}

/* ---- a module */

/* The kernel has underscores in names of modules. */
static void read_name(char name[NAME_SIZE], const char *text)
{
	size_t i;

	for (i = 0; i < NAME_SIZE - 1 && (isalnum((unsigned char)text[i]) ||
					  text[i] == '_' || text[i] == '-'); i++)
		name[i] = text[i] == '-' ? '_' : text[i];
	name[i] = 0;
	if (!i || text[i] || !strcmp(text, "-"))
		die(USAGE, "--module needs the name of a module, not \"%s\".", text);
}

static void note_if_missing(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (access(path, F_OK))
		warn("The module %s is not loaded yet: its requests are counted as soon as it is.", name);
}

static void need_free(const struct source *source)
{
	struct watched before;
	char mode[MODE_MOST];

	watch_mode(source, mode);
	if (!strcmp(mode, "unsupported"))
		die(FAILED, "%s", tracepoints);
	watched_read(source, &before);
	if (watched_is_on(&before))
		die(FAILED, "The module %s is being measured already: \"echo - >%s/watch_module\" ends that.",
		    watched_name(&before) ?: "?", source->name);
	watched_free(&before);
}

static const struct source *begun;	/* where a module is being watched, or NULL */

static void end_watch(void)
{
	const struct source *source = begun;

	begun = NULL;
	die_first = NULL;
	if (source)
		write_module(source, "-");
}

/* Count for @ms, or until a signal comes. */
static void count(const struct source *source, const char *name, int64_t ms,
		  struct watched *watched)
{
	sigset_t held;
	int error;

	need_free(source);
	note_if_missing(name);
	block_signals(&held);
	error = write_module(source, name);
	if (error)
		die(error == EINVAL ? USAGE : FAILED, "%s/watch_module does not take \"%s\": %s.",
		    source->name, name, strerror(error));
	begun = source;
	die_first = end_watch;
	wait_until(&held, clock_ms() + ms);
	watched_read(source, watched);
	end_watch();
}

static void watch_one(const struct source *source, const struct options *options)
{
	struct watched watched;
	char name[NAME_SIZE];

	read_name(name, options->module);
	if (source->live)
		count(source, name, options->time == UNKNOWN ? TIME : options->time, &watched);
	else
		watched_read(source, &watched);
	if (!watched_name(&watched))
		die(FAILED, "%s/watch_module: No module was measured.", source->name);
	if (strcmp(watched_name(&watched), name))
		die(FAILED, "%s/watch_module: The module %s was measured, not %s.", source->name,
		    watched_name(&watched), name);
	if (options->json)
		watched_json(&watched);
	else
		watched_print(&watched);
	watched_free(&watched);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	const char *mode = args ? *args : NULL;

	if (mode && options->module)
		die(USAGE, "Give a mode or --module, not both.");
	if (options->time != UNKNOWN && !options->module)
		die(USAGE, "--time needs --module.");
	if (!source->live && (mode || options->time != UNKNOWN))
		die(USAGE, "A saved folder cannot be watched: leave out --from.");
	if (options->module)
		watch_one(source, options);
	else if (mode)
		set_mode(mode);
	else
		print_mode(source, options);
}

const struct command watch_command = {
	.name = "watch",
	.args = "[MODE]",
	.summary = "show or set what is watched, or measure what a module takes",
	.takes = TAKES_JSON | TAKES_WATCHED,
	.most = 1,
	.run = run,
	.example = "watch --module=e1000 --time=60s",
};
