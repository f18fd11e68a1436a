// SPDX-License-Identifier: GPL-2.0
/*
 * Linked with --wrap=open,--wrap=openat: $LIVE_FOLDER replaces debugfs' folder and that of the
 * module's parameters, so that tests need no mount. What is written to "watch" or "watch_module" is appended to a file beside it.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/labyrinth/read/parameter.h"
#include "../../tools/labyrinth/read/source.h"

int __real_openat(int dir, const char *path, int flags, ...);

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	char written[64];
	va_list rest;

	if (flags & O_CREAT) {
		va_start(rest, flags);
		mode = va_arg(rest, mode_t);
		va_end(rest);
	}
	if ((flags & O_ACCMODE) == O_WRONLY && !strncmp(path, "watch", 5)) {
		snprintf(written, sizeof(written), "%s.written", path);
		return __real_openat(dir, written, flags | O_CREAT | O_APPEND, 0600);
	}
	return __real_openat(dir, path, flags, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list rest;

	if (flags & O_CREAT) {
		va_start(rest, flags);
		mode = va_arg(rest, mode_t);
		va_end(rest);
	}
	if (!strcmp(path, LIVE_FOLDER))
		path = getenv("LIVE_FOLDER");
	if (!strncmp(path, PARAMETERS "/", sizeof(PARAMETERS))) {
		int dir = __real_openat(AT_FDCWD, getenv("LIVE_FOLDER"), O_PATH), fd;

		fd = __wrap_openat(dir, path + sizeof(PARAMETERS), flags, mode);
		close(dir);
		return fd;
	}
	return __real_openat(AT_FDCWD, path, flags, mode);
}
