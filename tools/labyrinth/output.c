// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "output.h"

static void write_file(const char *file, const char *data, size_t size)
{
	char *other;
	bool written;
	FILE *out;
	int fd;

	if (asprintf(&other, "%s.XXXXXX", file) < 0)
		die(FAILED, "There is not enough memory.");
	fd = mkstemp(other);
	if (fd < 0)
		die(FAILED, "%s: %s.", other, strerror(errno));
	out = fdopen(fd, "w");
	written = out && fwrite(data, 1, size, out) == size && !fflush(out) &&
		  !fchmod(fd, 0644) && !fsync(fd);
	if (!written || fclose(out) || rename(other, file)) {
		int error = errno;

		unlink(other);
		die(FAILED, "%s: %s.", file, strerror(error));
	}
	free(other);
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
	if (output->file)
		write_file(output->file, output->data, output->size);
	else
		fwrite(output->data, 1, output->size, stdout);
	free(output->data);
}
