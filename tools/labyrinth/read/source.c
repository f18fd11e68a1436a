// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../message.h"
#include "source.h"
#include "sysfs.h"

#define DEBUGFS		"/sys/kernel/debug"

/* ---- the folder */

static bool is_loaded(void)
{
	return !access("/sys/module/labyrinth", F_OK);
}

/* The first word of a file on this machine, or "-". */
void first_word(const char *file, char word[64])
{
	FILE *in = fopen(file, "re");

	if (!in || fscanf(in, "%63s", word) != 1)
		snprintf(word, 64, "-");
	if (in)
		fclose(in);
}

/* A command of another version may show less than the module tells. */
void warn_of_another_version(void)
{
	char version[64];

	first_word("/sys/module/labyrinth/version", version);
	if (is_loaded() && strcmp(version, VERSION))
		warn("The loaded module is version %s, this command is " VERSION ": use the same version of both.",
		     version);
}

static bool is_mounted(void)
{
	struct statfs fs;

	return !statfs(DEBUGFS, &fs) && fs.f_type == DEBUGFS_MAGIC;
}

/* Why this process cannot read the module's folder in debugfs. */
static void find_reason(struct source *source)
{
	source->status = NO_DEBUGFS;
	if (access(DEBUGFS, F_OK)) {
		source->closed = "The kernel has no debugfs, or was booted with debugfs=off or debugfs=no-mount.";
	} else if (access(DEBUGFS, X_OK)) {
		source->status = NOT_ROOT;
		source->closed = geteuid() ? "Only root may read " LIVE_FOLDER "." :
				 "debugfs is closed to this process, as by ProtectKernelTunables= of its service.";
	} else if (!is_mounted()) {
		source->closed = "debugfs is not mounted: run \"mount -t debugfs none " DEBUGFS "\" as root.";
	} else {
		source->closed = "The module has no folder in debugfs.";
	}
}

__attribute__((noreturn))
static void die_of_live(int error)
{
	struct source source;

	if (!is_loaded())
		die(NO_MODULE, "The module labyrinth is not loaded: run \"modprobe labyrinth\" as root, or name a saved folder with --from.");
	if (error == EPERM)
		die(NOT_ROOT, "The kernel is locked down: not even root may open files in " LIVE_FOLDER " that can be written to.");
	find_reason(&source);
	if (error == EACCES || error == ENOENT)
		die(source.status, "%s", source.closed);
	die(FAILED, LIVE_FOLDER ": %s.", strerror(error));
}

void source_open(struct source *source, const char *folder)
{
	*source = (struct source){ .live = !folder, .name = folder ? folder : LIVE_FOLDER };
	source->dir = open(source->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source->dir >= 0)
		return;
	if (!source->live)
		die(FAILED, "%s: %s.", source->name, strerror(errno));
	if (!is_loaded() || !sysfs_exists())
		die_of_live(errno);
	source->name = SYSFS_FOLDER;
	find_reason(source);
}

void source_note_closed(const struct source *source, const char *what)
{
	if (source->closed)
		warn("%s Without it, there are no %s.", source->closed, what);
}

/* ---- files */

/*
 * openat() for an untrusted folder: a symbolic link cannot lead out of it, and a pipe does not
 * block.
 */
static int open_below(int dir, const char *path, int flags)
{
	const char *slash = strchr(path, '/');
	char name[256];
	int fd, below;

	flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
	if (!slash)
		return openat(dir, path, flags);
	snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path);
	below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (below < 0)
		return below;
	fd = open_below(below, slash + 1, flags);
	close(below);
	return fd;
}

int source_open_file(const struct source *source, const char *path, int flags)
{
	int fd;

	if (source->closed) {
		errno = ENOENT;
		return -1;
	}
	fd = open_below(source->dir, path, flags);
	/* An owner may be destroyed at any time. ENXIO: the module is being unloaded. */
	if (fd >= 0 || errno == ENOENT || (source->live && errno == ENXIO))
		return fd;
	/* In lockdown, a file with a write permission can be opened neither for reading. */
	if (source->live && errno == EPERM)
		return -1;
	if (source->live)
		die_of_live(errno);
	die(FAILED, "%s/%s: %s.", source->name, path, strerror(errno));
}

static const char too_large[] = "The file is larger than 256 MiB.";

