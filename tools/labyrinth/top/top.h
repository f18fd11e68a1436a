/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of top: what was read, what is shown of it, and how. */
#ifndef TOP_H
#define TOP_H

#include <ncurses.h>
#include <signal.h>

#include "../command.h"
#include "../show/print.h"

#define FILTER_MOST	64

enum view { VIEW_OWNERS, VIEW_PAGES, VIEW_HELP };

/* Where one is in a list, and what of it is on the screen. */
struct cursor {
	size_t at, first;
	int height;
};

/* How a list is asked for. */
struct wish {
	char filter[FILTER_MOST];
	int sort;		/* a column as it is shown */
	bool reverse;
	struct cursor cursor;
};

/* ---- top_data.c: owners and what is around them */

struct rates {
	double allocs, refusals;	/* per second, below 0 where not known */
};

struct top_data {
	const struct source *source;
	struct table owners, zones, refusals, violations, saved;
	int64_t read_at;	/* ms of CLOCK_MONOTONIC */
	struct rates *rates;	/* of each owner */
	size_t *row, nr;	/* the owners that are shown, in order */
	struct wish wish;
	char selected[128];	/* the owner that is followed; "" for whoever is in that line */
};

enum owner_column {
	OWNER_NAME, OWNER_OWNED, OWNER_STOCKED, OWNER_RESERVE, OWNER_ALLOCS, OWNER_REFUSALS,
	OWNER_VIOLATIONS, OWNER_REFUSED, OWNER_PEAK, OWNER_QUARANTINED, OWNER_SLEEP, OWNER_MODULE,
	NR_OWNER_COLUMNS
};

struct owner_column_info {
	const char *title, *name, *of;	/* columns of the table; @of is what @name is a part of */
	int width;
	bool rate;
};

extern const struct owner_column_info owner_columns[NR_OWNER_COLUMNS];

void top_data_read(struct top_data *data);
void top_data_choose(struct top_data *data);
/* Those in the lines of the screen; NULL where there is none. */
const char *top_data_selected(const struct top_data *data);
double owner_rate(const struct top_data *data, size_t row, enum owner_column column);
void top_data_free(struct top_data *data);

int64_t now_ms(void);
/* Is the filter's text in @text, in letters of either case? */
bool is_filtered(const struct wish *wish, const char *text);

/* ---- top_pages.c: the pages of an owner, read in slices so that no key has to wait */

#define PAGES_MOST	131072	/* that are kept */

struct page {
	int64_t pfn, age, cpu, node, from_reserve;
	const char *state, *context, *zone, *caller;
};

struct page_list {
	struct page *page;
	size_t nr, room, seen;	/* @seen of the owner, of which @nr are kept */
	void *words;		/* each once */
};

struct top_pages {
	const struct source *source;
	char owner[128], path[160];
	struct page_list shown, next;
	bool first;		/* what is being read is shown meanwhile */
	int fd;			/* -1: nothing is being read */
	char *block;
	size_t have, names;	/* bytes in @block, and of its line of names */
	int64_t begun, took, done_at;
	uint32_t *row;		/* of @shown, in order */
	size_t nr;
	struct wish wish;
};

enum page_column {
	PAGE_PFN, PAGE_STATE, PAGE_AGE, PAGE_CONTEXT, PAGE_CPU, PAGE_NODE, PAGE_ZONE, PAGE_RESERVE,
	PAGE_CALLER, NR_PAGE_COLUMNS
};

void top_pages_open(struct top_pages *pages, const struct source *source, const char *owner);
void top_pages_again(struct top_pages *pages);
/* Read a little. True: that was the last of it. */
bool top_pages_slice(struct top_pages *pages);
void top_pages_choose(struct top_pages *pages);
void top_pages_close(struct top_pages *pages);
/* NULL: the column is one of numbers. */
const char *page_word(const struct page *page, enum page_column column);

/* ---- top_screen.c: text on the screen */

void screen_open(void);
void screen_close(void);
/* In exactly @width columns of line @y; what does not fit ends in "+". */
void screen_put(int y, int x, int width, bool right, attr_t how, const char *text);
attr_t screen_colour(enum colour colour);
/* Keep @cursor in a list of @nr lines. */
void cursor_fit(struct cursor *cursor, size_t nr, int height);
/* False: @key is none that moves. */
bool cursor_move(struct cursor *cursor, size_t nr, int key);

/* ---- top_signal.c */

extern _Atomic int ended_by;	/* a signal; 0: none yet */

/* Signals that end it wait until somebody waits for them: @waiting is the mask for that. */
void hold_signals(sigset_t *waiting);
/* Those that came so far: ppoll() lets none in where there is input as well. */
void hear_signals(const sigset_t *waiting);
/* As if there were no top: who waits for it learns of the signal. */
__attribute__((noreturn))
void end_by_signal(void);

/* ---- top_view.c, top_view_pages.c */

void view_owners(struct top_data *data, const char *state);
void view_pages(struct top_pages *pages, const char *state);
void view_help(void);

/* The whole line @y. */
__attribute__((format(printf, 3, 4)))
void put_line(int y, attr_t how, const char *format, ...);
/* The last line. */
void put_keys(const char *keys, const struct wish *wish, const char *sorted);

/* Which owner columns there is room for. */
bool owner_column_fits(enum owner_column column);

#endif
