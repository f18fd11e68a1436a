// SPDX-License-Identifier: GPL-2.0
/*
 * lab_stub - a driver that makes the calls given by the shell
 *
 * The module includes only <linux/labyrinth.h> of labyrinth. Owners and pages have
 * numbers. A line of /sys/kernel/debug/labyrinth_stub/command is one of
 *
 *	create OWNER name=NAME [budget= stock= pct= nid= scope= flags=] [null] [devm] [nodev]
 *	destroy OWNER
 *	alloc|free|release|check|query OWNER PAGE [times=N]	times: N pages from PAGE on
 *	put 0 PAGE [times=N]	put_page()
 *	bulk OWNER PAGE NR [nopages]
 *	freebulk OWNER PAGE NR [nopages]
 *	transfer OWNER TO PAGE
 *	timer OWNER PAGE NR every=US	NR allocs from PAGE on in NMI, one every US
 *	timerstop 0			stop, and return the number of pages and refusals
 *	reset				free all pages and destroy all owners
 *	leave 1				skip the reset when the module is unloaded
 *	or a verb of stub_misuse.c
 *
 * and may end in "in=task|raw|softirq|hardirq|hrtimer|nmi" and "cpu=N". "answer"
 * is the name of an errno, or a count.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>

#include "command.h"
#include "stub.h"

#define STUB_ARGS	3

struct labyrinth_owner *stub_owners[STUB_OWNERS];
struct page *stub_pages[STUB_PAGES];

static bool stub_live[STUB_OWNERS];	/* must be destroyed by stub_reset() */
static bool stub_leaves;

static const char * const stub_verbs[] = {
	[STUB_ALLOC]		= "alloc",
	[STUB_BULK]		= "bulk",
	[STUB_FREEBULK]	= "freebulk",
	[STUB_FREE]		= "free",
	[STUB_RELEASE]	= "release",
	[STUB_TRANSFER]	= "transfer",
	[STUB_CHECK]		= "check",
	[STUB_QUERY]		= "query",
	[STUB_PUT]		= "put",
};

static_assert(ARRAY_SIZE(stub_verbs) == STUB_NR_CALLS);

static const char * const stub_contexts[] = {
	[STUB_TASK]		= "in=task",
	[STUB_RAW]		= "in=raw",
	[STUB_SOFTIRQ]	= "in=softirq",
	[STUB_HARDIRQ]	= "in=hardirq",
	[STUB_HRTIMER]	= "in=hrtimer",
	[STUB_NMI]		= "in=nmi",
};

static_assert(ARRAY_SIZE(stub_contexts) == STUB_NR_CONTEXTS);

static const char * const stub_states[] = {
	[LABYRINTH_READY]	= "ready",
	[LABYRINTH_OWNED]	= "owned",
	[LABYRINTH_QUARANTINED]	= "quarantined",
};

static const char * const stub_tag_contexts[] = {
	[LABYRINTH_TASK]	= "task",
	[LABYRINTH_SOFTIRQ]	= "softirq",
	[LABYRINTH_HARDIRQ]	= "hardirq",
	[LABYRINTH_NMI]		= "nmi",
};

/* Words of the command line; args[] is 0 for a word that is not a number. */
struct stub_line {
	char *words[12];
	unsigned int nr;
	long args[STUB_ARGS];
};

static void stub_split(char *line, struct stub_line *split)
{
	unsigned int i;
	char *word;

	memset(split, 0, sizeof(*split));
	while ((word = strsep(&line, " ")) && split->nr < ARRAY_SIZE(split->words))
		if (*word)
			split->words[split->nr++] = word;
	for (i = 0; i < STUB_ARGS && i + 1 < split->nr; i++)
		if (kstrtol(split->words[i + 1], 0, &split->args[i]))
			split->args[i] = 0;
}

static const char *stub_text(const struct stub_line *split, const char *key)
{
	unsigned int i;

	for (i = 1; i < split->nr; i++)
		if (!strncmp(split->words[i], key, strlen(key)))
			return split->words[i] + strlen(key);
	return NULL;
}

static long stub_number(const struct stub_line *split, const char *key, long missing)
{
	const char *text = stub_text(split, key);
	long value;

	return text && !kstrtol(text, 0, &value) ? value : missing;
}

static __always_inline struct labyrinth_owner *
stub_create_as(const struct stub_line *split, const struct labyrinth_owner_params *params)
{
	if (stub_text(split, "devm"))
		return devm_labyrinth_owner_create(stub_device(), params);
	if (stub_text(split, "nodev"))
		return devm_labyrinth_owner_create(NULL, params);
	return labyrinth_owner_create(params);
}

/* Reports must show this name as caller. */
static noinline void stub_create(const struct stub_line *split)
{
	struct labyrinth_owner_params params = {
		.name		= stub_text(split, "name="),
		.budget		= stub_number(split, "budget=", 8),
		.stock		= stub_number(split, "stock=", 0),
		.reserve_pct	= stub_number(split, "pct=", 0),
		.nid		= stub_number(split, "nid=", NUMA_NO_NODE),
		.scope		= stub_number(split, "scope=", LABYRINTH_SCOPE_OWNER),
		.flags		= stub_number(split, "flags=", 0),
	};
	struct labyrinth_owner *owner;

	owner = stub_create_as(split, stub_text(split, "null") ? NULL : &params);
	/* Labyrinth must not read the parameters after the call. */
	memset(&params, 0x5a, sizeof(params));
	if (!IS_ERR(owner)) {
		stub_owners[split->args[0]] = owner;
		stub_live[split->args[0]] = !stub_text(split, "devm");
	}
	lab_answer("%s", lab_errno_name(PTR_ERR_OR_ZERO(owner)));
}

