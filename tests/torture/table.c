// SPDX-License-Identifier: GPL-2.0
/* Labyrinth's debugfs tables, read by line and by the names of their columns. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "table.h"
#include "torture.h"

#define LT_TABLE_SIZE	(512 * 1024)
#define LT_REFUSALS_TOLD	6

/* Cut a line into cells. */
static void lt_table_cut(char *line, const char **cells)
{
	unsigned int i = 0;
	char *cell;

	memset(cells, 0, LT_COLUMNS_MAX * sizeof(*cells));
	while (i < LT_COLUMNS_MAX && (cell = strsep(&line, " \t")))
		if (*cell)
			cells[i++] = cell;
}

struct lt_table lt_tables[] = {
	[LT_OWNERS]	= { .path = "/sys/kernel/debug/labyrinth/owners" },
	[LT_REFUSALS]	= { .path = "/sys/kernel/debug/labyrinth/refusals" },
	[LT_VIOLATIONS]	= { .path = "/sys/kernel/debug/labyrinth/violations" },
};

/* Called by the process that loads the module: from 7.x on a kernel thread sees no files. */
int lt_tables_open(void)
{
	struct lt_table *table;

	for (table = lt_tables; table < lt_tables + LT_NR_TABLES; table++) {
		struct file *file = filp_open(table->path, O_RDONLY, 0);

		if (IS_ERR(file))
			return PTR_ERR(file);
		table->file = file;
		table->buf = kvmalloc(LT_TABLE_SIZE, GFP_KERNEL);
		if (!table->buf)
			return -ENOMEM;
	}
	return 0;
}

void lt_tables_close(void)
{
	struct lt_table *table;

	for (table = lt_tables; table < lt_tables + LT_NR_TABLES; table++) {
		if (table->file)
			filp_close(table->file, NULL);
		kvfree(table->buf);
	}
}

/*
 * Read the whole file again. Its read() is for user space only, but it is backed by a
 * seq_file, which reads into kernel memory as well.
 */
bool lt_table_read(struct lt_table *table)
{
	size_t size = 0;
	struct kiocb iocb;
	char *line;

	init_sync_kiocb(&iocb, table->file);
	for (;;) {
		struct kvec vec = {
			.iov_base = table->buf + size, .iov_len = LT_TABLE_SIZE - 1 - size,
		};
		struct iov_iter iter;
		ssize_t got;

		iov_iter_kvec(&iter, ITER_DEST, &vec, 1, vec.iov_len);
		got = seq_read_iter(&iocb, &iter);
		if (got < 0)
			return false;
		if (!got)
			break;
		size += got;
	}
	table->buf[size] = '\0';
	table->next = table->buf;
	line = strsep(&table->next, "\n");
	lt_table_cut(line, table->columns);
	return table->columns[0];
}

/* Parse the next line. Returns false at the end. */
bool lt_table_line(struct lt_table *table)
{
	char *line = strsep(&table->next, "\n");

	if (!line || !*line)
		return false;
	lt_table_cut(line, table->cells);
	return true;
}

/* The cell of @column, or "" if there is none. */
const char *lt_table_cell(const struct lt_table *table, const char *column)
{
	unsigned int i;

	for (i = 0; i < LT_COLUMNS_MAX && table->columns[i]; i++)
		if (!strcmp(table->columns[i], column))
			return table->cells[i] ?: "";
	return "";
}

/* ---- "owners" at the end, when no user holds a page */

static void lt_cell_judge(const struct lt_table *table, const struct lt_owner *owner,
			  const char *column, long wanted)
{
	long got;

	if (kstrtol(lt_table_cell(table, column), 10, &got))
		lt_fail(LT_TABLE, column, owner, -1, wanted);
	else if (got != wanted)
		lt_fail(LT_TABLE, column, owner, got, wanted);
}

static void lt_owner_judge(const struct lt_table *table, const struct lt_owner *owner)
{
	long peak;

	lt_cell_judge(table, owner, "budget", owner->budget);
	lt_cell_judge(table, owner, "owned", 0);
	lt_cell_judge(table, owner, "quarantined", 0);
	lt_cell_judge(table, owner, "allocs", atomic_long_read(&owner->allocs));
	lt_cell_judge(table, owner, "frees", atomic_long_read(&owner->frees));
	lt_cell_judge(table, owner, "refused", atomic_long_read(&owner->refused));
	lt_cell_judge(table, owner, "violations", atomic_long_read(&owner->violations));
	if (kstrtol(lt_table_cell(table, "peak"), 10, &peak) || peak > owner->budget)
		lt_fail(LT_TABLE, "peak", owner, peak, owner->budget);
	if (lt_claims(owner) || atomic_read(&owner->sure))
		lt_fail(LT_LOST, "in the test's counters", owner, lt_claims(owner),
			atomic_read(&owner->sure));
}

/* Print labyrinth's records of refusals of polite owners. */
void lt_refusals_tell(void)
{
	struct lt_table *table = &lt_tables[LT_REFUSALS];
	unsigned int i, told = 0;

	if (lt_table_read(table))
		while (told < LT_REFUSALS_TOLD && lt_table_line(table))
			for (i = 0; i < lt_nr_shared; i++)
				if (lt_owners[i].polite &&
				    !strcmp(lt_table_cell(table, "owner"), lt_owners[i].name)) {
					pr_err("FAIL: refusal of %s: %s in %s on CPU %s\n",
					       lt_owners[i].name, lt_table_cell(table, "reason"),
					       lt_table_cell(table, "context"),
					       lt_table_cell(table, "cpu"));
					told++;
				}
}

void lt_table_judge(void)
{
	unsigned int i, found = 0, wanted = 0;
	struct lt_table *table = &lt_tables[LT_OWNERS];

	for (i = 0; i < lt_nr_owners; i++)
		wanted += lt_owners[i].kind != LT_CHURN;
	if (lt_table_read(table))
		while (lt_table_line(table))
			for (i = 0; i < lt_nr_owners; i++)
				if (lt_owners[i].kind != LT_CHURN &&
				    !strcmp(lt_table_cell(table, "name"), lt_owners[i].name)) {
					lt_owner_judge(table, &lt_owners[i]);
					found++;
				}
	lt_answered("lines of owners", NULL, found, wanted);
}
