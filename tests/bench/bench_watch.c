// SPDX-License-Identifier: GPL-2.0
/* What the kernel's own allocator costs while labyrinth watches it, with enough free memory. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "bench.h"

static int watch(const char *modes)
{
	struct file *file = filp_open("/sys/module/labyrinth/parameters/watch", O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t written;

	if (IS_ERR(file))
		return PTR_ERR(file);
	written = kernel_write(file, modes, strlen(modes), &pos);
	filp_close(file, NULL);
	return written < 0 ? written : 0;
}

int bench_watch(void)
{
	static const char * const modes[][2] = {
		{ "free", "buddy_pair_watch_free" },
		{ "reserve", "buddy_pair_watch_reserve" },
		{ "all", "buddy_pair_watch_all" },
		{ "off", "buddy_pair_unwatched" },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(modes) && !err; i++) {
		err = watch(modes[i][0]);
		if (!err)
			bench_buddy_pair(modes[i][1]);
	}
	return err;
}
