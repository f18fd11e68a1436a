// SPDX-License-Identifier: GPL-2.0
/*
 * lab_reserve - allocation when memory is short
 *
 * For an otherwise idle machine with one CPU online. Each command in
 * /sys/kernel/debug/labyrinth_reserve/command restores the free memory when it is done,
 * except for the pages that "share" and "memalloc" keep until "drop", and "hold" until
 * "release":
 *
 *	sweep			compare the kernel's watermark check with labyrinth's
 *	share PCT		drain to min, then let an owner allocate all it gets
 *	drop			free these pages and destroy the owner
 *	memalloc PCT		drain to the last page of GFP_ATOMIC, then alloc as PF_MEMALLOC
 *	stock NR		drain to the last page, then let an owner allocate its stock
 *	dry STOCK [PCT]		an eater has 3/4 of the reserve: an owner requests 200 pages
 *	asker PCT		create the owner "asker-PCT", which stays, without a stock
 *	round			as dry, with that owner
 *	leave			destroy it
 *	eat NR			the eater has NR pages from now on; 0: 3/4 again
 *	unported NR		drain to min, take NR pages by GFP_ATOMIC, let an owner be refused
 *	unported_free NR	free NR of these pages
 *	hold			drain to min
 *	ask			let the owner that "hold" created be refused
 *	release			free what "hold" took, and destroy the owner
 *	spend BUDGET		an owner requests one page more than its budget
 *	guarantee NR [FLAGS]	as stock, on each CPU in each context; for several CPUs
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "command.h"
#include "reserve.h"

#define SHARE_BUDGET	32768

static struct labyrinth_owner *share_owner;
static struct page **share_pages;
static unsigned long share_nr;

static void reserve_answer_sweep(void)
{
	static const char * const names[] = { "plain", "dma", "dma32", "memalloc" };
	struct reserve_sweep sweep;
	unsigned int i, mismatches = 0;

	reserve_sweep(&sweep);
	for (i = 0; i < RESERVE_NR_REQUESTS; i++)
		mismatches += sweep.counts[i].mismatches;
	lab_answer("mismatches=%u levels=%u unstable=%u", mismatches, sweep.levels,
		   sweep.unstable);
	for (i = 0; i < RESERVE_NR_REQUESTS; i++)
		lab_answer(" %s_given=%u %s_refused=%u %s_wrong=%u", names[i],
			   sweep.counts[i].given, names[i], sweep.counts[i].refused, names[i],
			   sweep.counts[i].mismatches);
	pr_info("sweep: %s\n", lab_command.answer);
}

static int share_create(const char *name, unsigned int budget, unsigned int stock, int pct)
{
	share_pages = vzalloc(array_size(SHARE_BUDGET, sizeof(*share_pages)));
	if (!share_pages)
		return -ENOMEM;
	share_owner = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = budget, .stock = stock, .reserve_pct = pct,
		.nid = NUMA_NO_NODE,
	});
	share_nr = 0;
	if (!IS_ERR(share_owner))
		return 0;
	vfree(share_pages);
	share_pages = NULL;
	return PTR_ERR(share_owner);
}

static unsigned int share_drop(void)
{
	unsigned int out;

	if (!share_pages)
		return 0;
	while (share_nr)
		labyrinth_free_page(share_owner, share_pages[--share_nr]);
	out = labyrinth_owner_destroy(share_owner);
	vfree(share_pages);
	share_pages = NULL;
	return out;
}

/* Allocate until the owner gets no more pages. */
static void share_take(void)
{
	while (share_nr < SHARE_BUDGET) {
		struct page *page = labyrinth_alloc_page(share_owner);

		if (!page)
			break;
		share_pages[share_nr++] = page;
	}
}

static unsigned long share_from_reserve(void)
{
	struct labyrinth_page_info info;
	unsigned long i, nr = 0;

	for (i = 0; i < share_nr; i++)
		if (!labyrinth_query_page(share_pages[i], &info) && info.from_reserve)
			nr++;
	return nr;
}

/* The usable pages of the zones, and their floors at a given percentage. */
struct share_view {
	struct zone *zones[MAX_NR_ZONES];
	unsigned int nr;
	long usable[MAX_NR_ZONES];
	long floor[MAX_NR_ZONES];
};

static void share_look(struct share_view *view, int pct)
{
	unsigned int i;

	view->nr = reserve_zones(view->zones);
	for (i = 0; i < view->nr; i++) {
		view->usable[i] = reserve_usable(view->zones[i]);
		view->floor[i] = lab_floor_mark(view->zones[i]->_watermark[WMARK_MIN], pct);
	}
}

