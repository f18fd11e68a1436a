/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface between the shell and a test module: a line written to DIR/command
 * is executed before write() returns, and DIR/answer then holds one line.
 */
#ifndef _LAB_TEST_COMMAND_H
#define _LAB_TEST_COMMAND_H

#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define LAB_ANSWER_LEN	512

struct lab_command {
	void (*run)(char *line);
	struct dentry *dir;
	struct mutex lock;		/* one command at a time */
	char line[256];
	char answer[LAB_ANSWER_LEN];	/* of the last command */
};

static struct lab_command lab_command;

static inline __printf(1, 2) void lab_answer(const char *format, ...)
{
	size_t used = strlen(lab_command.answer);
	va_list args;

	va_start(args, format);
	vscnprintf(lab_command.answer + used, LAB_ANSWER_LEN - used, format, args);
	va_end(args);
}

static const char *lab_errno_name(long err)
{
	switch (err) {
	case 0:			return "0";
	case -EPERM:		return "-EPERM";
	case -ENOENT:		return "-ENOENT";
	case -EAGAIN:		return "-EAGAIN";
	case -ENOMEM:		return "-ENOMEM";
	case -EBUSY:		return "-EBUSY";
	case -EEXIST:		return "-EEXIST";
	case -EINVAL:		return "-EINVAL";
	case -ENOSPC:		return "-ENOSPC";
	case -EALREADY:		return "-EALREADY";
	case -EOPNOTSUPP:	return "-EOPNOTSUPP";
	default:		return "unexpected-errno";
	}
}

static ssize_t lab_command_write(struct file *file, const char __user *buf, size_t size,
				 loff_t *pos)
{
	ssize_t ret = size;

	if (size >= sizeof(lab_command.line))
		return -EINVAL;
	mutex_lock(&lab_command.lock);
	if (copy_from_user(lab_command.line, buf, size)) {
		ret = -EFAULT;
	} else {
		lab_command.line[size] = '\0';
		lab_command.answer[0] = '\0';
		lab_command.run(strim(lab_command.line));
		lab_answer("\n");
	}
	mutex_unlock(&lab_command.lock);
	return ret;
}

static ssize_t lab_answer_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&lab_command.lock);
	ret = simple_read_from_buffer(buf, size, pos, lab_command.answer,
				      strlen(lab_command.answer));
	mutex_unlock(&lab_command.lock);
	return ret;
}

static const struct file_operations lab_command_fops = {
	.owner = THIS_MODULE,
	.write = lab_command_write,
};

static const struct file_operations lab_answer_fops = {
	.owner = THIS_MODULE,
	.read = lab_answer_read,
};

static inline void lab_command_init(const char *dir, void (*run)(char *line))
{
	mutex_init(&lab_command.lock);
	lab_command.run = run;
	lab_command.dir = debugfs_create_dir(dir, NULL);
	debugfs_create_file("command", 0200, lab_command.dir, NULL, &lab_command_fops);
	debugfs_create_file("answer", 0400, lab_command.dir, NULL, &lab_answer_fops);
}

static inline void lab_command_exit(void)
{
	debugfs_remove(lab_command.dir);
}

#endif /* _LAB_TEST_COMMAND_H */
