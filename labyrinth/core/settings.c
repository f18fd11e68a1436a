// SPDX-License-Identifier: GPL-2.0
/*
 * The parameter "settings": what the operator wants of owners, by their names.
 *
 *	nic-rx:stock=324,reserve_pct=70;disk-*:budget=512
 *
 * A rule is a name or a shell pattern, a colon and one or more settings; rules are separated by
 * semicolons, and a later one overrides an earlier one. Names may have colons, so the settings
 * begin after the last colon before the first "=". With "stock=auto" the stock adapts to the load,
 * see adapt.c.
 *
 * The rules are applied when an owner is created, and to living owners when the parameter is
 * written. They do not apply to owners with LABYRINTH_FIXED. A driver may have sized its own
 * arrays by its budget, or rely on it, so a budget is only ever raised. Nor do settings take more
 * memory for a stock than a machine can spare: see LAB_SETTINGS_SHARE.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "adapt.h"
#include "compat.h"
#include "settings.h"
#include "stock.h"

enum lab_setting {
	LAB_SET_BUDGET,
	LAB_SET_STOCK,
	LAB_SET_RESERVE_PCT,
	LAB_NR_SETTINGS,
};

static const struct {
	const char *name;
	u32 least, most;
} lab_setting_kinds[LAB_NR_SETTINGS] = {
	[LAB_SET_BUDGET]	= { "budget", 1, LAB_TABLE_MAX },
	[LAB_SET_STOCK]		= { "stock", 0, LAB_TABLE_MAX },
	[LAB_SET_RESERVE_PCT]	= { "reserve_pct", 0, 100 },
};

#define LAB_NOT_SET	U32_MAX
#define LAB_STOCK_AUTO	(U32_MAX - 1)

/*
 * Settings raise stocks to this part of memory at most, 1/8, all together. A wrong number in a
 * file that is read at boot must not leave the machine without memory.
 */
#define LAB_SETTINGS_SHARE	8

struct lab_rule {
	const char *pattern;	/* of the owners' names */
	u32 values[LAB_NR_SETTINGS];
};

struct lab_settings {
	char *text;		/* as written */
	char *words;		/* a copy of it, cut into words */
	unsigned int nr;
	struct lab_rule rules[];
};

/* Changed under both locks; NULL: none. Readers of the parameter take the second only. */
static struct lab_settings *lab_settings;
static DEFINE_MUTEX(lab_settings_lock);

/* ---- parsing */

static int lab_settings_fault(const struct lab_settings *settings, const char *at, const char *what)
{
	pr_err("settings: at character %td, \"%s\": %s\n", at - settings->words + 1, at, what);
	return -EINVAL;
}

static int lab_setting_parse(const struct lab_settings *settings, struct lab_rule *rule, char *text)
{
	char *value = strchr(text, '=');
	unsigned int i;
	u32 number;

	if (!value)
		return lab_settings_fault(settings, text, "expected SETTING=NUMBER");
	*value++ = '\0';
	for (i = 0; i < LAB_NR_SETTINGS; i++)
		if (!strcmp(text, lab_setting_kinds[i].name))
			break;
	if (i == LAB_NR_SETTINGS)
		return lab_settings_fault(settings, text,
					  "unknown setting; there are budget, stock and reserve_pct");
	if (rule->values[i] != LAB_NOT_SET)
		return lab_settings_fault(settings, text, "set twice in one rule");
	if (i == LAB_SET_STOCK && !strcmp(value, "auto")) {
		rule->values[i] = LAB_STOCK_AUTO;
		return 0;
	}
	if (!isdigit(*value) || kstrtou32(value, 10, &number))
		return lab_settings_fault(settings, value, "expected a decimal number");
	if (number < lab_setting_kinds[i].least || number > lab_setting_kinds[i].most)
		return lab_settings_fault(settings, value, "out of range");
	rule->values[i] = number;
	return 0;
}

/* Characters of names, and those of shell patterns. */
static bool lab_pattern_valid(const char *pattern)
{
	const char *c;

	for (c = pattern; *c; c++)
		if (!isascii(*c) || !(isalnum(*c) || strchr("._:@-*?[]!\\", *c)))
			return false;
	return c != pattern;
}

