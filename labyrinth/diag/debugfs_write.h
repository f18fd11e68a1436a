/* SPDX-License-Identifier: GPL-2.0 */
/* Writes to files in debugfs. See debugfs_write.c. */
#ifndef _LABYRINTH_DIAG_DEBUGFS_WRITE_H
#define _LABYRINTH_DIAG_DEBUGFS_WRITE_H

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/types.h>

/* The longest valid write, in bytes. */
#define LAB_INPUT_MAX	64

int lab_input_number(const char *text, u64 *number);
int lab_input_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data);
ssize_t lab_input_write(struct file *file, const char __user *buf, size_t size, loff_t *pos,
			int (*apply)(void *data, char *text));

/* A file read by NAME_show() and written by NAME_apply(): 0, or an errno and nothing changed. */
#define DEFINE_LAB_INPUT(__name)							\
static int __name ## _open(struct inode *inode, struct file *file)			\
{											\
	return lab_input_open(file, __name ## _show, inode->i_private);			\
}											\
											\
static ssize_t __name ## _write(struct file *file, const char __user *buf, size_t size,	\
				loff_t *pos)						\
{											\
	return lab_input_write(file, buf, size, pos, __name ## _apply);			\
}											\
											\
static const struct file_operations __name ## _fops = {					\
	.owner		= THIS_MODULE,							\
	.open		= __name ## _open,						\
	.read		= seq_read,							\
	.write		= __name ## _write,						\
	.llseek		= seq_lseek,							\
	.release	= single_release,						\
}

#endif /* _LABYRINTH_DIAG_DEBUGFS_WRITE_H */