/* Pages above the floors. */
static long share_above(const struct share_view *view)
{
	long above = 0;
	unsigned int i;

	for (i = 0; i < view->nr; i++)
		above += max(view->usable[i] - view->floor[i], 0L);
	return above;
}

/* The most that a zone was pushed below its floor, or below its level before if that was lower. */
static long share_undershot(const struct share_view *before, const struct share_view *after)
{
	long worst = 0;
	unsigned int i;

	for (i = 0; i < before->nr; i++)
		worst = max(worst, min(before->usable[i], before->floor[i]) - after->usable[i]);
	return worst;
}

static unsigned int share_tolerance(const struct share_view *view)
{
	unsigned int i, pages = 0;

	for (i = 0; i < view->nr; i++)
		pages += reserve_tolerance(view->zones[i]);
	return pages;
}

static void share_answer_zones(const struct share_view *before, const struct share_view *after)
{
	unsigned int i;

	for (i = 0; i < before->nr; i++)
		lab_answer(" %s=%ld..%ld/%ld", before->zones[i]->name, before->usable[i],
			   after->usable[i], before->floor[i]);
}

static void reserve_share(int pct)
{
	int err, floor_pct = pct == LABYRINTH_RESERVE_NONE ? 0 : pct;
	struct reserve_hoard hoard = {}, rest = {};
	struct share_view before, after;
	unsigned long nr_rest;

	share_drop();
	err = share_create("share", SHARE_BUDGET, 0, pct);
	if (err) {
		lab_answer("%s", lab_errno_name(err));
		return;
	}
	reserve_drain(&hoard, RESERVE_TO_MIN);
	share_look(&before, floor_pct);
	share_take();
	share_look(&after, floor_pct);
	nr_rest = reserve_drain(&rest, RESERVE_TO_ATOMIC);
	reserve_give_back(&rest, rest.nr);
	reserve_give_back(&hoard, hoard.nr);
	lab_answer("got=%lu wanted=%ld left=%ld undershot=%ld tolerance=%u from_reserve=%lu",
		   share_nr, share_above(&before), share_above(&after),
		   share_undershot(&before, &after), share_tolerance(&before),
		   share_from_reserve());
	lab_answer(" rest=%lu", nr_rest);
	share_answer_zones(&before, &after);
}

#define MEMALLOC_PAGES	64

static void memalloc_take(unsigned long most)
{
	most += share_nr;
	while (share_nr < most) {
		struct page *page = labyrinth_alloc_page(share_owner);

		if (!page)
			break;
		share_pages[share_nr++] = page;
	}
}

/* The kernel clears PF_MEMALLOC for softirqs; a softirq that serves swap sets it again. */
static void memalloc_tasklet_run(struct tasklet_struct *tasklet)
{
	unsigned int flags = memalloc_noreclaim_save();

	memalloc_take(MEMALLOC_PAGES);
	memalloc_noreclaim_restore(flags);
}

static void reserve_memalloc(int pct)
{
	unsigned long ordinary, task, softirq, plain = 0;
	struct reserve_hoard hoard = {}, rest = {};
	struct tasklet_struct tasklet;
	unsigned int flags;

	share_drop();
	if (share_create("memalloc", SHARE_BUDGET, 0, pct)) {
		lab_answer("impossible");
		return;
	}
	tasklet_setup(&tasklet, memalloc_tasklet_run);
	reserve_drain(&hoard, RESERVE_TO_ATOMIC);
	memalloc_take(MEMALLOC_PAGES);
	ordinary = share_nr;
	flags = memalloc_noreclaim_save();
	while (plain < MEMALLOC_PAGES && reserve_take(&rest, GFP_ATOMIC, RESERVE_TO_NOTHING))
		plain++;
	memalloc_take(MEMALLOC_PAGES);
	/* PF_MEMALLOC is ignored while softirqs are disabled. */
	local_bh_disable();
	memalloc_take(MEMALLOC_PAGES);
	local_bh_enable();
	memalloc_noreclaim_restore(flags);
	task = share_nr - ordinary;
	tasklet_schedule(&tasklet);
	tasklet_kill(&tasklet);
	softirq = share_nr - task - ordinary;
	reserve_give_back(&rest, rest.nr);
	reserve_give_back(&hoard, hoard.nr);
	lab_answer("plain=%lu ordinary=%lu task=%lu softirq=%lu from_reserve=%lu", plain, ordinary,
		   task, softirq, share_from_reserve());
}

