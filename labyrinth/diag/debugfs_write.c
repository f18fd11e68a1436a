// SPDX-License-Identifier: GPL-2.0
/*
 * Writes to files in debugfs: one or two words of text in one write, at the start of the
 * file. Any other write fails and changes nothing.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "debugfs_write.h"

/* Decimal, or hexadecimal after 0x; no sign, and nothing after it. 0 or -EINVAL. */
int lab_input_number(const char *text, u64 *number)
{
	bool hex = text[0] == '0' && tolower(text[1]) == 'x';

	if (!isdigit(text[0]))
		return -EINVAL;
	return kstrtoull(text, hex ? 16 : 10, number) ? -EINVAL : 0;
}

/* As single_open(), but pwrite() is permitted: it has the same result as write(). */
int lab_input_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	int err = single_open(file, show, data);

	if (!err && file->f_mode & FMODE_WRITE)
		file->f_mode |= FMODE_PWRITE;
	return err;
}

static char *lab_input_copy(char text[LAB_INPUT_MAX + 1], const char __user *buf, size_t size)
{
	if (size > LAB_INPUT_MAX)
		return ERR_PTR(-EINVAL);
	if (copy_from_user(text, buf, size))
		return ERR_PTR(-EFAULT);
	text[size] = '\0';
	return strlen(text) == size ? strim(text) : ERR_PTR(-EINVAL);
}

ssize_t lab_input_write(struct file *file, const char __user *buf, size_t size, loff_t *pos,
			int (*apply)(void *data, char *text))
{
	const struct seq_file *m = file->private_data;
	char text[LAB_INPUT_MAX + 1], *trimmed;
	int err;

	/* The rest of an earlier write: a number in two parts is not valid. */
	if (*pos)
		return -EINVAL;
	trimmed = lab_input_copy(text, buf, size);
	err = PTR_ERR_OR_ZERO(trimmed) ?: apply(m->private, trimmed);
	if (err)
		return err;
	*pos = size;
	return size;
}
