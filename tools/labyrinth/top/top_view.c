// SPDX-License-Identifier: GPL-2.0
/* The owner view and the help: one function for each part of the screen. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../read/zone.h"
#include "top.h"

#define NAME_MOST	32	/* greatest width of the name column */
#define ZONE_X		14	/* of a zone's gauge */
#define LEGEND_LINES	16	/* least height of a screen with a legend of the gauges */

static int64_t number(const struct table *table, size_t row, const char *column)
{
	return table_number(table, row, table_column(table, column));
}

static const char *cell(const struct table *table, size_t row, const char *column)
{
	return table_cell(table, row, table_column(table, column));
}

/* At most five characters. */
static const char *count_text(char buf[32], int64_t value)
{
	if (value == UNKNOWN)
		return "?";
	if (value < 100000)
		snprintf(buf, 32, "%" PRId64, value);
	else if (value < 10000000)
		snprintf(buf, 32, "%" PRId64 "k", value / 1000);
	else
		snprintf(buf, 32, "%" PRId64 "M", value / 1000000);
	return buf;
}

/* ---- last line: keys */

void put_keys(const char *keys, const struct wish *wish, const char *sorted)
{
	put_line(LINES - 1, A_REVERSE, "%s   by %s%s%s%.*s", keys, sorted,
		 wish->reverse ? ", reversed" : "", *wish->filter ? "   /" : "",
		 FILTER_MOST, wish->filter);
}

/* ---- top: sums and zones */

static void put_title(const struct top_data *data, const char *state)
{
	char now[32];
	time_t at = time(NULL);

	if (data->source->live) {
		strftime(now, sizeof(now), "%H:%M:%S", localtime(&at));
		put_line(0, A_BOLD, "labyrinth top   %s   %zu owners   %s", now,
			 data->owners.nr_rows, state);
	} else {
		put_line(0, A_BOLD, "labyrinth top   %s, saved %s   %zu owners", data->source->name,
			 table_value(&data->saved, "date") ?: "at an unknown time",
			 data->owners.nr_rows);
	}
}

/* Count since loading: the last seq includes reports of destroyed owners. */
static int64_t sum(const struct top_data *data, const char *column)
{
	const struct table *reports = !strcmp(column, "refused") ? &data->refusals :
				      !strcmp(column, "violations") ? &data->violations : NULL;
	int64_t value = table_sum(&data->owners, table_column(&data->owners, column)), seq;

	if (!reports || !reports->nr_rows)
		return value;
	seq = number(reports, reports->nr_rows - 1, "seq");
	return seq > value ? seq : value;
}

static void put_sums(const struct top_data *data)
{
	static const struct {
		const char *column, *words;
	} sums[] = {
		{ "owned", "/" }, { "budget", " owned   " }, { "stocked", "/" },
		{ "stock", " ready   " }, { "from_reserve", " from reserve   " },
		{ "refused", " refused   " }, { "violations", " violations" },
	};
	char text[32], buf[32];
	int x = 0;
	size_t i;

	for (i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
		snprintf(text, sizeof(text), "%s", count_text(buf, sum(data, sums[i].column)));
		screen_put(1, x, strlen(text), false,
			   screen_colour(cell_colour(sums[i].column, text)), text);
		x += strlen(text);
		screen_put(1, x, strlen(sums[i].words), false, A_NORMAL, sums[i].words);
		x += strlen(sums[i].words);
	}
}

