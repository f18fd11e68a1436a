// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../message.h"
#include "parameter.h"

#define PARAMETER_MOST	65536	/* the largest page */

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, PARAMETERS "/%s", name);
}

char *parameter_read(const char *name)
{
	char path[128], value[PARAMETER_MOST + 1];
	ssize_t length;
	int fd;

	path_of(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	length = read(fd, value, PARAMETER_MOST);
	close(fd);
	if (length < 0)
		return NULL;
	value[length] = 0;
	value[strcspn(value, "\n")] = 0;
	return strdup(value);
}

int parameter_write(const char *name, const char *value)
{
	int fd, error = 0;
	char path[128];

	path_of(name, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (dprintf(fd, "%s\n", value) < 0)
		error = errno;
	close(fd);
	return error;
}

void parameter_die(const char *name, int error)
{
	if (access("/sys/module/labyrinth", F_OK))
		die(NO_MODULE, "The module labyrinth is not loaded: run \"modprobe labyrinth\" as root.");
	if (error == EACCES)
		die(NOT_ROOT, "Only root may write to " PARAMETERS "/%s.", name);
	if (error == EROFS)
		die(NOT_ROOT, PARAMETERS "/%s is read-only for this process.", name);
	die(error == EINVAL ? USAGE : FAILED, PARAMETERS "/%s: %s.", name, strerror(error));
}
