// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../memory.h"
#include "../message.h"
#include "top.h"

#define DELAY_LEAST	100	/* ms */
#define DELAY_MOST	3600000
#define DRAW_MS		100	/* between two redraws while pages are being read */
#define KEYS_MOST	100	/* handled between two redraws */
#define ESCAPE		27
#define HELD		(2UL << 20)	/* bytes of memory for tables and the screen */

static const char delay_range[] = "The delay must be from 0.1 to 3600 seconds.";

enum prompt { PROMPT_NONE, PROMPT_FILTER, PROMPT_DELAY };

struct top {
	struct top_data data;
	struct top_pages pages;
	enum view view, before_help;
	enum prompt prompt;
	char typed[16];		/* input at PROMPT_DELAY */
	const char *remark;	/* shown in the last line until the next key */
	int64_t delay, next, drawn;
	bool paused, quit;
};

static bool is_still(const struct top *top)
{
	return top->paused || !top->data.source->live;
}

static struct wish *wish_of(struct top *top)
{
	return top->view == VIEW_PAGES ? &top->pages.wish : &top->data.wish;
}

/* ---- refresh */

static void choose(struct top *top)
{
	if (top->view == VIEW_PAGES)
		top_pages_choose(&top->pages);
	else
		top_data_choose(&top->data);
}

/* Reading pages takes at most a tenth of the time, however many there are. */
static bool are_pages_due(const struct top *top)
{
	return top->pages.fd < 0 && now_ms() - top->pages.done_at >= 9 * top->pages.took;
}

static void look(struct top *top)
{
	if (top->view != VIEW_PAGES)
		top_data_read(&top->data);
	else if (are_pages_due(top))
		top_pages_again(&top->pages);
	top->next = now_ms() + top->delay;
}

/* ---- drawing */

static void draw_prompt(const struct top *top)
{
	char text[128];

	if (top->remark)
		snprintf(text, sizeof(text), "%s", top->remark);
	else if (top->prompt == PROMPT_FILTER)
		snprintf(text, sizeof(text), "Show only: %s_", top->view == VIEW_PAGES ?
			 top->pages.wish.filter : top->data.wish.filter);
	else if (top->prompt == PROMPT_DELAY)
		snprintf(text, sizeof(text), "Seconds between updates (%g): %s_",
			 top->delay / 1000.0, top->typed);
	else
		return;
	screen_put(LINES - 1, 0, COLS, false, A_BOLD, text);
}

static void draw(struct top *top)
{
	char state[64] = "";

	if (top->data.source->live)
		snprintf(state, sizeof(state), "every %g s%s", top->delay / 1000.0,
			 top->paused ? "   PAUSED" : "");
	switch (top->view) {
	case VIEW_OWNERS:
		view_owners(&top->data, state);
		break;
	case VIEW_PAGES:
		view_pages(&top->pages, state);
		break;
	case VIEW_HELP:
		view_help();
		break;
	}
	draw_prompt(top);
	refresh();
	top->drawn = now_ms();
}

/* ---- keys */

static void take_delay(struct top *top)
{
	char *end;
	double ms = strtod(top->typed, &end) * 1000;

	if (!*top->typed)
		return;
	if (*end || !(ms >= DELAY_LEAST && ms <= DELAY_MOST))
		top->remark = delay_range;
	else
		top->delay = ms;
	top->next = now_ms() + top->delay;
}

static void prompt_key(struct top *top, int key)
{
	bool filter = top->prompt == PROMPT_FILTER;
	char *text = filter ? wish_of(top)->filter : top->typed;
	size_t size = filter ? FILTER_MOST : sizeof(top->typed), length = strlen(text);

	if (key == '\n' || key == '\r' || key == KEY_ENTER || key == ESCAPE) {
		if (key == ESCAPE)
			*text = 0;
		if (!filter)
			take_delay(top);
		top->prompt = PROMPT_NONE;
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length) {
		text[length - 1] = 0;
	} else if (key >= ' ' && key <= '~' && length + 1 < size) {
		text[length] = key;
		text[length + 1] = 0;
	}
	if (filter)
		choose(top);
}

static void sort_by(struct top *top, int column)
{
	wish_of(top)->sort = column;
	choose(top);
}

/* Sort by the next or previous column on the screen. */
static void sort_beside(struct top *top, int step)
{
	bool pages = top->view == VIEW_PAGES;
	int nr = pages ? (int)NR_PAGE_COLUMNS : (int)NR_OWNER_COLUMNS, column = wish_of(top)->sort;

	do {
		column = (column + step + nr) % nr;
	} while (!pages && !owner_column_fits(column));
	sort_by(top, column);
}

static void open_pages(struct top *top)
{
	const char *owner = top_data_selected(&top->data);

	if (!owner)
		return;
	top_pages_open(&top->pages, top->data.source, owner);
	top->view = VIEW_PAGES;
}

static void go_back(struct top *top)
{
	if (top->view == VIEW_OWNERS) {
		top->quit = true;
		return;
	}
	top_pages_close(&top->pages);
	top->view = VIEW_OWNERS;
	if (!is_still(top))
		look(top);
}

/* The cursor follows the owner it was moved to. On the first line, it stays on that line. */
static bool move_key(struct top *top, int key)
{
	struct top_data *data = &top->data;
	const char *selected;

	if (top->view == VIEW_PAGES)
		return cursor_move(&top->pages.wish.cursor, top->pages.nr, key);
	if (!cursor_move(&data->wish.cursor, data->nr, key))
		return false;
	selected = top_data_selected(data);
	*data->selected = 0;
	if (selected && data->wish.cursor.at)
		strncat(data->selected, selected, sizeof(data->selected) - 1);
	return true;
}

