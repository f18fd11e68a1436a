// SPDX-License-Identifier: GPL-2.0
#include "option_table.h"

#define TEXT(field)	{ TEXT_OPTION, offsetof(struct options, field) }
#define FLAG(field)	{ FLAG_OPTION, offsetof(struct options, field) }
#define COUNT(field)	{ COUNT_OPTION, offsetof(struct options, field) }
#define TIME(field)	{ TIME_OPTION, offsetof(struct options, field) }

/* In the order of the help. */
const struct option_entry option_table[] = {
	{ "from", 'f', 0, TEXT(from), "DIR", "read a saved folder, not " LIVE_FOLDER },
	{ "owner", 0, TAKES_OWNER, TEXT(owner), "NAME", "only this owner" },
	{ "module", 0, TAKES_MODULE, TEXT(module), "NAME", "only functions of this module" },
	{ "module", 0, TAKES_WATCHED, TEXT(module), "NAME", "the module to measure" },
	{ "state", 0, TAKES_STATE, TEXT(state), "STATE",
	  "only pages that are owned, ready, quarantined or orphan" },
	{ "older-than", 0, TAKES_OLDER, TIME(older_than), "TIME",
	  "only pages taken longer ago: 500ms, 10s, 5m, 2h, 1d" },
	{ "reason", 0, TAKES_REASON, TEXT(reason), "REASON",
	  "only budget, floor, buddy, context, scope or dying" },
	{ "kind", 0, TAKES_KIND, TEXT(kind), "KIND", "only this kind, such as double_free" },
	{ "all", 'a', TAKES_ALL, FLAG(all), NULL, "a line for each, not for each group of equal ones" },
	{ "sort", 's', TAKES_LIST | TAKES_ORDER, TEXT(sort), "COLUMN",
	  "numbers in descending, words in alphabetical order" },
	{ "reverse", 'r', TAKES_LIST | TAKES_ORDER, FLAG(reverse), NULL, "reverse the order" },
	{ "limit", 'n', TAKES_LIST, COUNT(limit), "N", "show the first N lines only" },
	{ "interval", 'd', TAKES_SAMPLES, TIME(interval), "TIME",
	  "time between samples, 1s by default" },
	{ "interval", 'd', TAKES_DELAY, TIME(interval), "TIME",
	  "time between updates, 2s by default" },
	{ "count", 'n', TAKES_SAMPLES, COUNT(count), "N", "stop after N samples" },
	{ "time", 't', TAKES_SAMPLES, TIME(time), "TIME",
	  "stop after this time: 500ms, 10s, 5m, 2h, 1d" },
	{ "time", 't', TAKES_WATCHED, TIME(time), "TIME", "how long to measure, 10s by default" },
	{ "output", 'o', TAKES_OUTPUT, TEXT(output), "FILE", "write to FILE" },
	{ "json", 'j', TAKES_JSON, FLAG(json), NULL, "write JSON" },
	{ "keep", 0, TAKES_KEEP, FLAG(keep), NULL,
	  "at each boot, by /etc/modprobe.d/labyrinth.conf; advise prints the lines" },
	{ "help", 'h', 0, { HELP_OPTION, 0 }, NULL, "show this help" },
	{ "version", 'V', 0, { VERSION_OPTION, 0 }, NULL, "show the version" },
};

const size_t nr_options = sizeof(option_table) / sizeof(*option_table);

bool command_takes(const struct command *command, const struct option_entry *option)
{
	if (option->takes)
		return option->takes & command->takes;
	return option->store.kind != TEXT_OPTION || !(command->takes & (NEEDS_NO_SOURCE | NEEDS_LIVE));
}
