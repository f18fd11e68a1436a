// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "advice.h"
#include "cell.h"
#include "json.h"
#include "print.h"

static bool as_json, any;

void advice_open(bool json)
{
	as_json = json;
	any = false;
	if (as_json)
		json_open();
}

void advice_close(void)
{
	if (as_json)
		json_close();
	else if (!any)
		puts("Nothing is to be changed.");
}

void advice_add(struct advice *advice, const char *what, int64_t from, int64_t to, int64_t now,
		const char *format, ...)
{
	struct change *change = &advice->change[advice->nr++];
	va_list args;

	*change = (struct change){ .what = what, .from = from, .to = to, .now = now };
	va_start(args, format);
	vsnprintf(change->why, sizeof(change->why), format, args);
	va_end(args);
}

static bool is_done(const struct change *change)
{
	return change->to != UNKNOWN && change->now != UNKNOWN && change->now >= change->to;
}

static json_t *change_json(const struct advice *advice, const struct change *change)
{
	json_t *object = json_object();

	json_add(object, "owner", json_text(advice->owner));
	json_add(object, "reason", json_text(advice->reason));
	json_add(object, "count", json_count(advice->count));
	json_add(object, "told", json_count(advice->told));
	json_add(object, "caller", advice->caller ? json_text(advice->caller) : json_null());
	json_add(object, "change", json_text(change->what));
	json_add(object, "from", json_count(change->from));
	json_add(object, "to", json_count(change->to));
	json_add(object, "done", json_boolean(is_done(change)));
	json_add(object, "why", json_text(change->why));
	return object;
}

static void print_change(const struct change *change, bool other)
{
	printf("  %s%s", other ? "or " : "", colour(STRONG));
	cell_put(stdout, change->what);
	if (is_done(change))
		printf(" is %" PRId64 " by now: %" PRId64 " would have sufficed", change->now,
		       change->to);
	else if (change->to != UNKNOWN)
		printf(" from %" PRId64 " to %" PRId64, change->from, change->to);
	printf("%s\n      ", colour(PLAIN));
	cell_put(stdout, change->why);
	putchar('\n');
}

void advice_say(const struct advice *advice)
{
	int i, done = -1;

	any = true;
	for (i = 0; i < advice->nr && done < 0; i++)
		if (is_done(&advice->change[i]))
			done = i;
	for (i = 0; i < advice->nr; i++)
		if (done >= 0 && i != done)
			continue;
		else if (as_json)
			json_next(change_json(advice, &advice->change[i]));
		else
			print_change(&advice->change[i], i && done < 0);
}

void advice_head(const char *owner, const char *module, const char *format, ...)
{
	va_list args;

	if (as_json)
		return;
	cell_put(stdout, owner);
	if (module) {
		fputs(" of module ", stdout);
		cell_put(stdout, module);
	}
	fputs(": ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void advice_remark(const char *format, ...)
{
	va_list args;

	if (as_json)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}