static int lab_rule_parse(const struct lab_settings *settings, struct lab_rule *rule, char *text)
{
	char *equals = strchr(text, '='), *colon = NULL, *setting;
	int err = 0;

	memset32(rule->values, LAB_NOT_SET, LAB_NR_SETTINGS);
	if (equals) {
		*equals = '\0';
		colon = strrchr(text, ':');
		*equals = '=';
	}
	if (!colon)
		return lab_settings_fault(settings, text, "expected NAME:SETTING=NUMBER");
	*colon++ = '\0';
	rule->pattern = text;
	if (!lab_pattern_valid(text))
		return lab_settings_fault(settings, text, "no name or pattern of an owner");
	while (!err && (setting = strsep(&colon, ",")))
		err = lab_setting_parse(settings, rule, setting);
	return err;
}

static void lab_settings_free(struct lab_settings *settings)
{
	if (!settings)
		return;
	kfree(settings->text);
	kfree(settings->words);
	kfree(settings);
}

static unsigned int lab_count_rules(const char *text)
{
	unsigned int nr = 1;

	while ((text = strchr(text, ';'))) {
		text++;
		nr++;
	}
	return nr;
}

/* NULL for an empty text. Else settings to be freed, or an ERR_PTR and the fault is reported. */
static struct lab_settings *lab_settings_parse(const char *text)
{
	unsigned int nr = lab_count_rules(text);
	struct lab_settings *settings;
	char *next, *rule;
	int err = 0;

	if (!*text)
		return NULL;
	settings = kzalloc(struct_size(settings, rules, nr), GFP_KERNEL);
	if (!settings)
		return ERR_PTR(-ENOMEM);
	settings->text = kstrdup(text, GFP_KERNEL);
	settings->words = kstrdup(text, GFP_KERNEL);
	next = settings->words;
	if (!settings->text || !next)
		err = -ENOMEM;
	while (!err && (rule = strsep(&next, ";"))) {
		rule = strim(rule);
		if (*rule)
			err = lab_rule_parse(settings, &settings->rules[settings->nr++], rule);
	}
	if (!err)
		return settings;
	lab_settings_free(settings);
	return ERR_PTR(err);
}

/* ---- applying */

/* The values for an owner of this name. False if no rule matches it. */
static bool lab_settings_find(const char *name, u32 values[LAB_NR_SETTINGS])
{
	bool found = false;
	unsigned int i, kind;

	memset32(values, LAB_NOT_SET, LAB_NR_SETTINGS);
	for (i = 0; lab_settings && i < lab_settings->nr; i++) {
		const struct lab_rule *rule = &lab_settings->rules[i];

		if (!lab_compat_glob_match(rule->pattern, name))
			continue;
		found = true;
		for (kind = 0; kind < LAB_NR_SETTINGS; kind++)
			if (rule->values[kind] != LAB_NOT_SET)
				values[kind] = rule->values[kind];
	}
	return found;
}

static u32 lab_budget_wanted(const struct labyrinth_owner_params *params, u32 budget)
{
	u32 most = min_t(unsigned long, totalram_pages(), LAB_TABLE_MAX / 2);

	if (budget < params->budget) {
		pr_info("settings: owner %s keeps its budget of %u pages: it can only be raised\n",
			params->name, params->budget);
		return params->budget;
	}
	most = max(most, params->budget);
	if (budget > most)
		pr_info("settings: owner %s gets a budget of %u pages: the machine has no more\n",
			params->name, most);
	return min(budget, most);
}

/* Pages of memory for an owner's stock, by LAB_SETTINGS_SHARE for all owners together. */
static unsigned long lab_stock_share(const char *name)
{
	unsigned long share = totalram_pages() / LAB_SETTINGS_SHARE, others = 0;
	const struct labyrinth_owner *owner;

	list_for_each_entry(owner, &lab_owners, list)
		if (strcmp(owner->name, name))
			others += READ_ONCE(owner->stock);
	return share - min(share, others);
}

static u32 lab_stock_bound(const struct labyrinth_owner_params *params, u32 stock)
{
	u32 most = min_t(unsigned long, lab_stock_share(params->name), params->budget);

	most = max(most, params->stock);
	if (stock > most)
		pr_info("settings: owner %s gets a stock of %u pages: at most its budget, and with the other stocks 1/%d of memory\n",
			params->name, most, LAB_SETTINGS_SHARE);
	return min(stock, most);
}

/*
 * Change an owner's parameters as the settings say. Returns whether any rule applies. Needs
 * lab_owners_lock.
 */
