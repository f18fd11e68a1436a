// SPDX-License-Identifier: GPL-2.0
/*
 * lab_provoke - each rule of labyrinth broken on purpose, in the manner of LKDTM
 *
 * /sys/kernel/debug/labyrinth_provoke/DIRECT lists the scenarios, a name a line.
 * One of these written to it plays the scenario to its end: two owners are
 * created, provoke_holder and provoke_offender, one misuses a page, whoever still
 * has it by right gives it back, both owners are destroyed. Also
 *
 *	NAME TIMES	so often, with owners of its own each time
 *	NAME stay	and leave all as it is after the misuse, until
 *	end		or any other line ends the scenario
 *
 * "answer" then has: errno= of the misuse, out= pages left out by destroyed owners,
 * refused= and reused= of the pages that sound owners took afterwards (the second:
 * how many were the page somebody else held), amiss= other answers than documented,
 * lost= pages of memory that the machine has fewer than before.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "command.h"
#include "provoke.h"

static struct provoke provoke_now;
static const struct provoke_kind *provoke_stays;	/* it is played in provoke_now */
static struct labyrinth_owner *provoke_sound;		/* has no part in it */

/* Of all times that the last line asked for. */
static struct provoke_sum {
	unsigned int out, refused, reused, amiss;
} provoke_sum;

static struct labyrinth_owner *provoke_owner(const char *name, unsigned int budget,
					     enum labyrinth_scope scope, unsigned int flags)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .nid = NUMA_NO_NODE, .scope = scope,
		.flags = flags,
	});
}

/* The machine goes on: @owner gets its pages, and none that another has. */
static void provoke_take_and_give_back(struct labyrinth_owner *owner, const struct page *held)
{
	static struct page *pages[PROVOKE_SOUND];
	unsigned int i;

	for (i = 0; i < PROVOKE_SOUND; i++) {
		pages[i] = labyrinth_alloc_page(owner);
		provoke_sum.refused += !pages[i];
		provoke_sum.reused += held && pages[i] == held;
	}
	for (i = 0; i < PROVOKE_SOUND; i++)
		if (pages[i] && labyrinth_free_page(owner, pages[i]))
			provoke_sum.amiss++;
}

/* It stays as long as scenarios are played, with all its pages: so it is no loss of memory. */
static bool provoke_sound_comes(void)
{
	provoke_sound = provoke_owner("provoke_sound", PROVOKE_SOUND, LABYRINTH_SCOPE_OWNER, 0);
	if (IS_ERR(provoke_sound))
		return false;
	provoke_take_and_give_back(provoke_sound, NULL);
	return true;
}

static void provoke_sound_goes(void)
{
	provoke_sum.out += labyrinth_owner_destroy(provoke_sound);
}

static void provoke_begin(const struct provoke_kind *kind, struct provoke *p)
{
	memset(p, 0, sizeof(*p));
	/* Just what provoke_end() will take: a place in the budget that got lost is missed. */
	p->holder = provoke_owner("provoke_holder", PROVOKE_SOUND + kind->places, kind->scope,
				  kind->flags);
	p->offender = provoke_owner("provoke_offender", kind->offender_budget ?: PROVOKE_BUDGET,
				    LABYRINTH_SCOPE_OWNER, 0);
	if (IS_ERR(p->holder) || IS_ERR(p->offender)) {
		provoke_sum.amiss++;
		return;
	}
	/* Pages that come back lie on lists of one CPU. */
	migrate_disable();
	kind->take(p);
	if (!p->page) {
		p->amiss++;
	} else {
		if (kind->prepare)
			kind->prepare(p);
		if (kind->misuse && !provoke_in(kind->context, kind->misuse, p))
			p->amiss++;
	}
	migrate_enable();
}

static void provoke_end(const struct provoke_kind *kind, struct provoke *p)
{
	const struct page *held = kind->held ? p->page : NULL;

	/* While somebody still has the disputed page. */
	provoke_take_and_give_back(provoke_sound, held);
	if (!IS_ERR_OR_NULL(p->holder))
		provoke_take_and_give_back(p->holder, held);
	if (kind->settle && p->page)
		kind->settle(p);
	provoke_sum.out += p->out;
	provoke_sum.out += labyrinth_owner_destroy(p->holder);
	provoke_sum.out += labyrinth_owner_destroy(p->offender);
	provoke_sum.amiss += p->amiss;
}

static const struct provoke_kind *provoke_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < provoke_nr_kinds; i++)
		if (!strcmp(provoke_kinds[i].name, name))
			return &provoke_kinds[i];
	return NULL;
}

static void provoke_answer(long lost)
{
	lab_answer("errno=%s out=%u refused=%u reused=%u amiss=%u lost=%ld by=%s",
		   lab_errno_name(provoke_now.err), provoke_sum.out, provoke_sum.refused,
		   provoke_sum.reused, provoke_sum.amiss, lost, provoke_now.by ?: "-");
}

static void provoke_play(const struct provoke_kind *kind, unsigned int times)
{
	long before;

	if (!provoke_sound_comes()) {
		lab_answer("no-owner");
		return;
	}
	before = provoke_memory();
	while (times--) {
		provoke_begin(kind, &provoke_now);
		provoke_end(kind, &provoke_now);
	}
	before -= provoke_memory();
	provoke_sound_goes();
	provoke_answer(before);
}

static void provoke_stay(const struct provoke_kind *kind)
{
	if (!provoke_sound_comes()) {
		lab_answer("no-owner");
		return;
	}
	provoke_begin(kind, &provoke_now);
	provoke_stays = kind;
	lab_answer("stays");
}

static void provoke_stop_staying(void)
{
	if (!provoke_stays)
		return;
	provoke_end(provoke_stays, &provoke_now);
	provoke_stays = NULL;
	provoke_sound_goes();
}

static void provoke_obey(char *line)
{
	char *name = strsep(&line, " ");
	const struct provoke_kind *kind = provoke_find(name);
	unsigned int times = 1;

	provoke_sum = (struct provoke_sum){};
	provoke_stop_staying();
	if (!strcmp(name, "end"))
		provoke_answer(0);
	else if (!strcmp(name, "memory"))
		lab_answer("%ld", provoke_memory());
	else if (kind && line && !strcmp(line, "stay"))
		provoke_stay(kind);
	else if (kind && (!line || !kstrtouint(line, 0, &times)))
		provoke_play(kind, times);
	else
		lab_answer("impossible");
}

static int provoke_list_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < provoke_nr_kinds; i++)
		seq_printf(m, "%s\n", provoke_kinds[i].name);
	return 0;
}

static int provoke_list_open(struct inode *inode, struct file *file)
{
	return single_open(file, provoke_list_show, NULL);
}

static const struct file_operations provoke_direct_fops = {
	.owner = THIS_MODULE,
	.open = provoke_list_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = lab_command_write,
};

static int __init provoke_init(void)
{
	lab_command_init("labyrinth_provoke", provoke_obey);
	debugfs_create_file("DIRECT", 0600, lab_command.dir, NULL, &provoke_direct_fops);
	return 0;
}

static void __exit provoke_exit(void)
{
	lab_command_exit();
	provoke_stop_staying();
}

module_init(provoke_init);
module_exit(provoke_exit);

MODULE_DESCRIPTION("labyrinth test: each of its rules, broken on purpose");
MODULE_LICENSE("GPL");