static void stub_answer_query(const struct stub_call *call)
{
	const struct labyrinth_page_info *info = &call->info;

	lab_answer("%s", lab_errno_name(call->ret));
	if (call->ret)
		return;
	lab_answer(" owner=%s state=%s context=%s cpu=%u node=%d from_reserve=%d age_ms=%llu",
		   info->owner, stub_states[info->state], stub_tag_contexts[info->context],
		   info->cpu, info->node, info->from_reserve, info->age_ms);
	lab_answer(" caller=%pS", (void *)info->caller);
}

static void stub_call(const struct stub_line *split, enum stub_verb verb)
{
	static struct stub_call call;	/* guarded by the command's lock; too large for a stack */
	const char *context = stub_text(split, "in=");
	unsigned int page = split->args[verb == STUB_TRANSFER ? 2 : 1];
	int in = STUB_TASK;

	if (context)
		in = match_string(stub_contexts, STUB_NR_CONTEXTS, context - strlen("in="));
	call = (struct stub_call){
		.verb = verb,
		.owner = stub_owners[split->args[0]],
		.to = verb == STUB_TRANSFER ? stub_owners[split->args[1]] : NULL,
		.page = stub_text(split, "nopages") ? NULL : &stub_pages[page],
		.nr = split->args[2],
		.times = stub_number(split, "times=", 1),
	};
	if (in < 0 || page + call.times > STUB_PAGES ||
	    ((verb == STUB_BULK || verb == STUB_FREEBULK) && page + call.nr > STUB_PAGES) ||
	    !stub_call_in(in, stub_number(split, "cpu=", -1), &call)) {
		lab_answer("impossible");
		return;
	}
	if (verb == STUB_QUERY)
		stub_answer_query(&call);
	else if (verb <= STUB_FREEBULK)
		lab_answer("%ld", call.ret);
	else
		lab_answer("%s", lab_errno_name(call.ret));
}

static void stub_timer(const struct stub_line *split)
{
	unsigned int page = split->args[1], nr = split->args[2];

	if (page + nr > STUB_PAGES ||
	    !stub_timer_start(stub_owners[split->args[0]], &stub_pages[page], nr,
				stub_number(split, "every=", 1000)))
		lab_answer("impossible");
	else
		lab_answer("0");
}

static void stub_answer_timer(void)
{
	unsigned int got, refused;

	if (stub_timer_stop(&got, &refused))
		lab_answer("got=%u refused=%u", got, refused);
	else
		lab_answer("impossible");
}

static unsigned int stub_destroy(unsigned int i)
{
	stub_live[i] = false;
	return labyrinth_owner_destroy(stub_owners[i]);
}

/* Free all owned pages, destroy all live owners, clear all slots. Returns the pages still owned. */
static unsigned int stub_reset(void)
{
	unsigned int i, page, out = 0;

	stub_timer_stop(&i, &page);
	for (page = 0; page < STUB_PAGES; page++) {
		for (i = 0; stub_pages[page] && i < STUB_OWNERS; i++)
			if (stub_live[i] &&
			    !labyrinth_check_page(stub_owners[i], stub_pages[page]))
				labyrinth_free_page(stub_owners[i], stub_pages[page]);
		stub_pages[page] = NULL;
	}
	stub_device_remove();
	for (i = 0; i < STUB_OWNERS; i++)
		if (stub_live[i])
			out += stub_destroy(i);
	return out;
}

static bool stub_args_valid(const struct stub_line *split)
{
	unsigned int i;

	for (i = 0; i < STUB_ARGS; i++)
		if (split->args[i] < 0 || split->args[i] >= STUB_PAGES)
			return false;
	return split->nr;
}

static void stub_command(char *line)
{
	struct stub_line split;
	long answer;
	int verb;

	stub_split(line, &split);
	if (!stub_args_valid(&split)) {
		lab_answer("impossible");
		return;
	}
	verb = match_string(stub_verbs, STUB_NR_CALLS, split.words[0]);
	if (stub_misuse(split.words[0], split.args, &answer)) {
		lab_answer("%ld", answer);
	} else if (split.args[0] >= STUB_OWNERS) {
		lab_answer("impossible");
	} else if (verb >= 0) {
		stub_call(&split, verb);
	} else if (!strcmp(split.words[0], "create")) {
		stub_create(&split);
	} else if (!strcmp(split.words[0], "timer")) {
		stub_timer(&split);
	} else if (!strcmp(split.words[0], "timerstop")) {
		stub_answer_timer();
	} else if (!strcmp(split.words[0], "destroy")) {
		lab_answer("%u", stub_destroy(split.args[0]));
	} else if (!strcmp(split.words[0], "reset")) {
		lab_answer("%u", stub_reset());
	} else if (!strcmp(split.words[0], "leave")) {
		stub_leaves = split.args[0];
		lab_answer("0");
	} else {
		lab_answer("unknown-verb");
	}
}

static int __init stub_init(void)
{
	int err = stub_sleep_init();

	if (!err)
		lab_command_init("labyrinth_stub", stub_command);
	return err;
}

static void __exit stub_exit(void)
{
	lab_command_exit();
	stub_sleep_exit();
	if (!stub_leaves)
		stub_reset();
}

module_init(stub_init);
module_exit(stub_exit);

MODULE_DESCRIPTION("labyrinth test: a driver that makes the calls given by the shell");
MODULE_LICENSE("GPL");