static void reserve_stock(unsigned int nr)
{
	struct reserve_hoard hoard = {};
	int err;

	share_drop();
	err = share_create("stock", nr, nr, LABYRINTH_RESERVE_NONE);
	if (err) {
		lab_answer("%s", lab_errno_name(err));
		return;
	}
	reserve_drain(&hoard, RESERVE_TO_NOTHING);
	share_take();
	reserve_give_back(&hoard, hoard.nr);
	lab_answer("got=%lu from_reserve=%lu", share_nr, share_from_reserve());
	share_drop();
}

#define DRY_PAGES	200

/* Not inlined: the report must show this name as caller. */
static noinline unsigned int dry_ask(struct labyrinth_owner *asker, struct page **pages)
{
	unsigned int i, got = 0;

	local_bh_disable();
	for (i = 0; i < DRY_PAGES; i++) {
		pages[got] = labyrinth_alloc_page(asker);
		got += !!pages[got];
	}
	local_bh_enable();
	return got;
}

static unsigned int dry_eaten;

/* Allocate 3/4 of the first zone's reserve between min and GFP_ATOMIC's floor. */
static void dry_eat(void)
{
	struct share_view view;

	share_look(&view, 75);
	while (share_nr < SHARE_BUDGET &&
	       (dry_eaten ? share_nr < dry_eaten :
			    reserve_usable(view.zones[0]) > view.floor[0])) {
		share_pages[share_nr] =
			labyrinth_alloc_page(share_owner);
		if (!share_pages[share_nr])
			break;
		share_nr++;
	}
}

/* Rounds may differ by this number of pages. */
static unsigned int dry_tolerance(void)
{
	struct share_view view;

	share_look(&view, 100);
	return share_tolerance(&view);
}

static struct labyrinth_owner *dry_asker;	/* NULL if there is none */

static unsigned int dry_leave(void)
{
	unsigned int out = labyrinth_owner_destroy(dry_asker);

	dry_asker = NULL;
	return out;
}

static bool dry_create(const char *name, unsigned int stock, int pct)
{
	dry_leave();
	dry_asker = labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = 1000, .stock = stock, .reserve_pct = pct,
		.nid = NUMA_NO_NODE,
	});
	if (!IS_ERR(dry_asker))
		return true;
	dry_asker = NULL;
	return false;
}

static void reserve_round(void)
{
	struct page *pages[DRY_PAGES + 1];
	struct reserve_hoard hoard = {};
	unsigned int got, i;

	share_drop();
	if (!dry_asker || share_create("eater", SHARE_BUDGET, 0, 100)) {
		lab_answer("impossible");
		return;
	}
	reserve_drain(&hoard, RESERVE_TO_MIN);
	dry_eat();
	got = dry_ask(dry_asker, pages);
	/* Wait until the verdict is reported. */
	if (got < DRY_PAGES)
		msleep(1500);
	reserve_give_back(&hoard, hoard.nr);
	for (i = 0; i < got; i++)
		labyrinth_free_page(dry_asker, pages[i]);
	lab_answer("got=%u refused=%u eaten=%lu", got, DRY_PAGES - got, share_nr);
	lab_answer(" tolerance=%u", dry_tolerance());
	share_drop();
}

static void reserve_dry(unsigned int stock, int pct)
{
	if (!dry_create("asker", stock, pct)) {
		lab_answer("impossible");
		return;
	}
	reserve_round();
	lab_answer(" out=%u", dry_leave());
}

static void reserve_asker(int pct)
{
	char name[LABYRINTH_NAME_LEN];

	snprintf(name, sizeof(name), "asker-%d", pct);
	lab_answer(dry_create(name, 0, pct) ? "0" : "impossible");
}

/* A driver that does not use labyrinth. */
static struct reserve_hoard unported;

static noinline void unported_take(unsigned int nr)
{
	while (nr--) {
		struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

		if (!page)
			break;
		set_page_private(page, (unsigned long)unported.top);
		unported.top = page;
		unported.nr++;
	}
}

/* Between "hold" and "release". */
static struct reserve_hoard held;

/* The kernel's own requests that may wait do so until "release"; no process is killed. */
static int reserve_oom(struct notifier_block *nb, unsigned long action, void *freed)
{
	if (held.nr) {
		msleep(100);
		*(unsigned long *)freed = 1;
	}
	return NOTIFY_OK;
}

