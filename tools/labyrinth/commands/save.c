// SPDX-License-Identifier: GPL-2.0
/*
 * Copy the folder file by file, for --from. The file "saved" names the time and the machine
 * and is written last: a copy without it is incomplete.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../command.h"
#include "../message.h"

#define DEEPEST	3	/* owner/NAME/FILE */

static int new_file(int dir, const char *folder, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		die(FAILED, "%s: %s: %s.", folder, name, strerror(errno));
	return fd;
}

static int new_folder(int to, const char *folder, const char *name)
{
	int below;

	if (mkdirat(to, name, 0700))
		die(FAILED, "%s: %s: %s.", folder, name, strerror(errno));
	below = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (below < 0)
		die(FAILED, "%s: %s: %s.", folder, name, strerror(errno));
	return below;
}

static void put(int fd, const char *folder, const char *name, const char *data, size_t size)
{
	ssize_t written;

	for (; size; data += written, size -= written) {
		written = write(fd, data, size);
		if (written < 0)
			die(FAILED, "%s: %s: %s.", folder, name, strerror(errno));
	}
}

static void close_file(int fd, const char *folder, const char *name)
{
	if (close(fd))
		die(FAILED, "%s: %s: %s.", folder, name, strerror(errno));
}

/* What could not be saved, for one line. */
static bool locked;

/* Copy a file of any size. Remove the copy if the owner is destroyed meanwhile. */
static void copy_file(const struct source *source, const char *path, const char *name, int to,
		      const char *folder)
{
	static char block[1 << 16];
	int from = source_open_file(source, path, O_RDONLY), fd;
	ssize_t got;

	if (from < 0) {
		locked |= errno == EPERM;
		return;
	}
	fd = new_file(to, folder, name);
	while ((got = read(from, block, sizeof(block))) > 0)
		put(fd, folder, name, block, got);
	if (got < 0 && errno != EIO && errno != ENXIO)
		die(FAILED, "%s/%s: %s.", source->name, path, strerror(errno));
	close(from);
	close_file(fd, folder, name);
	if (got < 0)
		unlinkat(to, name, 0);
}

/* Files that are not copied: "reset" and "audit_now" read as empty, "saved" is written by this command. */
static bool is_silent(const char *name)
{
	return !strcmp(name, "reset") || !strcmp(name, "audit_now") || !strcmp(name, "saved");
}

static void copy_folder(const struct source *source, const char *path, int to, const char *folder,
			int depth);

static void copy_entry(const struct source *source, const char *path, const char *name, int to,
		       const char *folder, int depth)
{
	struct stat stat;
	int fd = source_open_file(source, path, O_PATH), below;

	if (fd < 0)
		return;
	if (fstat(fd, &stat))
		stat.st_mode = 0;
	close(fd);
	if (S_ISDIR(stat.st_mode) && depth < DEEPEST) {
		below = new_folder(to, folder, name);
		copy_folder(source, path, below, folder, depth + 1);
		close(below);
	} else if (S_ISREG(stat.st_mode)) {
		copy_file(source, path, name, to, folder);
	}
}

static void copy_folder(const struct source *source, const char *path, int to, const char *folder,
			int depth)
{
	int fd = source_open_file(source, path, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	char *below;
	DIR *dir;

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || is_silent(entry->d_name))
			continue;
		if (asprintf(&below, "%s/%s", path, entry->d_name) < 0)
			die(FAILED, "There is not enough memory.");
		copy_entry(source, below, entry->d_name, to, folder, depth);
		free(below);
	}
	if (dir)
		closedir(dir);
}

/* What sysfs and the parameters have, as a file of its own. */
static void save_file(const struct source *source, const char *path, const char *name, int to,
		      const char *folder)
{
	struct text text;
	int fd;

	if (!source_read(source, path, &text))
		return;
	fd = new_file(to, folder, name);
	put(fd, folder, name, text.data, text.size);
	close_file(fd, folder, name);
	free(text.data);
}

/* Without debugfs. */
static void save_figures(const struct source *source, int to, const char *folder)
{
	int all = new_folder(to, folder, "owner"), one;
	struct table owners;
	size_t row;

	save_file(source, "owners", "owners", to, folder);
	save_file(source, "zones", "zones", to, folder);
	source_need_table(source, "owners", &owners);
	for (row = 0; row < owners.nr_rows; row++) {
		const char *name = table_cell_of(&owners, row, "name");
		char path[128];

		one = new_folder(all, folder, name);
		snprintf(path, sizeof(path), "owner/%.64s/stats", name);
		save_file(source, path, "stats", one, folder);
		close(one);
	}
	table_free(&owners);
	close(all);
}

static void write_saved(int to, const char *folder)
{
	char date[32], version[64], srcversion[64], min_free[64], *text = NULL;
	time_t now = time(NULL);
	struct utsname machine;
	int size, fd;

	uname(&machine);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	first_word("/sys/module/labyrinth/version", version);
	first_word("/sys/module/labyrinth/srcversion", srcversion);
	first_word("/proc/sys/vm/min_free_kbytes", min_free);
	size = asprintf(&text, "name value\ndate %s\ncommand " VERSION "\nmodule %s\nsrcversion %s\nkernel %s\nmachine %s\nhost %s\nmin_free_kbytes %s\npage_size %ld\n",
			date, version, srcversion, machine.release, machine.machine,
			*machine.nodename ? machine.nodename : "-", min_free,
			sysconf(_SC_PAGESIZE));
	if (size < 0)
		die(FAILED, "There is not enough memory.");
	fd = new_file(to, folder, "saved");
	put(fd, folder, "saved", text, size);
	close_file(fd, folder, "saved");
	free(text);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	int to;

	(void)options;
	if (mkdir(args[0], 0700))
		die(FAILED, "%s: %s.", args[0], strerror(errno));
	to = open(args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		die(FAILED, "%s: %s.", args[0], strerror(errno));
	source_note_closed(source, "pages, refusals, violations and verdicts");
	if (source->closed)
		save_figures(source, to, args[0]);
	else
		copy_folder(source, ".", to, args[0], 1);
	save_file(source, "watch", "watch", to, args[0]);
	if (locked)
		warn("The kernel is locked down: files that can be written to are not saved.");
	write_saved(to, args[0]);
	close(to);
}

const struct command save_command = {
	.name = "save",
	.args = "DIR",
	.summary = "copy all tables into the new folder DIR, for --from",
	.takes = NEEDS_LIVE,
	.least = 1,
	.most = 1,
	.run = run,
	.example = "save report",
};
