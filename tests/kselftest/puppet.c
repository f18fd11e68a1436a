// SPDX-License-Identifier: GPL-2.0
/*
 * lab_puppet - a driver that does as the shell tells it
 *
 * It has nothing of labyrinth but <linux/labyrinth.h>. Owners and pages have
 * numbers. A line of /sys/kernel/debug/labyrinth_puppet/command is one of
 *
 *	create OWNER name=NAME [budget= stock= pct= nid= scope= flags=] [null] [noname] [devm]
 *	destroy OWNER
 *	alloc|free|release|check|query OWNER PAGE [times=N]	times: so many pages from PAGE on
 *	bulk OWNER PAGE NR [nopages]
 *	freebulk OWNER PAGE NR [nopages]
 *	transfer OWNER TO PAGE
 *	timer OWNER PAGE NR every=US	NR pages from PAGE on, one each US, in an NMI
 *	timerstop 0			say what that got, of how many
 *	reset				free and destroy all there is
 *	leave 1				unload without doing so
 *	or a verb of puppet_misuse.c
 *
 * and may end in "in=task|raw|softirq|hardirq|hrtimer|nmi" and "cpu=N". "answer"
 * is an errno by its name, or a count.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>

#include "command.h"
#include "puppet.h"

#define PUPPET_ARGS	3

struct labyrinth_owner *puppet_owners[PUPPET_OWNERS];
struct page *puppet_pages[PUPPET_PAGES];

static bool puppet_live[PUPPET_OWNERS];	/* to be destroyed in the end */
static bool puppet_leaves;

static const char * const puppet_verbs[] = {
	[PUPPET_ALLOC]		= "alloc",
	[PUPPET_BULK]		= "bulk",
	[PUPPET_FREEBULK]	= "freebulk",
	[PUPPET_FREE]		= "free",
	[PUPPET_RELEASE]	= "release",
	[PUPPET_TRANSFER]	= "transfer",
	[PUPPET_CHECK]		= "check",
	[PUPPET_QUERY]		= "query",
};

static_assert(ARRAY_SIZE(puppet_verbs) == PUPPET_NR_CALLS);

static const char * const puppet_contexts[] = {
	[PUPPET_TASK]		= "in=task",
	[PUPPET_RAW]		= "in=raw",
	[PUPPET_SOFTIRQ]	= "in=softirq",
	[PUPPET_HARDIRQ]	= "in=hardirq",
	[PUPPET_HRTIMER]	= "in=hrtimer",
	[PUPPET_NMI]		= "in=nmi",
};

static_assert(ARRAY_SIZE(puppet_contexts) == PUPPET_NR_CONTEXTS);

static const char * const puppet_states[] = {
	[LABYRINTH_READY]	= "ready",
	[LABYRINTH_OWNED]	= "owned",
	[LABYRINTH_QUARANTINED]	= "quarantined",
};

static const char * const puppet_tag_contexts[] = {
	[LABYRINTH_TASK]	= "task",
	[LABYRINTH_SOFTIRQ]	= "softirq",
	[LABYRINTH_HARDIRQ]	= "hardirq",
	[LABYRINTH_NMI]		= "nmi",
};

/* Words of the command line; what is no number is 0 in args. */
struct puppet_line {
	char *words[12];
	unsigned int nr;
	long args[PUPPET_ARGS];
};

static void puppet_split(char *line, struct puppet_line *split)
{
	unsigned int i;
	char *word;

	memset(split, 0, sizeof(*split));
	while ((word = strsep(&line, " ")) && split->nr < ARRAY_SIZE(split->words))
		if (*word)
			split->words[split->nr++] = word;
	for (i = 0; i < PUPPET_ARGS && i + 1 < split->nr; i++)
		if (kstrtol(split->words[i + 1], 0, &split->args[i]))
			split->args[i] = 0;
}

static const char *puppet_text(const struct puppet_line *split, const char *key)
{
	unsigned int i;

	for (i = 1; i < split->nr; i++)
		if (!strncmp(split->words[i], key, strlen(key)))
			return split->words[i] + strlen(key);
	return NULL;
}

static long puppet_number(const struct puppet_line *split, const char *key, long missing)
{
	const char *text = puppet_text(split, key);
	long value;

	return text && !kstrtol(text, 0, &value) ? value : missing;
}

static __always_inline struct labyrinth_owner *
puppet_create_as(const struct puppet_line *split, const struct labyrinth_owner_params *params)
{
	if (puppet_text(split, "devm"))
		return devm_labyrinth_owner_create(puppet_device(), params);
	if (puppet_text(split, "nodev"))
		return devm_labyrinth_owner_create(NULL, params);
	return labyrinth_owner_create(params);
}

/* Its name is what the reports must tell as caller. */
static noinline void puppet_create(const struct puppet_line *split)
{
	struct labyrinth_owner_params params = {
		.name		= puppet_text(split, "name="),
		.budget		= puppet_number(split, "budget=", 8),
		.stock		= puppet_number(split, "stock=", 0),
		.reserve_pct	= puppet_number(split, "pct=", 0),
		.nid		= puppet_number(split, "nid=", NUMA_NO_NODE),
		.scope		= puppet_number(split, "scope=", LABYRINTH_SCOPE_OWNER),
		.flags		= puppet_number(split, "flags=", 0),
	};
	struct labyrinth_owner *owner;

	owner = puppet_create_as(split, puppet_text(split, "null") ? NULL : &params);
	/* Nothing that was copied may be looked at later. */
	memset(&params, 0x5a, sizeof(params));
	if (!IS_ERR(owner)) {
		puppet_owners[split->args[0]] = owner;
		puppet_live[split->args[0]] = !puppet_text(split, "devm");
	}
	lab_answer("%s", lab_errno_name(PTR_ERR_OR_ZERO(owner)));
}