static void put_zone(int y, const struct top_data *data, size_t row)
{
	struct zone zone = zone_read(&data->zones, row);
	int64_t deepest = zone_deepest_owner(&data->owners), floor = UNKNOWN;
	char gauge[256], text[96], left[2] = "";
	int width = COLS - ZONE_X - 46, i;
	bool more;

	if (deepest >= 0)
		floor = zone_floor(&zone, number(&data->owners, deepest, "reserve_pct"));
	if (width > (int)sizeof(gauge))
		width = sizeof(gauge);
	snprintf(text, sizeof(text), "node %.3s %s", cell(&data->zones, row, "node"), zone.name);
	screen_put(y, 0, ZONE_X - 1, false, A_BOLD, text);
	if (width < 8)
		width = 8;
	more = zone_gauge(&zone, floor, gauge, width);
	screen_put(y, ZONE_X, 1, false, A_NORMAL, "[");
	for (i = 0; i < width; i++) {
		*left = gauge[i];
		screen_put(y, ZONE_X + 1 + i, 1, false, *left == '.' ? A_NORMAL :
			   screen_colour(*left == '#' ? depth_colour(zone.depth) : STRONG), left);
	}
	snprintf(text, sizeof(text), "%s %8" PRId64 " free  min %" PRId64, more ? ">" : "]",
		 zone.free, zone.min);
	screen_put(y, ZONE_X + 1 + width, 28, false, A_NORMAL, text);
	if (zone.depth == UNKNOWN)
		return;
	snprintf(text, sizeof(text), "%3" PRId64 "%% reserve used", zone.depth);
	screen_put(y, ZONE_X + 1 + width + 28, 17, false,
		   screen_colour(zone.depth > 0 ? depth_colour(zone.depth) : PLAIN), text);
}

/* True if the zone is among the @most deepest; of equal zones, the first ones. */
static bool is_deep(const struct table *zones, size_t row, size_t most)
{
	int64_t depth = number(zones, row, "depth_pct"), other;
	size_t i, deeper = 0;

	for (i = 0; i < zones->nr_rows; i++) {
		other = number(zones, i, "depth_pct");
		deeper += other > depth || (other == depth && i < row);
	}
	return deeper < most;
}

/* Returns the next free line. */
static int put_zones(int y, const struct top_data *data)
{
	const struct table *zones = &data->zones;
	size_t most = LINES / 6, row;

	for (row = 0; row < zones->nr_rows; row++)
		if (is_deep(zones, row, most))
			put_zone(y++, data, row);
	if (zones->nr_rows && LINES >= LEGEND_LINES)
		put_line(y++, A_DIM, "%s", zone_legend);
	return y;
}

/* ---- middle: owners */

static int name_width(void)
{
	int width = owner_columns[OWNER_NAME].width + (COLS > 80 ? COLS - 80 : 0);

	return width < NAME_MOST ? width : NAME_MOST;
}

static int owner_column_x(enum owner_column column)
{
	int x = 0, i;

	for (i = 0; i < (int)column; i++)
		x += (i == OWNER_NAME ? name_width() : owner_columns[i].width) + 1;
	return x;
}

bool owner_column_fits(enum owner_column column)
{
	return column <= OWNER_VIOLATIONS ||
	       owner_column_x(column) + owner_columns[column].width <= COLS;
}

static const char *owner_text(const struct top_data *data, size_t row, enum owner_column column,
			      char text[128])
{
	const struct owner_column_info *info = &owner_columns[column];
	char part[32], whole[32];
	double rate;

	if (column == OWNER_NAME || column == OWNER_MODULE)
		return cell(&data->owners, row, info->name);
	if (info->rate) {
		rate = owner_rate(data, row, column);
		if (rate < 0)
			return "-";
		snprintf(text, 128, rate < 10 && rate > 0 ? "%.1f" : "%.0f", rate);
	} else if (info->of) {
		snprintf(text, 128, "%s/%s", count_text(part, number(&data->owners, row, info->name)),
			 count_text(whole, number(&data->owners, row, info->of)));
	} else {
		return count_text(text, number(&data->owners, row, info->name));
	}
	return text;
}

static attr_t owner_how(enum owner_column column, const char *text)
{
	if (column == OWNER_REFUSALS)
		return screen_colour(cell_colour("refused", text));
	return screen_colour(owner_columns[column].of ? PLAIN :
			     cell_colour(owner_columns[column].name, text));
}