bool lab_settings_apply(struct labyrinth_owner_params *params)
{
	u32 values[LAB_NR_SETTINGS];

	lockdep_assert_held(&lab_owners_lock);
	if (!lab_settings_find(params->name, values))
		return false;
	if (params->flags & LABYRINTH_FIXED) {
		pr_info("settings: owner %s is not changed: its driver forbids it\n", params->name);
		return false;
	}
	if (values[LAB_SET_BUDGET] != LAB_NOT_SET)
		params->budget = lab_budget_wanted(params, values[LAB_SET_BUDGET]);
	if (values[LAB_SET_STOCK] == LAB_STOCK_AUTO) {
		params->flags |= LABYRINTH_ADAPT;
	} else if (values[LAB_SET_STOCK] != LAB_NOT_SET) {
		params->flags &= ~LABYRINTH_ADAPT;
		params->stock = lab_stock_bound(params, values[LAB_SET_STOCK]);
	}
	if (values[LAB_SET_RESERVE_PCT] != LAB_NOT_SET)
		params->reserve_pct = (int)values[LAB_SET_RESERVE_PCT] ?: LABYRINTH_RESERVE_NONE;
	return true;
}

/*
 * Raise the budget at run time. Returns 0; -EINVAL if it would be lowered; -ENOSPC if there is no
 * room for more tags. Needs lab_owners_lock.
 */
int lab_owner_set_budget(struct labyrinth_owner *owner, u64 budget)
{
	u32 before = owner->budget;

	lockdep_assert_held(&lab_owners_lock);
	if (budget < before || budget > LAB_TABLE_MAX)
		return -EINVAL;
	if (!lab_table_resize(owner->table, before, budget))
		return -ENOSPC;
	owner->tags += budget - before;
	WRITE_ONCE(owner->budget, budget);
	return 0;
}

/* Needs lab_owners_lock. */
int lab_owner_set_reserve_pct(struct labyrinth_owner *owner, u64 pct)
{
	lockdep_assert_held(&lab_owners_lock);
	if (pct > 100)
		return -EINVAL;
	WRITE_ONCE(owner->reserve_pct, pct);
	return 0;
}

static void lab_settings_apply_now(struct labyrinth_owner *owner)
{
	u32 stock = READ_ONCE(owner->stock);	/* it may adapt */
	struct labyrinth_owner_params params = {
		.name = owner->name,
		.budget = owner->budget,
		.stock = stock,
		.reserve_pct = owner->reserve_pct ?: LABYRINTH_RESERVE_NONE,
		.flags = owner->flags & ~LABYRINTH_ADAPT,
	};
	int err;

	if (lab_owner_adapts(owner))
		params.flags |= LABYRINTH_ADAPT;
	if (!lab_settings_apply(&params))
		return;
	lab_owner_set_reserve_pct(owner, max(params.reserve_pct, 0));
	err = lab_owner_set_budget(owner, params.budget);
	if (params.flags & LABYRINTH_ADAPT)
		err = lab_owner_set_adapt(owner, true) ?: err;
	else if (lab_owner_adapts(owner) || params.stock != stock)
		err = lab_owner_set_stock(owner, min(params.stock, owner->budget)) ?: err;
	if (err)
		pr_warn("settings: owner %s: no room for more tags now; its next creation will have it\n",
			owner->name);
}

/*
 * Replace the settings, and apply them to the living owners. On error nothing changes, and the
 * console says what is wrong, and where. Context: process.
 */
int lab_settings_set(const char *text)
{
	struct lab_settings *settings, *before;
	struct labyrinth_owner *owner;
	char *trimmed;

	/* It must fit into a page when it is read. */
	if (strlen(text) >= PAGE_SIZE - 1)
		return -E2BIG;
	trimmed = kstrdup(text, GFP_KERNEL);
	if (!trimmed)
		return -ENOMEM;
	settings = lab_settings_parse(strim(trimmed));
	kfree(trimmed);
	if (IS_ERR(settings))
		return PTR_ERR(settings);
	mutex_lock(&lab_owners_lock);
	mutex_lock(&lab_settings_lock);
	before = lab_settings;
	lab_settings = settings;
	mutex_unlock(&lab_settings_lock);
	list_for_each_entry(owner, &lab_owners, list)
		lab_settings_apply_now(owner);
	mutex_unlock(&lab_owners_lock);
	lab_settings_free(before);
	return 0;
}

/* Write the settings, and a newline, to a buffer of a page. Returns the length. */
int lab_settings_get(char *buffer)
{
	int size;

	mutex_lock(&lab_settings_lock);
	size = sysfs_emit(buffer, "%s\n", lab_settings ? lab_settings->text : "");
	mutex_unlock(&lab_settings_lock);
	return size;
}

/* The module is unloaded, or could not be loaded. */
void lab_settings_exit(void)
{
	lab_settings_free(lab_settings);
	lab_settings = NULL;
}