static struct notifier_block reserve_oom_nb = { .notifier_call = reserve_oom };

static bool reserve_hold(void)
{
	share_drop();
	if (share_create("refused", SHARE_BUDGET, 0, LABYRINTH_RESERVE_NONE)) {
		lab_answer("impossible");
		return false;
	}
	reserve_drain(&held, RESERVE_TO_MIN);
	return true;
}

static void reserve_ask(void)
{
	if (!share_pages) {
		lab_answer("impossible");
		return;
	}
	share_take();
	/* Wait until the refusal is reported. */
	msleep(1500);
}

static void reserve_release(void)
{
	reserve_give_back(&held, held.nr);
	share_drop();
}

static void reserve_answer_hold(void)
{
	if (!reserve_hold())
		return;
	lab_answer("held=%lu", held.nr);
	/* tests/watch sends frames when it sees this on the console. */
	pr_info("hold: %lu pages\n", held.nr);
}

static void reserve_answer_ask(void)
{
	reserve_ask();
	lab_answer("got=%lu", share_nr);
}

static void reserve_unported(unsigned int nr)
{
	if (!reserve_hold())
		return;
	unported_take(nr);
	reserve_ask();
	lab_answer("took=%lu got=%lu", unported.nr, share_nr);
	reserve_release();
}

static noinline void dry_spend(unsigned int nr)
{
	while (share_nr < nr)
		share_pages[share_nr++] =
			labyrinth_alloc_page(share_owner);
}

static void reserve_spend(unsigned int budget)
{
	share_drop();
	if (share_create("spender", budget, 0, 0)) {
		lab_answer("impossible");
		return;
	}
	dry_spend(budget - 1);
	share_take();
	msleep(1500);
	lab_answer("got=%lu", share_nr);
	share_drop();
}

static void reserve_answer_guarantee(unsigned int stock, unsigned int flags)
{
	struct reserve_guarantee g = {};
	int err = reserve_guarantee(stock, flags, &g);

	lab_answer("%s runs=%u too_few=%u kernel_gave=%u errors=%u out=%u", lab_errno_name(err),
		   g.runs, g.too_few, g.kernel_gave, g.errors, g.out);
}

static void reserve_command(char *line)
{
	char *verb = strsep(&line, " "), *first = strsep(&line, " ");
	int number = 0, flags = 0;

	if ((first && kstrtoint(first, 0, &number)) || (line && kstrtoint(line, 0, &flags)))
		lab_answer("impossible");
	else if (!strcmp(verb, "sweep"))
		reserve_answer_sweep();
	else if (!strcmp(verb, "share"))
		reserve_share(number);
	else if (!strcmp(verb, "drop"))
		lab_answer("%u", share_drop());
	else if (!strcmp(verb, "memalloc"))
		reserve_memalloc(number);
	else if (!strcmp(verb, "stock"))
		reserve_stock(number);
	else if (!strcmp(verb, "unported"))
		reserve_unported(number);
	else if (!strcmp(verb, "unported_free"))
		reserve_give_back(&unported, number);
	else if (!strcmp(verb, "hold"))
		reserve_answer_hold();
	else if (!strcmp(verb, "ask"))
		reserve_answer_ask();
	else if (!strcmp(verb, "release"))
		reserve_release();
	else if (!strcmp(verb, "dry"))
		reserve_dry(number, flags);
	else if (!strcmp(verb, "asker"))
		reserve_asker(number);
	else if (!strcmp(verb, "round"))
		reserve_round();
	else if (!strcmp(verb, "leave"))
		lab_answer("%u", dry_leave());
	else if (!strcmp(verb, "eat"))
		dry_eaten = number;
	else if (!strcmp(verb, "spend"))
		reserve_spend(number);
	else if (!strcmp(verb, "guarantee"))
		reserve_answer_guarantee(number, flags);
	else
		lab_answer("unknown-verb");
}

static int __init reserve_init(void)
{
	lab_command_init("labyrinth_reserve", reserve_command);
	register_oom_notifier(&reserve_oom_nb);
	return 0;
}

static void __exit reserve_exit(void)
{
	lab_command_exit();
	unregister_oom_notifier(&reserve_oom_nb);
	dry_leave();
	reserve_release();
	reserve_give_back(&unported, unported.nr);
}

module_init(reserve_init);
module_exit(reserve_exit);

MODULE_DESCRIPTION("labyrinth test: allocation when memory is short");
MODULE_LICENSE("GPL");
