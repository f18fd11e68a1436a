// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../message.h"
#include "output.h"

/* A pipe or a device, such as /dev/stdout, must not be replaced by a regular file. */
static bool write_through(const char *file, const char *data, size_t size)
{
	struct stat found;
	FILE *out;

	if (stat(file, &found) || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))
		return false;
	out = fopen(file, "we");
	if (!out || fwrite(data, 1, size, out) != size || fclose(out))
		die(FAILED, "%s: %s.", file, strerror(errno));
	return true;
}

static void write_file(const char *file, const char *data, size_t size)
{
	char *real = realpath(file, NULL), *other;
	bool written;
	FILE *out;
	int fd;

	/* Replace a symbolic link's target, not the link. */
	if (asprintf(&other, "%s.XXXXXX", real ?: file) < 0)
		die(FAILED, "There is not enough memory.");
	fd = mkostemp(other, O_CLOEXEC);
	if (fd < 0)
		die(FAILED, "%s: %s.", file, strerror(errno));
	out = fdopen(fd, "w");
	written = out && fwrite(data, 1, size, out) == size && !fflush(out) &&
		  !fchmod(fd, 0644) && !fsync(fd);
	if (!written || fclose(out) || rename(other, real ?: file)) {
		int error = errno;

		unlink(other);
		die(FAILED, "%s: %s.", file, strerror(error));
	}
	free(other);
	free(real);
}

FILE *output_open(struct output *output, const char *file)
{
	*output = (struct output){ .file = file };
	output->memory = open_memstream(&output->data, &output->size);
	if (!output->memory)
		die(FAILED, "There is not enough memory.");
	return output->memory;
}

void output_close(struct output *output)
{
	if (fclose(output->memory))
		die(FAILED, "There is not enough memory.");
	if (output->file && !write_through(output->file, output->data, output->size))
		write_file(output->file, output->data, output->size);
	if (!output->file)
		fwrite(output->data, 1, output->size, stdout);
	free(output->data);
}
