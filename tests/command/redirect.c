// SPDX-License-Identifier: GPL-2.0
/* Linked with --wrap=open: $LIVE_FOLDER replaces debugfs' folder, so that tests need no mount. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/labyrinth/read/source.h"

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
	return openat(AT_FDCWD, path, flags, mode);
}
