// SPDX-License-Identifier: GPL-2.0
/*
 * lab_test_misuse - break each rule of labyrinth on purpose, in the manner of LKDTM
 *
 * /sys/kernel/debug/labyrinth_misuse/DIRECT lists the scenarios, one name per line.
 * Writing a name runs the scenario to its end: the owners misuse_holder and
 * misuse_offender are created, one of them misuses a page, the rightful holder frees
 * the page, and both owners are destroyed. A line may also be
 *
 *	NAME TIMES	run the scenario TIMES times, with new owners each time
 *	NAME stay	stop after the misuse
 *	end		finish the stopped scenario, as any other line does
 *
 * "answer" then has: errno= of the misuse; out= pages still owned at destroy; refused=
 * and reused= of the pages that sound owners allocated afterwards, where reused= counts
 * the disputed page; amiss= results other than documented; lost= the pages of memory
 * that the machine has fewer than before.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "command.h"
#include "misuse.h"

static struct misuse misuse_now;
static const struct misuse_kind *misuse_stays;	/* stopped in misuse_now; NULL: none */
static struct labyrinth_owner *misuse_sound;		/* takes no part in the misuse */

/* Sums of all runs of the last line. */
static struct misuse_sum {
	unsigned int out, refused, reused, amiss;
} misuse_sum;

static struct labyrinth_owner *misuse_owner(const char *name, unsigned int budget,
					     enum labyrinth_scope scope, unsigned int flags)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .nid = NUMA_NO_NODE, .scope = scope,
		.flags = flags,
	});
}

/* Check that @owner still gets pages, and never the page @held. */
static void misuse_take_and_give_back(struct labyrinth_owner *owner, const struct page *held)
{
	static struct page *pages[MISUSE_SOUND];
	unsigned int i;

	for (i = 0; i < MISUSE_SOUND; i++) {
		pages[i] = labyrinth_alloc_page(owner);
		misuse_sum.refused += !pages[i];
		misuse_sum.reused += held && pages[i] == held;
	}
	for (i = 0; i < MISUSE_SOUND; i++)
		if (pages[i] && labyrinth_free_page(owner, pages[i]))
			misuse_sum.amiss++;
}

/* Created once for all runs, with all its pages, so that it does not count as lost memory. */
static bool misuse_sound_comes(void)
{
	misuse_sound = misuse_owner("misuse_sound", MISUSE_SOUND, LABYRINTH_SCOPE_OWNER, 0);
	if (IS_ERR(misuse_sound))
		return false;
	misuse_take_and_give_back(misuse_sound, NULL);
	return true;
}

static void misuse_sound_goes(void)
{
	misuse_sum.out += labyrinth_owner_destroy(misuse_sound);
}

static void misuse_begin(const struct misuse_kind *kind, struct misuse *p)
{
	memset(p, 0, sizeof(*p));
	/* Exactly what misuse_end() needs, so that a lost charge shows as a refusal. */
	p->holder = misuse_owner("misuse_holder", MISUSE_SOUND + kind->places, kind->scope,
				  kind->flags);
	p->offender = misuse_owner("misuse_offender", kind->offender_budget ?: MISUSE_BUDGET,
				    LABYRINTH_SCOPE_OWNER, 0);
	if (IS_ERR(p->holder) || IS_ERR(p->offender)) {
		misuse_sum.amiss++;
		return;
	}
	/* Freed pages stay on the lists of this CPU. */
	migrate_disable();
	kind->take(p);
	if (!p->page) {
		p->amiss++;
	} else {
		if (kind->prepare)
			kind->prepare(p);
		if (kind->misuse)
			misuse_in(kind->context, kind->misuse, p);
	}
	migrate_enable();
}

static void misuse_end(const struct misuse_kind *kind, struct misuse *p)
{
	const struct page *held = kind->held ? p->page : NULL;

	/* The disputed page is still held here. */
	misuse_take_and_give_back(misuse_sound, held);
	if (!IS_ERR_OR_NULL(p->holder))
		misuse_take_and_give_back(p->holder, held);
	if (kind->settle && p->page)
		kind->settle(p);
	misuse_sum.out += p->out;
	misuse_sum.out += labyrinth_owner_destroy(p->holder);
	misuse_sum.out += labyrinth_owner_destroy(p->offender);
	misuse_sum.amiss += p->amiss;
}

static const struct misuse_kind *misuse_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < misuse_nr_kinds; i++)
		if (!strcmp(misuse_kinds[i].name, name))
			return &misuse_kinds[i];
	return NULL;
}

static void misuse_answer(long lost)
{
	lab_answer("errno=%s out=%u refused=%u reused=%u amiss=%u lost=%ld by=%s",
		   lab_errno_name(misuse_now.err), misuse_sum.out, misuse_sum.refused,
		   misuse_sum.reused, misuse_sum.amiss, lost, misuse_now.by ?: "-");
}

static void misuse_play(const struct misuse_kind *kind, unsigned int times)
{
	long before;

	if (!misuse_sound_comes()) {
		lab_answer("no-owner");
		return;
	}
	before = misuse_memory();
	while (times--) {
		misuse_begin(kind, &misuse_now);
		misuse_end(kind, &misuse_now);
	}
	before -= misuse_memory();
	misuse_sound_goes();
	misuse_answer(before);
}

static void misuse_stay(const struct misuse_kind *kind)
{
	if (!misuse_sound_comes()) {
		lab_answer("no-owner");
		return;
	}
	misuse_begin(kind, &misuse_now);
	misuse_stays = kind;
	lab_answer("stays");
}

static void misuse_stop_staying(void)
{
	if (!misuse_stays)
		return;
	misuse_end(misuse_stays, &misuse_now);
	misuse_stays = NULL;
	misuse_sound_goes();
}

static void misuse_command(char *line)
{
	char *name = strsep(&line, " ");
	const struct misuse_kind *kind = misuse_find(name);
	unsigned int times = 1;

	misuse_sum = (struct misuse_sum){};
	misuse_stop_staying();
	if (!strcmp(name, "end"))
		misuse_answer(0);
	else if (!strcmp(name, "memory"))
		lab_answer("%ld", misuse_memory());
	else if (kind && line && !strcmp(line, "stay"))
		misuse_stay(kind);
	else if (kind && (!line || !kstrtouint(line, 0, &times)))
		misuse_play(kind, times);
	else
		lab_answer("impossible");
}

static int misuse_list_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < misuse_nr_kinds; i++)
		seq_printf(m, "%s\n", misuse_kinds[i].name);
	return 0;
}

static int misuse_list_open(struct inode *inode, struct file *file)
{
	return single_open(file, misuse_list_show, NULL);
}

static const struct file_operations misuse_direct_fops = {
	.owner = THIS_MODULE,
	.open = misuse_list_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = lab_command_write,
};

static int __init misuse_init(void)
{
	lab_command_init("labyrinth_misuse", misuse_command);
	debugfs_create_file("DIRECT", 0600, lab_command.dir, NULL, &misuse_direct_fops);
	return 0;
}

static void __exit misuse_exit(void)
{
	lab_command_exit();
	misuse_stop_staying();
}

module_init(misuse_init);
module_exit(misuse_exit);

MODULE_DESCRIPTION("labyrinth test: break each of its rules on purpose");
MODULE_LICENSE("GPL");
