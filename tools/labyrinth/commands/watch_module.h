/* SPDX-License-Identifier: GPL-2.0 */
/* What a watched module took, and what an owner would need for it. */
#ifndef WATCH_MODULE_H
#define WATCH_MODULE_H

#include "../command.h"
#include "../read/keyvalue.h"

struct watched {
	struct keyvalues figures;	/* a line of "watch_module"; none before the first watch */
	struct table takers;
};

/* Ends the program if a file is missing. */
void watched_read(const struct source *source, struct watched *watched);
void watched_free(struct watched *watched);

/* The module's name; NULL if none was ever watched. */
const char *watched_name(const struct watched *watched);
/* True if it is still being counted. */
bool watched_is_on(const struct watched *watched);

void watched_print(const struct watched *watched);
void watched_json(const struct watched *watched);

#endif
