/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of top: data, selection and drawing. */
#ifndef TOP_H
#define TOP_H

#include <ncurses.h>
#include <signal.h>

#include "../command.h"
#include "../read/kept.h"
#include "../read/watch_table.h"
#include "../show/print.h"

#define FILTER_MOST	64

enum view { VIEW_OWNERS, VIEW_PAGES, VIEW_HELP };

/* The selected line of a list, and the part of it on the screen. */
struct cursor {
	size_t at, first;
	int height;
};

/* The user's settings of a list. */
struct wish {
	char filter[FILTER_MOST];
	int sort;		/* an enum owner_column or page_column */
	bool reverse;
	struct cursor cursor;
};

/* ---- top_data.c: owners, zones and the last reports */

struct rates {
	double allocs, refusals;	/* per second; negative if unknown */
};

struct top_data {
	const struct source *source;
	struct table owners, zones, refusals, violations, saved;
	struct kept owner_file, zone_file, refusal_file, violation_file;
	struct table dippers;
	bool dipping;		/* dippers are being watched */
	int64_t read_at;	/* ms of CLOCK_MONOTONIC */
	struct rates *rates;	/* of each owner */
	size_t *row, nr;	/* owners to show, sorted */
	struct wish wish;
	char selected[128];	/* owner that the cursor follows; "": it stays on its line */
};

enum owner_column {
	OWNER_NAME, OWNER_OWNED, OWNER_STOCKED, OWNER_RESERVE, OWNER_ALLOCS, OWNER_REFUSALS,
	OWNER_VIOLATIONS, OWNER_REFUSED, OWNER_PEAK, OWNER_QUARANTINED, OWNER_SLEEP, OWNER_MODULE,
	NR_OWNER_COLUMNS
};

struct owner_column_info {
	const char *title, *name, *of;	/* @name, @of: table columns, shown as "name/of" */
	int width;
	bool rate;
};

extern const struct owner_column_info owner_columns[NR_OWNER_COLUMNS];

/* Ends the program if there is no such column. */
enum owner_column owner_column_find(const char *name);
void top_data_read(struct top_data *data);
void top_data_choose(struct top_data *data);
/* The owner under the cursor; NULL if there is none. */
const char *top_data_selected(const struct top_data *data);
double owner_rate(const struct top_data *data, size_t row, enum owner_column column);
void top_data_free(struct top_data *data);

int64_t now_ms(void);
/* True if @text contains the filter's text, ignoring case. */
bool is_filtered(const struct wish *wish, const char *text);

/* ---- top_pages.c: the pages of an owner, read in slices so that keys are handled in between */

#define PAGES_MOST	131072	/* kept in memory */

struct page {
	int64_t pfn, age, cpu, node, from_reserve;
	const char *state, *context, *zone, *caller;
};

struct page_list {
	struct page *page;
	size_t nr, room, seen;	/* @seen: pages of the owner; @nr: those kept */
	void *words;		/* tree of distinct strings */
};

struct top_pages {
	const struct source *source;
	char owner[128], path[160];
	struct page_list shown, next;
	bool first;		/* first read: show pages while reading */
	int fd;			/* -1: no read in progress */
	char *block;
	size_t have, names;	/* bytes in @block, and in its line of column names */
	int64_t begun, took, done_at;
	uint32_t *row;		/* indices into @shown, sorted */
	size_t nr;
	struct wish wish;
};

enum page_column {
	PAGE_PFN, PAGE_STATE, PAGE_AGE, PAGE_CONTEXT, PAGE_CPU, PAGE_NODE, PAGE_ZONE, PAGE_RESERVE,
	PAGE_CALLER, NR_PAGE_COLUMNS
};

void top_pages_open(struct top_pages *pages, const struct source *source, const char *owner);
void top_pages_again(struct top_pages *pages);
/* Read one block. Returns true at the end. */
bool top_pages_slice(struct top_pages *pages);
void top_pages_choose(struct top_pages *pages);
void top_pages_close(struct top_pages *pages);
/* NULL if the column is numeric. */
const char *page_word(const struct page *page, enum page_column column);

/* ---- top_screen.c: text on the screen */

void screen_open(void);
void screen_close(void);
/* Fill exactly @width columns of line @y; truncated text ends in "+". */
void screen_put(int y, int x, int width, bool right, attr_t how, const char *text);
/* Fill the whole line @y. */
__attribute__((format(printf, 3, 4)))
void put_line(int y, attr_t how, const char *format, ...);
attr_t screen_colour(enum colour colour);
/* Keep @cursor within a list of @nr lines. */
void cursor_fit(struct cursor *cursor, size_t nr, int height);
/* Returns false if @key does not move the cursor. */
bool cursor_move(struct cursor *cursor, size_t nr, int key);

/* ---- top_signal.c */

extern _Atomic int ended_by;	/* number of the signal that ends top, or 0 */

/* Block the signals that end top. @waiting is the mask for ppoll(), which unblocks them. */
void hold_signals(sigset_t *waiting);
/* Deliver pending signals: ppoll() delivers none if there is input as well. */
void hear_signals(const sigset_t *waiting);
/* Die by the signal itself, so that it is in the wait status. */
__attribute__((noreturn))
void end_by_signal(void);

/* ---- top_view_reports.c */

/* Newest first. */
void put_refusals(int y, int height, const struct top_data *data);
void put_violations(int y, int height, const struct top_data *data);
/* Those that hold most. */
void put_dippers(int y, int height, const struct top_data *data);

/* ---- top_view.c, top_view_pages.c */

void view_owners(struct top_data *data, const char *state);
void view_pages(struct top_pages *pages, const char *state);
void view_help(void);

/* Fill the last line. */
void put_keys(const char *keys, const struct wish *wish, const char *sorted);

/* True if the column fits on the screen. */
bool owner_column_fits(enum owner_column column);

#endif
