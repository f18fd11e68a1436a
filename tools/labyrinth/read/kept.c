// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kept.h"

void kept_close(struct kept *kept)
{
	if (kept->fd)
		close(kept->fd - 1);
	kept->fd = 0;
}

/* False if the file was removed or replaced. */
static bool is_there(const struct kept *kept)
{
	struct stat stat;

	return kept->fd && !fstat(kept->fd - 1, &stat) && stat.st_nlink &&
	       !lseek(kept->fd - 1, 0, SEEK_SET);
}

bool kept_table(const struct source *source, struct kept *kept, struct table *table)
{
	struct text text;

	if (source->closed)
		return source_table(source, kept->path, table);
	*table = (struct table){};
	if (!is_there(kept)) {
		kept_close(kept);
		kept->fd = source_open_file(source, kept->path, O_RDONLY) + 1;
		if (!kept->fd)
			return false;
	}
	if (!source_read_open(source, kept->path, kept->fd - 1, &text))
		return false;
	source_parse_all(source, kept->path, &text, table);
	return true;
}

void kept_need_table(const struct source *source, struct kept *kept, struct table *table)
{
	if (!kept_table(source, kept, table))
		die_of_missing(source, kept->path);
}
