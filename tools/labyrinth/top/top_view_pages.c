// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "top.h"

static const struct {
	const char *title;
	int width;	/* 0: the rest of the line */
	bool right;
} page_columns[NR_PAGE_COLUMNS] = {
	[PAGE_PFN]	= { "PFN", 12, true },
	[PAGE_STATE]	= { "STATE", 11, false },
	[PAGE_AGE]	= { "AGE", 8, true },
	[PAGE_CONTEXT]	= { "CONTEXT", 7, false },
	[PAGE_CPU]	= { "CPU", 4, true },
	[PAGE_NODE]	= { "NODE", 4, true },
	[PAGE_ZONE]	= { "ZONE", 8, false },
	[PAGE_RESERVE]	= { "RES", 3, true },
	[PAGE_CALLER]	= { "CALLER", 0, false },
};

static const char *page_text(const struct page *page, enum page_column column, char buf[32])
{
	int64_t value = column == PAGE_PFN ? page->pfn : column == PAGE_CPU ? page->cpu :
			column == PAGE_NODE ? page->node : page->from_reserve;

	if (page_word(page, column))
		return page_word(page, column);
	if (column == PAGE_AGE)
		return age_text(buf, page->age);
	if (value == UNKNOWN)
		return "-";
	snprintf(buf, 32, "%" PRId64, value);
	return buf;
}

/* The column titles if @page is NULL. */
static void put_page(int y, const struct page *page, int sort, bool selected)
{
	enum page_column column;
	char buf[32];
	int x = 0;

	put_line(y, selected ? A_REVERSE : A_NORMAL, "%s", "");
	for (column = 0; column < NR_PAGE_COLUMNS; column++) {
		const char *text = page ? page_text(page, column, buf) : page_columns[column].title;
		int width = page_columns[column].width;
		attr_t how = selected ? A_REVERSE : A_NORMAL;

		if (!page && (int)column == sort)
			how = A_BOLD | A_UNDERLINE;
		if (page && column == PAGE_STATE)
			how |= screen_colour(cell_colour("state", text));
		screen_put(y, x, width ? width : COLS - x, page_columns[column].right, how, text);
		x += width + 1;
	}
}

void view_pages(struct top_pages *pages, const char *state)
{
	struct cursor *cursor = &pages->wish.cursor;
	const struct page_list *shown = &pages->shown;
	size_t i;

	erase();
	put_line(0, A_BOLD, "labyrinth top   pages of %s   %s", pages->owner, state);
	if (shown->seen > shown->nr)
		put_line(1, A_NORMAL, "%zu pages, of which %zu are shown%s", shown->seen, shown->nr,
			 pages->first ? "; still reading" : "");
	else
		put_line(1, A_NORMAL, "%zu pages%s", shown->seen,
			 pages->first ? "; still reading" : "");
	put_page(2, NULL, pages->wish.sort, true);
	cursor_fit(cursor, pages->nr, LINES - 4);
	for (i = cursor->first; i < pages->nr && (int)(i - cursor->first) < LINES - 4; i++)
		put_page(3 + i - cursor->first, &shown->page[pages->row[i]], -1, i == cursor->at);
	put_keys("q back  s sort  r reverse  / filter", &pages->wish,
		 page_columns[pages->wish.sort].title);
}