/* Read a whole file. On failure returns false and sets @why or errno. */
bool read_all(int fd, struct text *text, const char **why)
{
	size_t room = 1024;
	struct stat stat;
	ssize_t got;

	*text = (struct text){ .line = 1 };
	*why = NULL;
	if (fstat(fd, &stat))
		return false;
	if (!S_ISREG(stat.st_mode))
		*why = "This is no ordinary file.";
	else if ((unsigned long)stat.st_size > TEXT_MOST)
		*why = too_large;
	if (*why)
		return false;
	text->data = allocate(NULL, room, 1);
	/* debugfs files report no size. */
	while ((got = read(fd, text->data + text->size, room - text->size - 1)) > 0) {
		text->size += got;
		if (text->size > TEXT_MOST) {
			*why = too_large;
			return false;
		}
		if (room - text->size < 2)
			text->data = allocate(text->data, room *= 2, 1);
	}
	text->data[text->size] = 0;
	return !got;
}

bool source_read_open(const struct source *source, const char *path, int fd, struct text *text)
{
	const char *why;
	int error;

	if (read_all(fd, text, &why))
		return true;
	error = errno;
	if (why)
		die(BAD_DATA, "%s/%s: %s%s", source->name, path, why,
		    why == too_large && !strcmp(path, "pages") ?
		    " \"labyrinth pages --owner=NAME\" reads those of one owner." : "");
	free(text->data);
	/* The file's owner was destroyed, or the page went offline. */
	if (source->live && (error == EIO || error == ENXIO))
		return false;
	if (source->live)
		die_of_live(error);
	die(FAILED, "%s/%s: %s.", source->name, path, strerror(error));
}

bool source_read(const struct source *source, const char *path, struct text *text)
{
	int fd;
	bool all;

	/* A parameter of the module, which a saved folder has beside the tables. */
	if (source->closed || (source->live && !strcmp(path, "watch")))
		return sysfs_read(path, text);
	fd = source_open_file(source, path, O_RDONLY);
	if (fd < 0)
		return false;
	all = source_read_open(source, path, fd, text);
	close(fd);
	return all;
}

/* ---- tables */

void source_parse(const struct source *source, const char *path, struct text *text,
		  struct table *table)
{
	struct trouble trouble;

	if (!table_parse(table, text, &trouble))
		die(BAD_DATA, "%s/%s:%lu: %s", source->name, path, trouble.line, trouble.what);
	if (asprintf(&table->file, "%s/%s", source->name, path) < 0)
		die(FAILED, "There is not enough memory.");
}

void source_parse_all(const struct source *source, const char *path, struct text *text,
		      struct table *table)
{
	source_parse(source, path, text, table);
	if (text->at < text->size)
		die(BAD_DATA, "%s:%lu: Text follows the end of the table.", table->file, text->line);
}

bool source_table(const struct source *source, const char *path, struct table *table)
{
	struct text text;

	*table = (struct table){};
	if (!source_read(source, path, &text))
		return false;
	source_parse_all(source, path, &text, table);
	return true;
}

void die_of_missing(const struct source *source, const char *path)
{
	if (source->live && !is_loaded())
		die_of_live(ENOENT);
	if (source->closed)
		die(source->status, "%s", source->closed);
	if (source->live && errno == EPERM)
		die_of_live(EPERM);
	die(BAD_DATA, "%s/%s: The file is missing, and this command needs it.", source->name,
	    path);
}

void source_need_table(const struct source *source, const char *path, struct table *table)
{
	if (!source_table(source, path, table))
		die_of_missing(source, path);
}

int need_column(const struct table *table, const char *name)
{
	int column = table_column(table, name);

	if (column < 0)
		die(BAD_DATA, "%s:%lu: There is no column \"%s\", and this command needs it.",
		    table->file, table->line, name);
	return column;
}

void need_pairs(const struct table *table)
{
	if (!table_is_pairs(table))
		die(BAD_DATA, "%s:%lu: The columns are not \"name\" and \"value\".", table->file,
		    table->line);
}

bool source_owner_table(const struct source *source, const char *owner, const char *file,
			struct table *table)
{
	char path[128];

	*table = (struct table){};
	if (!*owner || strlen(owner) > 63 || strchr(owner, '/') || !strcmp(owner, ".") ||
	    !strcmp(owner, ".."))
		return false;
	snprintf(path, sizeof(path), "owner/%s/%s", owner, file);
	return source_table(source, path, table);
}

int64_t source_saved(const struct source *source, const char *name)
{
	int64_t value = UNKNOWN;
	struct table saved;

	if (source_table(source, "saved", &saved)) {
		need_pairs(&saved);
		value = table_value_number(&saved, name);
		table_free(&saved);
	}
	return value;
}

int64_t source_page_size(const struct source *source)
{
	int64_t size = source->live ? sysconf(_SC_PAGESIZE) : source_saved(source, "page_size");

	return size >= 1024 && size <= 1 << 20 ? size : 4096;
}
