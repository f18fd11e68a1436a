// SPDX-License-Identifier: GPL-2.0
/* labyrinth/dippers, watch_module, takers: what was counted. Parameter "watch" has the mode. */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/moduleparam.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "debugfs_watch.h"
#include "debugfs_write.h"
#include "watch.h"
#include "watch_tables.h"

static int lab_watch_module_show(struct seq_file *m, void *v)
{
	lab_watch_show_module(m);
	return 0;
}

/* Names of modules have underscores, but modprobe takes dashes as well. "-" is none. */
static int lab_watch_module_apply(void *data, char *text)
{
	char *c;

	if (!strcmp(text, "-"))
		return lab_watch_set_module("");
	if (!*text || strlen(text) >= MODULE_NAME_LEN)
		return -EINVAL;
	for (c = text; *c; c++)
		if (!isalnum(*c) && *c != '_' && *c != '-')
			return -EINVAL;
	strreplace(text, '-', '_');
	return lab_watch_set_module(text);
}

DEFINE_LAB_INPUT(lab_watch_module);

static int lab_dippers_show(struct seq_file *m, void *v)
{
	lab_watch_show_dippers(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lab_dippers);

static int lab_module_takers_show(struct seq_file *m, void *v)
{
	lab_watch_show_takers(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(lab_module_takers);

void lab_debugfs_watch_init(struct dentry *dir)
{
	debugfs_create_file("dippers", 0400, dir, NULL, &lab_dippers_fops);
	debugfs_create_file("watch_module", 0600, dir, NULL, &lab_watch_module_fops);
	debugfs_create_file("takers", 0400, dir, NULL, &lab_module_takers_fops);
}
