// SPDX-License-Identifier: GPL-2.0
/*
 * There may be millions of pages. They are read only while they are shown, one block at a time
 * between two keys, and at most PAGES_MOST of them are kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../message.h"
#include "top.h"

#define BLOCK		65536UL
#define WORD_MOST	255UL

/* ---- storage */

static int compare_words(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Returns the same pointer for the same text. */
static const char *keep_word(struct page_list *list, const char *text)
{
	char word[WORD_MOST + 1] = "", *copy;
	void **found;

	strncat(word, text, WORD_MOST);
	found = tfind(word, &list->words, compare_words);
	if (found)
		return *found;
	copy = strdup(word);
	if (!copy || !tsearch(copy, &list->words, compare_words))
		die(FAILED, "There is not enough memory.");
	return copy;
}

static void list_free(struct page_list *list)
{
	tdestroy(list->words, free);
	free(list->page);
	*list = (struct page_list){};
}

static int64_t number(const struct table *table, size_t row, const char *name)
{
	return table_number(table, row, table_column(table, name));
}

static const char *word(struct page_list *list, const struct table *table, size_t row,
			const char *name)
{
	return keep_word(list, table_cell(table, row, table_column(table, name)));
}

static void keep(struct page_list *list, const struct table *table, size_t row)
{
	if (list->seen++ >= PAGES_MOST)
		return;
	if (list->nr == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		list->page = allocate(list->page, list->room, sizeof(*list->page));
	}
	list->page[list->nr++] = (struct page){
		.pfn = number(table, row, "pfn"),
		.age = number(table, row, "age_ms"),
		.cpu = number(table, row, "cpu"),
		.node = number(table, row, "node"),
		.from_reserve = number(table, row, "from_reserve"),
		.state = word(list, table, row, "state"),
		.context = word(list, table, row, "context"),
		.zone = word(list, table, row, "zone"),
		.caller = word(list, table, row, "caller"),
	};
}

/* ---- reading */

static struct page_list *being_read(struct top_pages *pages)
{
	return pages->first ? &pages->shown : &pages->next;
}

static void stop(struct top_pages *pages)
{
	close(pages->fd);
	pages->fd = -1;
}

static bool done(struct top_pages *pages)
{
	stop(pages);
	pages->done_at = now_ms();
	pages->took = pages->done_at - pages->begun;
	if (!pages->first) {
		list_free(&pages->shown);
		pages->shown = pages->next;
		pages->next = (struct page_list){};
	}
	pages->first = false;
	return true;
}

/* Parse the whole file again, to name the line of the error. */
__attribute__((noreturn))
static void die_of_block(struct top_pages *pages, const char *why)
{
	struct table table;

	stop(pages);
	source_need_table(pages->source, pages->path, &table);
	need_column(&table, "pfn");
	die(BAD_DATA, "%s/%s: %s", pages->source->name, pages->path, why);
}

/* Parse the complete lines of the block and keep the partial line behind them. */
static void take_lines(struct top_pages *pages, size_t end)
{
	struct text text = { .size = end, .line = 1, .data = allocate(NULL, end + 1, 1) };
	struct trouble trouble;
	struct table table;
	size_t row;
	int owner;

	memcpy(text.data, pages->block, end);
	text.data[end] = 0;
	if (!table_parse(&table, &text, &trouble))
		die_of_block(pages, trouble.what);
	if (table_column(&table, "pfn") < 0)
		die_of_block(pages, "There is no column \"pfn\".");
	owner = table_column(&table, "owner");
	for (row = 0; row < table.nr_rows; row++)
		if (!strcmp(table_cell(&table, row, owner), pages->owner))
			keep(being_read(pages), &table, row);
	table_free(&table);
	memmove(pages->block + pages->names, pages->block + end, pages->have - end);
	pages->have = pages->names + pages->have - end;
}

static bool ended(struct top_pages *pages, ssize_t got)
{
	/* As in source_read(): the owner was destroyed, and its file removed. */
	if (got < 0 && !(pages->source->live && (errno == EIO || errno == ENXIO)))
		die(FAILED, "%s/%s: %s.", pages->source->name, pages->path, strerror(errno));
	if (!got && (!pages->names || pages->have > pages->names))
		die_of_block(pages, "The last line is cut off.");
	return done(pages);
}

bool top_pages_slice(struct top_pages *pages)
{
	size_t begin = pages->have;
	ssize_t got = read(pages->fd, pages->block + begin, BLOCK);
	char *end;

	if (got <= 0)
		return ended(pages, got);
	pages->have += got;
	end = memrchr(pages->block + pages->names, '\n', pages->have - pages->names);
	if (!end && pages->have - pages->names >= LINE_MOST)
		die_of_block(pages, "A line is too long.");
	if (!end)
		return false;
	if (!pages->names)
		pages->names = (char *)memchr(pages->block, '\n', pages->have) + 1 - pages->block;
	take_lines(pages, end + 1 - pages->block);
	return false;
}

/* On this machine, a live owner has a file of its own. */
static int open_file(struct top_pages *pages)
{
	int fd = -1;

	if (!strchr(pages->owner, '/') && *pages->owner != '.' && strlen(pages->owner) < 64) {
		snprintf(pages->path, sizeof(pages->path), "owner/%s/pages", pages->owner);
		fd = source_open_file(pages->source, pages->path, O_RDONLY);
	}
	if (fd < 0) {
		snprintf(pages->path, sizeof(pages->path), "pages");
		fd = source_open_file(pages->source, pages->path, O_RDONLY);
	}
	return fd;
}

void top_pages_again(struct top_pages *pages)
{
	struct stat stat;

	if (pages->fd >= 0)
		return;
	pages->fd = open_file(pages);
	if (pages->fd < 0 && pages->source->live)
		die_of_missing(pages->source, pages->path);
	pages->begun = now_ms();
	pages->have = 0;
	pages->names = 0;
	if (pages->fd < 0)
		done(pages);	/* A saved folder without pages. */
	else if (fstat(pages->fd, &stat) || !S_ISREG(stat.st_mode))
		die_of_block(pages, "This is no ordinary file.");
}

void top_pages_open(struct top_pages *pages, const struct source *source, const char *owner)
{
	*pages = (struct top_pages){ .source = source, .fd = -1, .first = true };
	strncat(pages->owner, owner, sizeof(pages->owner) - 1);
	pages->wish.sort = PAGE_AGE;
	/* The column names, a partial line and the next block. */
	pages->block = allocate(NULL, 2 * LINE_MOST + BLOCK, 1);
	top_pages_again(pages);
}

void top_pages_close(struct top_pages *pages)
{
	if (pages->fd >= 0)
		stop(pages);
	list_free(&pages->shown);
	list_free(&pages->next);
	free(pages->block);
	free(pages->row);
	*pages = (struct top_pages){ .fd = -1 };
}

/* ---- selection */

static int64_t value(const struct page *page, enum page_column column)
{
	switch (column) {
	case PAGE_AGE:
		return page->age;
	case PAGE_CPU:
		return page->cpu;
	case PAGE_NODE:
		return page->node;
	case PAGE_RESERVE:
		return page->from_reserve;
	default:
		return ~page->pfn;	/* ascending */
	}
}

const char *page_word(const struct page *page, enum page_column column)
{
	switch (column) {
	case PAGE_STATE:
		return page->state;
	case PAGE_CONTEXT:
		return page->context;
	case PAGE_ZONE:
		return page->zone;
	case PAGE_CALLER:
		return page->caller;
	default:
		return NULL;
	}
}

static int compare(const void *a, const void *b, void *context)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const struct top_pages *pages = context;
	const struct page *x = &pages->shown.page[left], *y = &pages->shown.page[right];
	enum page_column column = pages->wish.sort;
	int which;

	if (page_word(x, column)) {
		/* Equal words have equal pointers. */
		which = page_word(x, column) == page_word(y, column) ? 0 :
			strcmp(page_word(x, column), page_word(y, column));
	} else {
		which = (value(x, column) < value(y, column)) -
			(value(x, column) > value(y, column));
	}
	if (pages->wish.reverse)
		which = -which;
	return which ?: (left > right) - (left < right);
}

void top_pages_choose(struct top_pages *pages)
{
	size_t i;

	pages->row = allocate(pages->row, pages->shown.nr, sizeof(*pages->row));
	for (pages->nr = i = 0; i < pages->shown.nr; i++) {
		const struct page *page = &pages->shown.page[i];

		if (is_filtered(&pages->wish, page->state) ||
		    is_filtered(&pages->wish, page->context) ||
		    is_filtered(&pages->wish, page->zone) ||
		    is_filtered(&pages->wish, page->caller))
			pages->row[pages->nr++] = i;
	}
	qsort_r(pages->row, pages->nr, sizeof(*pages->row), compare, pages);
}
