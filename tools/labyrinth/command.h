/* SPDX-License-Identifier: GPL-2.0 */
/* The commands and the options they take. */
#ifndef COMMAND_H
#define COMMAND_H

#include "read/source.h"

/* Options in addition to --from, which all commands take that read tables. */
enum {
	TAKES_JSON	= 1 << 0,
	TAKES_LIST	= 1 << 1,	/* --sort, --reverse, --limit */
	TAKES_STATE	= 1 << 2,
	TAKES_OLDER	= 1 << 3,
	TAKES_REASON	= 1 << 4,
	TAKES_KIND	= 1 << 5,
	TAKES_OUTPUT	= 1 << 6,
	TAKES_SAMPLES	= 1 << 7,	/* --interval, --count, --time */
	NEEDS_NO_SOURCE	= 1 << 8,
	TAKES_OWNER	= 1 << 9,
	TAKES_MODULE	= 1 << 10,
	TAKES_WATCHED	= 1 << 11,	/* --module, --time */
	TAKES_KEEP	= 1 << 12,
	TAKES_DELAY	= 1 << 13,	/* --interval */
	TAKES_ORDER	= 1 << 14,	/* --sort, --reverse */
	TAKES_ALL	= 1 << 15,
	NEEDS_LIVE	= 1 << 16,	/* has no --from */
};

struct options {
	const char *from, *owner, *module, *state, *reason, *kind, *sort, *output;
	int64_t older_than;	/* ms; UNKNOWN if not given */
	int64_t limit;		/* rows; UNKNOWN if not given */
	int64_t interval, count, time;	/* ms, samples, ms; UNKNOWN if not given */
	bool json, reverse, all, keep;
};

struct command {
	const char *name, *args, *summary;
	unsigned int takes;
	int least, most;	/* number of arguments */
	void (*run)(const struct source *source, const struct options *options, char **args);
	const char *example;	/* for its help */
};

extern const struct command status_command, owners_command, pages_command, zones_command,
	whois_command, refusals_command, violations_command, verdicts_command, advise_command,
	dippers_command, watch_command, set_command, metrics_command, save_command, top_command,
	record_command, report_command, help_command;

#endif