static void puppet_answer_query(const struct puppet_call *call)
{
	const struct labyrinth_page_info *info = &call->info;

	lab_answer("%s", lab_errno_name(call->ret));
	if (call->ret)
		return;
	lab_answer(" owner=%s state=%s context=%s cpu=%u node=%d from_reserve=%d age_ms=%llu",
		   info->owner, puppet_states[info->state], puppet_tag_contexts[info->context],
		   info->cpu, info->node, info->from_reserve, info->age_ms);
	lab_answer(" caller=%pS", (void *)info->caller);
}

static void puppet_call(const struct puppet_line *split, enum puppet_verb verb)
{
	static struct puppet_call call;	/* the command's lock guards it; too large for a stack */
	const char *context = puppet_text(split, "in=");
	unsigned int page = split->args[verb == PUPPET_TRANSFER ? 2 : 1];
	int in = PUPPET_TASK;

	if (context)
		in = match_string(puppet_contexts, PUPPET_NR_CONTEXTS, context - strlen("in="));
	call = (struct puppet_call){
		.verb = verb,
		.owner = puppet_owners[split->args[0]],
		.to = verb == PUPPET_TRANSFER ? puppet_owners[split->args[1]] : NULL,
		.page = puppet_text(split, "nopages") ? NULL : &puppet_pages[page],
		.nr = split->args[2],
		.times = puppet_number(split, "times=", 1),
	};
	if (in < 0 || page + call.times > PUPPET_PAGES ||
	    ((verb == PUPPET_BULK || verb == PUPPET_FREEBULK) && page + call.nr > PUPPET_PAGES) ||
	    !puppet_call_in(in, puppet_number(split, "cpu=", -1), &call)) {
		lab_answer("impossible");
		return;
	}
	if (verb == PUPPET_QUERY)
		puppet_answer_query(&call);
	else if (verb <= PUPPET_FREEBULK)
		lab_answer("%ld", call.ret);
	else
		lab_answer("%s", lab_errno_name(call.ret));
}

static void puppet_timer(const struct puppet_line *split)
{
	unsigned int page = split->args[1], nr = split->args[2];

	if (page + nr > PUPPET_PAGES ||
	    !puppet_timer_start(puppet_owners[split->args[0]], &puppet_pages[page], nr,
				puppet_number(split, "every=", 1000)))
		lab_answer("impossible");
	else
		lab_answer("0");
}

static void puppet_answer_timer(void)
{
	unsigned int got, refused;

	if (puppet_timer_stop(&got, &refused))
		lab_answer("got=%u refused=%u", got, refused);
	else
		lab_answer("impossible");
}

static unsigned int puppet_destroy(unsigned int i)
{
	puppet_live[i] = false;
	return labyrinth_owner_destroy(puppet_owners[i]);
}

/* Free what can be freed, destroy what lives, forget the rest. Returns the pages still out. */
static unsigned int puppet_reset(void)
{
	unsigned int i, page, out = 0;

	puppet_timer_stop(&i, &page);
	for (page = 0; page < PUPPET_PAGES; page++) {
		for (i = 0; puppet_pages[page] && i < PUPPET_OWNERS; i++)
			if (puppet_live[i] &&
			    !labyrinth_check_page(puppet_owners[i], puppet_pages[page]))
				labyrinth_free_page(puppet_owners[i], puppet_pages[page]);
		puppet_pages[page] = NULL;
	}
	puppet_device_remove();
	for (i = 0; i < PUPPET_OWNERS; i++)
		if (puppet_live[i])
			out += puppet_destroy(i);
	return out;
}

static bool puppet_args_valid(const struct puppet_line *split)
{
	unsigned int i;

	for (i = 0; i < PUPPET_ARGS; i++)
		if (split->args[i] < 0 || split->args[i] >= PUPPET_PAGES)
			return false;
	return split->nr;
}

static void puppet_obey(char *line)
{
	struct puppet_line split;
	long answer;
	int verb;

	puppet_split(line, &split);
	if (!puppet_args_valid(&split)) {
		lab_answer("impossible");
		return;
	}
	verb = match_string(puppet_verbs, PUPPET_NR_CALLS, split.words[0]);
	if (puppet_misuse(split.words[0], split.args, &answer)) {
		lab_answer("%ld", answer);
	} else if (split.args[0] >= PUPPET_OWNERS) {
		lab_answer("impossible");
	} else if (verb >= 0) {
		puppet_call(&split, verb);
	} else if (!strcmp(split.words[0], "create")) {
		puppet_create(&split);
	} else if (!strcmp(split.words[0], "timer")) {
		puppet_timer(&split);
	} else if (!strcmp(split.words[0], "timerstop")) {
		puppet_answer_timer();
	} else if (!strcmp(split.words[0], "destroy")) {
		lab_answer("%u", puppet_destroy(split.args[0]));
	} else if (!strcmp(split.words[0], "reset")) {
		lab_answer("%u", puppet_reset());
	} else if (!strcmp(split.words[0], "leave")) {
		puppet_leaves = split.args[0];
		lab_answer("0");
	} else {
		lab_answer("unknown-verb");
	}
}

static int __init puppet_init(void)
{
	int err = puppet_sleep_init();

	if (!err)
		lab_command_init("labyrinth_puppet", puppet_obey);
	return err;
}

static void __exit puppet_exit(void)
{
	lab_command_exit();
	puppet_sleep_exit();
	if (!puppet_leaves)
		puppet_reset();
}

module_init(puppet_init);
module_exit(puppet_exit);

MODULE_DESCRIPTION("labyrinth test: a driver that does as it is told");
MODULE_LICENSE("GPL");