static void put_owner(int y, const struct top_data *data, size_t row, bool selected)
{
	enum owner_column column;
	char text[128];

	put_line(y, selected ? A_REVERSE : A_NORMAL, "%s", "");
	for (column = 0; column < NR_OWNER_COLUMNS && owner_column_fits(column); column++) {
		const char *shown = owner_text(data, row, column, text);
		bool word = column == OWNER_NAME || column == OWNER_MODULE;

		screen_put(y, owner_column_x(column),
			   column == OWNER_NAME ? name_width() : owner_columns[column].width, !word,
			   owner_how(column, shown) | (selected ? A_REVERSE : 0), shown);
	}
}

static void put_owners(int y, int height, struct top_data *data)
{
	struct cursor *cursor = &data->wish.cursor;
	enum owner_column column;
	size_t i;

	put_line(y, A_REVERSE, "%s", "");
	for (column = 0; column < NR_OWNER_COLUMNS && owner_column_fits(column); column++)
		screen_put(y, owner_column_x(column),
			   column == OWNER_NAME ? name_width() : owner_columns[column].width,
			   column != OWNER_NAME && column != OWNER_MODULE,
			   (int)column == data->wish.sort ? A_BOLD | A_UNDERLINE : A_REVERSE,
			   owner_columns[column].title);
	cursor_fit(cursor, data->nr, height);
	for (i = cursor->first; i < data->nr && (int)(i - cursor->first) < height; i++)
		put_owner(y + 1 + i - cursor->first, data, data->row[i], i == cursor->at);
	if (!data->nr && height > 0)
		put_line(y + 1, A_NORMAL, "No owners found.");
}

/* ---- whole screens */

/* At most half of @lines, or more if @other needs less than its half. */
static int share(int lines, size_t wanted, size_t other)
{
	size_t most = lines / 2;

	if (other < lines - most)
		most = lines - other;
	return wanted < most ? wanted : most;
}

void view_owners(struct top_data *data, const char *state)
{
	int lines = data->nr ? data->nr : 1, y, rest, below, violations, dippers = 0;

	erase();
	put_title(data, state);
	put_sums(data);
	y = put_zones(2, data);
	rest = LINES - 1 - y - 1;
	/* One line per owner, but keep half of the screen for the reports. */
	below = lines < rest / 2 ? rest - lines : rest / 2;
	if (below < 4)
		below = 0;
	if (data->dipping && below >= 8)
		dippers = share(below / 2, data->dippers.nr_rows + 1, below);
	violations = share(below - dippers, data->violations.nr_rows + 1, data->refusals.nr_rows + 1);
	put_owners(y, rest - below, data);
	if (below) {
		put_refusals(LINES - 1 - below, below - violations - dippers, data);
		put_violations(LINES - 1 - violations - dippers, violations, data);
		if (dippers)
			put_dippers(LINES - 1 - dippers, dippers, data);
	}
	put_keys("h help  q quit  p pages  s sort  / filter", &data->wish,
		 owner_columns[data->wish.sort].title);
}

void view_help(void)
{
	static const char * const lines[] = {
		"labyrinth top",
		"",
		"up down PgUp PgDn Home End   move",
		"s  >  <   sort by the next or the previous column",
		"N  M  P  F  V   sort by name, owned, allocs/s, refusals/s, violations",
		"r  R  I   reverse the order",
		"/  F4   show only lines with this text; Esc clears it",
		"p  Enter   show the pages of the selected owner",
		"d   set the seconds between updates",
		"space   pause or resume",
		"u  F5   update now",
		"h  ?  F1   this help",
		"q  F10   quit, or back to the owners",
		"",
		zone_legend,
		"READY/STOCK: pages kept for atomic requests   RESERVE: taken from below min",
		"DIPPER: a function without an owner that took pages from below min",
		"",
		"Any key: back.",
	};
	size_t i;

	erase();
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		put_line(i, i ? A_NORMAL : A_BOLD, "%s", lines[i]);
}
