/* SPDX-License-Identifier: GPL-2.0 */
/* The text of the module's parameter "settings". */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_MOST	3	/* budget, stock, reserve_pct */

#define SETTING_AUTO	(-1)	/* of stock: it adapts to the load */

struct setting {
	const char *name;
	int64_t value;
};

/* Is this an owner's name, or a shell pattern? */
bool setting_is_name(const char *name);

/* Parse words of the form NAME=VALUE, up to a NULL. Ends the program if one is wrong. */
size_t settings_parse(char **words, struct setting settings[SETTINGS_MOST]);

/*
 * @text with the settings added to the last rule for @owner, or with a rule for it. To be freed.
 */
char *settings_merge(const char *text, const char *owner, const struct setting *settings,
		     size_t nr);

#endif
