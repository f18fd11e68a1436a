// SPDX-License-Identifier: GPL-2.0
/*
 * Show the owner of a page. On this machine, the module answers through its file "lookup",
 * which holds one query at a time. A saved folder is searched by page frame number only: it
 * cannot translate a kernel address.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../cell.h"
#include "../message.h"
#include "../show/json.h"
#include "../show/list.h"
#include "../show/print.h"

static const char * const past_columns[] = {
	"seq", "age_ms", "kind", "owner", "offender", "refcount", "alloc_caller", "caught", "caller", NULL
};

struct question {
	const char *kind;	/* "pfn", "phys", "addr" or "" */
	uint64_t number;
};

static struct question read_question(char **args)
{
	struct question question = { .kind = args[1] ? args[0] : "" };
	const char *number = args[1] ?: args[0];
	char *end;

	if (args[1] && strcmp(args[0], "pfn") && strcmp(args[0], "phys") &&
	    strcmp(args[0], "addr"))
		die(USAGE, "\"whois\" needs pfn, phys or addr before the number, not \"%s\".", args[0]);
	errno = 0;
	question.number = strtoull(number, &end, strncmp(number, "0x", 2) ? 10 : 16);
	if (*number < '0' || *number > '9' || *end || errno)
		die(USAGE, "\"whois\" needs a number, decimal or hexadecimal after 0x, not \"%s\".",
		    number);
	return question;
}

/* ---- output */

static void print_stack(const char *name, const char *stack)
{
	const char *end;

	for (; ; stack = end + 1, name = "") {
		char *call;

		end = strchrnul(stack, '<');
		call = strndup(stack, end - stack);
		printf("%-13s ", name);
		cell_put(stdout, call ?: "");
		putchar('\n');
		free(call);
		if (!*end)
			return;
	}
}

static void print_fact(const char *name, const char *value)
{
	char buf[32];
	int64_t age;

	if (!strcmp(name, "stack")) {
		print_stack(name, value);
		return;
	}
	printf("%-13s ", strcmp(name, "age_ms") ? name : "age");
	if (!strcmp(name, "age_ms") && number_parse(value, &age))
		value = age_text(buf, age);
	printf("%s", colour(cell_colour(name, value)));
	cell_put(stdout, value);
	puts(colour(PLAIN));
}

static void print_past(const struct table *past, int64_t pfn, const struct options *options)
{
	int column = table_column(past, "pfn");
	struct list list;
	size_t i, kept = 0;

	list_choose(&list, past, past_columns, options);
	for (i = 0; i < list.nr; i++)
		if (table_number(past, list.row[i], column) == pfn)
			list.row[kept++] = list.row[i];
	list.nr = kept;
	if (options->json) {
		list_json(&list);
	} else if (kept) {
		puts("\nViolations with this page:");
		list_print(&list, "");
	}
	free(list.row);
}

/* ---- this machine */

static void answer_live(int fd, const struct source *source, const struct options *options,
			const struct question *question)
{
	struct table facts, past = {};
	char text[48];
	struct text answer;
	const char *why;
	int64_t pfn;
	size_t row;

	/* Another instance may query at the same time. */
	flock(fd, LOCK_EX);
	snprintf(text, sizeof(text), "%s%s%" PRIu64, question->kind,
		 *question->kind ? " " : "", question->number);
	if (write(fd, text, strlen(text)) < 0)
		die(FAILED, errno == EINVAL ? "There is no such page of memory." :
		    "The module refuses the question: %s.", strerror(errno));
	if (lseek(fd, 0, SEEK_SET) < 0 || !read_all(fd, &answer, &why))
		die(FAILED, errno == ENXIO ? "That page has gone offline." :
		    "The module does not answer: %s.", strerror(errno));
	close(fd);
	source_parse(source, "lookup", &answer, &facts);
	need_pairs(&facts);
	pfn = table_value_number(&facts, "pfn");
	if (answer.at < answer.size)
		source_parse(source, "lookup", &answer, &past);
	if (options->json)
		printf("{\"page\": ");
	if (options->json)
		json_put(json_pairs(&facts));
	else
		for (row = 0; row < facts.nr_rows; row++)
			print_fact(table_cell(&facts, row, 0), table_cell(&facts, row, 1));
	if (options->json)
		printf(",\"violations\": ");
	print_past(&past, pfn, options);
	if (options->json)
		puts("}");
	free(past.cell);
	free(past.file);
	table_free(&facts);
}

/* ---- a saved folder, or a kernel that is locked down */

static void answer_from_table(const struct source *source, const struct options *options,
			      const struct question *question)
{
	struct table pages, past;
	uint64_t pfn = question->number;
	size_t row, at;
	int column;

	if (!strcmp(question->kind, "addr"))
		die(source->live ? NOT_ROOT : USAGE, "%s a page is found by pfn or phys, not by a kernel address.",
		    source->live ? "The kernel is locked down:" : "In a saved folder");
	if (!strcmp(question->kind, "phys"))
		pfn /= source_page_size(source);
	source_need_table(source, "pages", &pages);
	column = need_column(&pages, "pfn");
	for (at = 0; at < pages.nr_rows; at++)
		if (table_number(&pages, at, column) == (int64_t)pfn)
			break;
	source_table(source, "violations", &past);
	if (options->json) {
		printf("{\"page\": ");
		json_put(at < pages.nr_rows ? json_row(&pages, at) : json_null());
		printf(",\"violations\": ");
	} else if (at == pages.nr_rows) {
		printf("Page %" PRIu64 " %s.\n", pfn,
		       source->live ? "has no tag" : "had no tag when this was saved");
	}
	for (row = 0; !options->json && at < pages.nr_rows && row < pages.nr_columns; row++)
		print_fact(pages.column[row], table_cell(&pages, at, row));
	print_past(&past, pfn, options);
	if (options->json)
		puts("}");
	table_free(&past);
	table_free(&pages);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct question question = read_question(args);
	int fd = -1;

	if (source->live) {
		fd = source_open_file(source, "lookup", O_RDWR);
		/* In lockdown no file can be written to, but the table of pages can be read. */
		if (fd < 0 && errno != EPERM)
			die_of_missing(source, "lookup");
	}
	if (fd >= 0) {
		answer_live(fd, source, options, &question);
		return;
	}
	if (source->live)
		warn("The kernel is locked down: only pages that have a tag are found.");
	answer_from_table(source, options, &question);
}

const struct command whois_command = {
	.name = "whois",
	.args = "[pfn|phys|addr] N",
	.summary = "the owner of a page, the function that took it, and its violations",
	.takes = TAKES_JSON,
	.least = 1,
	.most = 2,
	.run = run,
	.example = "whois pfn 7054",
};
