// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cell.h"
#include "../message.h"
#include "top.h"

/* ---- the terminal */

static struct screen *screen;	/* ncurses' SCREEN */
static bool coloured;

void screen_open(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		die(USAGE, "\"top\" needs a terminal: use \"owners\", \"zones\" or \"refusals\" instead.");
	if (term && strcmp(term, "dumb"))
		screen = newterm(NULL, stdout, stdin);
	if (!screen)
		die(USAGE, "\"top\" cannot draw on a terminal of type \"%s\": set TERM.", term ? term : "");
	die_first = screen_close;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	coloured = !(no && *no) && has_colors() && start_color() == OK;
	if (coloured) {
		use_default_colors();
		init_pair(GOOD, COLOR_GREEN, -1);
		init_pair(WARNING, COLOR_YELLOW, -1);
		init_pair(BAD, COLOR_RED, -1);
	}
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
	die_first = NULL;
}

attr_t screen_colour(enum colour colour)
{
	if (colour == STRONG)
		return A_BOLD;
	return coloured && colour != PLAIN ? COLOR_PAIR(colour) : A_NORMAL;
}

/* ---- text */

/* Text from a file is escaped by cell_text(). */
void screen_put(int y, int x, int width, bool right, attr_t how, const char *text)
{
	char line[1024];
	int length, pad;

	if (y < 0 || y >= LINES || x >= COLS)
		return;
	if (width > COLS - x)
		width = COLS - x;
	if (width > (int)sizeof(line) - 1)
		width = sizeof(line) - 1;
	cell_text(line, sizeof(line), text);
	length = strlen(line);
	if (length > width) {
		length = width;
		line[width - 1] = '+';
	}
	pad = width - length;
	attrset(how);
	mvprintw(y, x, "%*s%.*s%*s", right ? pad : 0, "", length, line, right ? 0 : pad, "");
	attrset(A_NORMAL);
}

/* ---- moving in a list */

void cursor_fit(struct cursor *cursor, size_t nr, int height)
{
	size_t lines = height > 0 ? height : 1;

	cursor->height = lines;
	if (cursor->at >= nr)
		cursor->at = nr ? nr - 1 : 0;
	if (cursor->first + lines > nr)
		cursor->first = nr > lines ? nr - lines : 0;
	if (cursor->first > cursor->at)
		cursor->first = cursor->at;
	if (cursor->at >= cursor->first + lines)
		cursor->first = cursor->at - lines + 1;
}

void put_line(int y, attr_t how, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	screen_put(y, 0, COLS, false, how, text);
}

bool cursor_move(struct cursor *cursor, size_t nr, int key)
{
	size_t page = cursor->height > 1 ? cursor->height - 1 : 1;

	switch (key) {
	case KEY_UP:
		cursor->at -= cursor->at > 0;
		break;
	case KEY_DOWN:
		cursor->at++;
		break;
	case KEY_PPAGE:
		cursor->at -= cursor->at > page ? page : cursor->at;
		break;
	case KEY_NPAGE:
		cursor->at += page;
		break;
	case KEY_HOME:
		cursor->at = 0;
		break;
	case KEY_END:
		cursor->at = nr;
		break;
	default:
		return false;
	}
	cursor_fit(cursor, nr, cursor->height);
	return true;
}
