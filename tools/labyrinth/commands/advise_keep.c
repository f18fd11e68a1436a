// SPDX-License-Identifier: GPL-2.0
/*
 * advise --keep: the lines of /etc that keep all advice over the next boot. Of the changes after a
 * refusal, the one that was made is kept, or else the first, which is the cheapest. On the machine
 * itself they are merged with the settings of today.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../message.h"
#include "../read/parameter.h"
#include "../read/settings.h"
#include "advise.h"

enum { BUDGET, STOCK, RESERVE_PCT, NR_LIMITS };

static const char * const limit_names[NR_LIMITS] = { "budget", "stock", "reserve_pct" };

struct kept {
	const char *owner;
	int64_t limit[NR_LIMITS];	/* 0: not to be set */
};

struct keep {
	struct kept *owner;
	size_t nr;
	int64_t min_free;		/* 0: likewise */
};

/* Names that have no meaning in the files of /etc; the module takes no others. */
static bool is_name(const char *text)
{
	bool any = false;

	for (; isalnum((unsigned char)*text) || (*text && strchr("._:@-", *text)); text++)
		any = true;
	return any && !*text;
}

static void raise(int64_t *kept, int64_t number)
{
	if (number > *kept)
		*kept = number;
}

static struct kept *kept_owner(struct keep *keep, const char *owner)
{
	size_t i;

	for (i = 0; i < keep->nr; i++)
		if (!strcmp(keep->owner[i].owner, owner))
			return &keep->owner[i];
	keep->owner = allocate(keep->owner, keep->nr + 1, sizeof(*keep->owner));
	keep->owner[keep->nr] = (struct kept){ .owner = owner };
	return &keep->owner[keep->nr++];
}

static bool is_by_operator(const struct change *change)
{
	const char *by = change->by ?: "";

	return change->to > 0 && (!strcmp(by, "settings") || !strcmp(by, "creation") ||
				  !strcmp(by, "sysctl"));
}

static void keep_change(struct keep *keep, const struct change *change)
{
	struct kept *kept;
	int i;

	if (!strcmp(change->what, "vm.min_free_kbytes")) {
		raise(&keep->min_free, change->to);
		return;
	}
	kept = kept_owner(keep, change->owner);
	for (i = 0; i < NR_LIMITS; i++)
		if (!strcmp(change->what, limit_names[i]) ||
		    (i != RESERVE_PCT && !strcmp(change->what, "budget_and_stock")))
			raise(&kept->limit[i], change->to);
}

static void keep_call(struct keep *keep, const struct facts *facts, const struct keyvalue *call)
{
	const struct change base = { .owner = keyvalue_text(call, "owner") ?: "" };
	struct change change[CHANGES_MOST];
	int nr = changes_read(facts, call, &base, change), i = changes_done(change, nr);

	if (i < 0 || !is_by_operator(&change[i]))
		for (i = 0; i < nr && !is_by_operator(&change[i]); i++)
			;
	if (i < nr && is_name(base.owner))
		keep_change(keep, &change[i]);
}

/* @text with the limits of an owner. @text is freed. */
static char *merge_owner(char *text, const struct kept *kept)
{
	struct setting settings[NR_LIMITS];
	size_t nr = 0;
	char *merged;
	int i;

	for (i = 0; i < NR_LIMITS; i++)
		if (kept->limit[i])
			settings[nr++] = (struct setting){ limit_names[i], kept->limit[i] };
	merged = settings_merge(text, kept->owner, settings, nr);
	free(text);
	return merged;
}

void advise_keep(const struct source *source, const struct facts *facts)
{
	char *text = source->live ? parameter_read("settings") : NULL;
	struct keep keep = {};
	size_t i;

	for (i = 0; i < facts->advice.nr; i++) {
		const struct keyvalue *call = &facts->advice.line[i];

		if (keyvalue_text(call, "reason") && !call_is_outdone(facts, call))
			keep_call(&keep, facts, call);
	}
	if (!text)
		text = strdup("");
	if (!text)
		die(FAILED, "There is not enough memory.");
	for (i = 0; i < keep.nr; i++)
		text = merge_owner(text, &keep.owner[i]);
	if (*text)
		printf("# /etc/modprobe.d/labyrinth.conf\noptions labyrinth settings=%s\n", text);
	if (keep.min_free)
		printf("# /etc/sysctl.d/labyrinth.conf\nvm.min_free_kbytes = %" PRId64 "\n",
		       keep.min_free);
	if (!*text && !keep.min_free)
		puts("# There is nothing to keep.");
	free(keep.owner);
	free(text);
}