static bool owners_key(struct top *top, int key)
{
	static const struct {
		int key;
		enum owner_column column;
	} shortcuts[] = {
		{ 'N', OWNER_NAME }, { 'M', OWNER_OWNED }, { 'P', OWNER_ALLOCS },
		{ 'F', OWNER_REFUSALS }, { 'V', OWNER_VIOLATIONS },
	};
	size_t i;

	if (top->view != VIEW_OWNERS)
		return false;
	if (key == 'p' || key == '\n' || key == '\r' || key == KEY_ENTER) {
		open_pages(top);
		return true;
	}
	for (i = 0; i < sizeof(shortcuts) / sizeof(*shortcuts); i++)
		if (key == shortcuts[i].key) {
			sort_by(top, shortcuts[i].column);
			return true;
		}
	return false;
}

static void any_key(struct top *top, int key)
{
	struct wish *wish = wish_of(top);

	switch (key) {
	case 'q':
	case KEY_F(10):
		go_back(top);
		break;
	case ESCAPE:
		*wish->filter = 0;
		if (top->view == VIEW_PAGES)
			go_back(top);
		else
			choose(top);
		break;
	case 'p':
		go_back(top);
		break;
	case 'h':
	case '?':
	case KEY_F(1):
		top->before_help = top->view;
		top->view = VIEW_HELP;
		break;
	case 's':
	case '>':
	case KEY_F(6):
		sort_beside(top, 1);
		break;
	case '<':
		sort_beside(top, -1);
		break;
	case 'r':
	case 'R':
	case 'I':
		wish->reverse = !wish->reverse;
		choose(top);
		break;
	case '/':
	case KEY_F(4):
		top->prompt = PROMPT_FILTER;
		break;
	case 'd':
		*top->typed = 0;
		top->prompt = PROMPT_DELAY;
		break;
	case ' ':
		top->paused = !top->paused;
		break;
	case 'u':
	case KEY_F(5):
		if (top->data.source->live)
			look(top);
		break;
	case 'L' - '@':
		clearok(curscr, TRUE);
		break;
	}
}

static void take_key(struct top *top, int key)
{
	top->remark = NULL;
	if (key == KEY_RESIZE) {
		/* The sort column is kept even if it no longer fits on the screen. */
		clearok(curscr, TRUE);
	} else if (top->prompt) {
		prompt_key(top, key);
	} else if (top->view == VIEW_HELP) {
		top->view = top->before_help;
	} else if (!move_key(top, key) && !owners_key(top, key)) {
		any_key(top, key);
	}
}

/* ---- waiting */

/*
 * Wait for input, a signal or the next refresh. Sets @input if there is input. Returns false if
 * the terminal is gone.
 */
static bool wait_for_key(const struct top *top, const sigset_t *waiting, bool *input)
{
	int64_t ms = top->pages.fd >= 0 ? 0 : top->next - now_ms();
	struct pollfd poll = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec time;
	bool forever = top->pages.fd < 0 && is_still(top);

	if (ms < 0)
		ms = 0;
	time = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	*input = false;
	if (ppoll(&poll, 1, forever ? NULL : &time, waiting) < 0)
		return errno == EINTR;
	hear_signals(waiting);
	*input = poll.revents & POLLIN;
	return !(poll.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* Handle pending keys before the next redraw. Returns false if there was none. */
static bool take_keys(struct top *top)
{
	int key, taken = 0;

	while (!top->quit && taken < KEYS_MOST && (key = getch()) != ERR) {
		take_key(top, key);
		taken++;
	}
	return taken;
}

/* Returns true if the screen must be redrawn. */
static bool read_on(struct top *top)
{
	if (top->pages.fd >= 0) {
		bool done = top_pages_slice(&top->pages);

		if (!done && !(top->pages.first && now_ms() - top->drawn >= DRAW_MS))
			return false;
		top_pages_choose(&top->pages);
		return true;
	}
	if (is_still(top) || now_ms() < top->next)
		return false;
	look(top);
	return true;
}

static void loop(struct top *top, const sigset_t *waiting)
{
	bool input;

	draw(top);
	while (wait_for_key(top, waiting, &input) && !ended_by) {
		bool dirty = take_keys(top);

		/* Input without a key means end of file. */
		if (top->quit || (input && !dirty))
			break;
		if (read_on(top) || dirty)
			draw(top);
	}
}

static void take_options(struct top *top, const struct options *options)
{
	if (options->sort)
		top->data.wish.sort = owner_column_find(options->sort);
	top->data.wish.reverse = options->reverse;
	if (options->interval == UNKNOWN)
		return;
	if (options->interval < DELAY_LEAST || options->interval > DELAY_MOST)
		die(USAGE, "%s", delay_range);
	top->delay = options->interval;
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct top top = {
		.data = {
			.source = source, .wish.sort = OWNER_OWNED, .owner_file.path = "owners",
			.zone_file.path = "zones", .refusal_file.path = "refusals",
			.violation_file.path = "violations",
		},
		.pages.fd = -1, .delay = 2000,
	};
	sigset_t waiting;

	(void)args;
	take_options(&top, options);
	memory_hold(HELD);
	top_data_read(&top.data);
	screen_open();
	hold_signals(&waiting);
	/* Rates need two samples. */
	top.next = now_ms() + 500;
	loop(&top, &waiting);
	top_pages_close(&top.pages);
	top_data_free(&top.data);
	screen_close();
	sigprocmask(SIG_SETMASK, &waiting, NULL);
	if (ended_by)
		end_by_signal();
}

const struct command top_command = {
	.name = "top",
	.summary = "owners, zones, refusals and violations, live; h shows its keys",
	.takes = TAKES_DELAY | TAKES_ORDER,
	.run = run,
	.example = "top --interval=5s --sort=refused",
};
