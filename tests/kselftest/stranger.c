// SPDX-License-Identifier: GPL-2.0
/*
 * lab_stranger - pages freed behind labyrinth that another kernel user has allocated
 *
 * A play: an owner has a page in one of the states, the page is freed by put_page(), and
 * another kernel user, the stranger, gets exactly this page from the kernel, fills it with
 * a stamp and keeps it. Then the owner and a second owner, the other, make calls. A line of
 * /sys/kernel/debug/labyrinth_stranger/command is one of
 *
 *	owners FLAGS NAME	create the owner NAME and the other owner NAME.o
 *	play KIND STATE		KIND of stranger_kinds.c; STATE owned, ready, quarantined
 *	do VERB owner|other	one of stranger_calls
 *	was VERB		the shell has done VERB: audit, shrink
 *	go_on			allocate and free the whole budget of both owners
 *	end			free all pages, those of the stranger last
 *	reset			end, and destroy both owners
 *
 * "answer" is "0" (for "play": and the pfn), or the errors. "play" answers "elsewhere PFN"
 * if the kernel gave the page to another user; such a play must be ended as well. "owners"
 * destroys the previous owners first.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>

#include "command.h"
#include "compat.h"
#include "stranger.h"

#define STRANGER_BUDGET	8

enum stranger_state { STRANGER_OWNED, STRANGER_READY, STRANGER_QUARANTINED };

static const char * const stranger_states[] = { "owned", "ready", "quarantined" };

/* Expected state of the owner's tag of the page. */
enum stranger_tag { TAG_STANDS, TAG_GONE, TAG_EITHER };

/* The stranger's page as the stranger left it. */
struct stranger_page {
	unsigned long flags, private;
	void *mapping;
	int refs, maps;
};

static struct stranger {
	const struct stranger_kind *kind;	/* NULL: no play */
	enum stranger_state state;
	enum stranger_tag tag;
	struct labyrinth_owner *owner, *other;	/* NULL: destroyed */
	struct page *good, *others;		/* a page owned by @owner, by @other */
	struct page *page;			/* the page freed behind labyrinth */
	struct stranger_page left;
	bool taken;				/* the stranger has it */
} play;

static void amiss(const char *what, long got, long wanted)
{
	lab_answer("%s: got %ld, wanted %ld; ", what, got, wanted);
}

static void expect_equal(const char *what, long got, long wanted)
{
	if (got != wanted)
		amiss(what, got, wanted);
}

static void expect_err(const char *what, int got, int wanted)
{
	if (got != wanted)
		lab_answer("%s: got %s, wanted %s; ", what, lab_errno_name(got),
			   lab_errno_name(wanted));
}

/* ---- the stranger */

/* Flags that the stranger's use of the page does not change. */
#define STRANGER_FLAGS	(BIT(PG_swapbacked) | BIT(PG_mappedtodisk) | BIT(PG_uptodate) | \
			 BIT(PG_workingset) | BIT(PG_reclaim))

static u64 stranger_stamp(const struct page *page)
{
	return 0x57a4c3e900000000ULL + page_to_pfn(page);
}

static void stranger_look(struct page *page, struct stranger_page *look)
{
	*look = (struct stranger_page){
		.flags = READ_ONCE(*lab_compat_page_flags(page)) & STRANGER_FLAGS,
		.private = page->private,
		.mapping = page->mapping,
		.refs = page_ref_count(page),
		.maps = atomic_read(&page->_mapcount),
	};
}

/*
 * The stranger's page was changed, so freeing it may crash the kernel: it is never freed, and
 * no further play is allowed.
 */
static bool spoiled;

static void expect_untouched(void)
{
	const u64 *words;
	struct stranger_page now;
	unsigned int i;

	if (!play.taken)
		return;
	words = page_address(play.page);
	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		if (words[i] != stranger_stamp(play.page)) {
			lab_answer("stamp: word %u is %llx; ", i, words[i]);
			spoiled = true;
			break;
		}
	stranger_look(play.page, &now);
	expect_equal("references", now.refs, play.left.refs);
	expect_equal("mappings", now.maps, play.left.maps);
	expect_equal("flags", now.flags, play.left.flags);
	expect_equal("private", now.private, play.left.private);
	expect_equal("mapping", (long)now.mapping, (long)play.left.mapping);
	if (now.refs != play.left.refs || now.maps != play.left.maps ||
	    now.flags != play.left.flags || now.private != play.left.private ||
	    now.mapping != play.left.mapping)
		spoiled = true;
}

/* New pages are batched on this CPU for the LRU, with a reference, up to this many (or 15). */
#define STRANGER_LRU_BATCH	31

static void stranger_drain_lru(void)
{
	unsigned long size = STRANGER_LRU_BATCH * PAGE_SIZE, at;
	unsigned long address = vm_mmap(NULL, 0, size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, 0);
	struct page *page;

	if (IS_ERR_VALUE(address))
		return;
	for (at = address; at < address + size; at += PAGE_SIZE)
		if (get_user_pages_fast(at, 1, FOLL_WRITE, &page) == 1)
			put_page(page);
	vm_munmap(address, size);
}

/*
 * Put the page @refs times, then let the stranger allocate pages until it gets this one, most
 * likely at once. Returns false if it does not. Ends the caller's RCU read-side section.
 */
static bool stranger_take(int refs)
{
	bool atomic = play.kind->atomic && !IS_ENABLED(CONFIG_PREEMPT_RT);
	unsigned int flags = memalloc_pin_save(), nr;
	struct page *page;

	if (atomic)
		preempt_disable();
	while (refs--)
		put_page(play.page);
	rcu_read_unlock();
	page = play.kind->more(0);
	if (atomic)
		preempt_enable();
	for (nr = 1; page && page != play.page && nr < STRANGER_MOST; nr++)
		page = play.kind->more(nr);
	memalloc_pin_restore(flags);
	return page == play.page;
}

static void stranger_settle(void)
{
	u64 *words = page_address(play.page);
	unsigned int i;

	stranger_drain_lru();
	if (play.kind->keep)
		play.kind->keep(play.page);
	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		words[i] = stranger_stamp(play.page);
	stranger_look(play.page, &play.left);
	play.taken = true;
	/* One reference looks most like an owned page. From 7.x on a slab page has none. */
	if (play.left.refs || !play.kind->frozen)
		expect_equal("references at first", play.left.refs, 1);
}

/* ---- the owners */

static struct page *take(struct labyrinth_owner *owner)
{
	return labyrinth_alloc_page(owner);
}

static int give(struct labyrinth_owner *owner, struct page *page)
{
	return labyrinth_free_page(owner, page);
}

static struct labyrinth_owner *stranger_owner(const char *name, unsigned int flags)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = STRANGER_BUDGET, .nid = NUMA_NO_NODE, .flags = flags,
	});
}

/* Allocate @nr pages of @owner. Returns false, with no page left, if it gets fewer. */
static bool take_some(struct labyrinth_owner *owner, unsigned int nr, struct page **pages)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		pages[i] = take(owner);
		if (!pages[i])
			break;
	}
	if (i == nr)
		return true;
	while (i--)
		give(owner, pages[i]);
	return false;
}

/*
 * Afterwards the owner has one owned page, two ready pages, and the page in its state, between
 * the other ready ones if it is ready. The other owner has one owned and two ready pages.
 */
static bool stranger_lose(void)
{
	bool quarantined = play.state == STRANGER_QUARANTINED;
	struct page *pages[4], *others[3];

	if (!take_some(play.other, ARRAY_SIZE(others), others) ||
	    !take_some(play.owner, ARRAY_SIZE(pages), pages)) {
		lab_answer("no pages to begin with; ");
		return false;
	}
	play.others = others[0];
	play.page = pages[1];
	play.good = pages[3];
	expect_err("free", give(play.other, others[1]), 0);
	expect_err("free", give(play.other, others[2]), 0);
	expect_err("free", give(play.owner, pages[0]), 0);
	/* A scan of the quarantine waits for a grace period first: hold it off. */
	rcu_read_lock();
	if (quarantined)
		get_page(play.page);
	if (play.state != STRANGER_OWNED)
		expect_err("free", give(play.owner, play.page), 0);
	expect_err("free", give(play.owner, pages[2]), 0);
	return stranger_take(quarantined ? 2 : 1);
}

/*
 * Allocate, fill and free all pages that @owner gets. None may be the stranger's. Returns the
 * number of pages.
 */
static long take_all(struct labyrinth_owner *owner, bool bulk)
{
	struct page *pages[STRANGER_BUDGET + 1] = {};
	unsigned int i, nr = 0;

	if (bulk)
		nr = labyrinth_alloc_pages_bulk(owner, STRANGER_BUDGET + 1, pages);
	else
		while (nr <= STRANGER_BUDGET && (pages[nr] = take(owner)))
			nr++;
	for (i = 0; i < nr; i++) {
		if (pages[i] == play.page)
			lab_answer("handed out; ");
		memset(page_address(pages[i]), 0xa5, PAGE_SIZE);
	}
	expect_untouched();
	if (bulk)
		expect_equal("given", labyrinth_free_pages_bulk(owner, nr, pages), nr);
	else
		for (i = nr; i--;)
			expect_err("free", give(owner, pages[i]), 0);
	return nr;
}

/* The owner's budget, less its good page, and less the page while its tag is still owned. */
static long owner_room(void)
{
	return STRANGER_BUDGET - 1 - (play.state == STRANGER_OWNED && play.tag == TAG_STANDS);
}

/* ---- the verbs */

static void do_alloc(struct labyrinth_owner *owner, bool bulk)
{
	bool own = owner == play.owner;
	long room = own ? owner_room() : STRANGER_BUDGET - 1, nr;

	/*
	 * The scan that was queued when the page was quarantined may be handling it right now.
	 * Then an alloc at the end of the budget is refused, see Documentation/limits.rst. An
	 * emulator is slow at code that runs for the first time.
	 */
	if (play.state == STRANGER_QUARANTINED)
		msleep(50);
	nr = take_all(owner, bulk);
	expect_equal("pages", nr, room);
	/* Every ready page has been checked now. */
	if (own && play.state != STRANGER_OWNED)
		play.tag = TAG_GONE;
}

/* Check the result of a call by @owner on the page. */
static void expect_answer(const char *verb, const struct labyrinth_owner *owner, int err)
{
	int stands = owner == play.owner ? -EALREADY : -EPERM;

	if (err == stands ? play.tag == TAG_GONE : err != -ENOENT || play.tag == TAG_STANDS)
		lab_answer("%s: got %s; ", verb, lab_errno_name(err));
}

/* After a call that would have changed the page: the tag of an owned page is dropped. */
static void noticed(void)
{
	if (play.state == STRANGER_OWNED)
		play.tag = TAG_GONE;
}

static void do_free(struct labyrinth_owner *owner)
{
	expect_answer("free", owner, give(owner, play.page));
	noticed();
}

/* In one bulk call after a good page, which is allocated again. */
static void do_freebulk(struct labyrinth_owner *owner)
{
	struct page **good = owner == play.owner ? &play.good : &play.others;
	struct page *pages[] = { *good, play.page };

	expect_equal("given", labyrinth_free_pages_bulk(owner, 2, pages), 1);
	*good = take(owner);
	noticed();
}

static void do_release(struct labyrinth_owner *owner)
{
	expect_answer("release", owner,
		      labyrinth_release_page(owner, play.page));
	noticed();
}

static void do_transfer(struct labyrinth_owner *owner)
{
	struct labyrinth_owner *to = owner == play.owner ? play.other : play.owner;

	expect_answer("transfer", owner,
		      labyrinth_transfer_page(owner, to, play.page));
	noticed();
}

static void do_check(struct labyrinth_owner *owner)
{
	expect_answer("check", owner, labyrinth_check_page(owner, play.page));
}

static void do_query(struct labyrinth_owner *owner)
{
	struct labyrinth_page_info info;

	expect_err("query", labyrinth_query_page(play.page, &info), -ENOENT);
}

static void do_destroy(struct labyrinth_owner *owner)
{
	bool own = owner == play.owner;

	expect_err("free", give(owner, own ? play.good : play.others), 0);
	expect_equal("out", labyrinth_owner_destroy(owner), 0);
	if (own) {
		play.owner = NULL;
		play.tag = TAG_GONE;
	} else {
		play.other = NULL;
	}
}

static void do_alloc_one(struct labyrinth_owner *owner)
{
	do_alloc(owner, false);
}

static void do_alloc_bulk(struct labyrinth_owner *owner)
{
	do_alloc(owner, true);
}

static const struct {
	const char *name;
	void (*run)(struct labyrinth_owner *owner);
} stranger_calls[] = {
	{ "alloc",	do_alloc_one },
	{ "bulk",	do_alloc_bulk },
	{ "free",	do_free },
	{ "freebulk",	do_freebulk },
	{ "release",	do_release },
	{ "transfer",	do_transfer },
	{ "check",	do_check },
	{ "query",	do_query },
	{ "destroy",	do_destroy },
};

/* Calls that change nothing, before and after each verb. */
static void ask(void)
{
	if (play.owner)
		do_check(play.owner);
	if (play.other)
		do_check(play.other);
	do_query(NULL);
	expect_untouched();
}

static void stranger_do(const char *verb, const char *by)
{
	struct labyrinth_owner *owner = strcmp(by, "other") ? play.owner : play.other;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stranger_calls); i++)
		if (!strcmp(stranger_calls[i].name, verb))
			break;
	if (i == ARRAY_SIZE(stranger_calls) || !owner) {
		lab_answer("impossible; ");
		return;
	}
	ask();
	stranger_calls[i].run(owner);
	expect_untouched();
	ask();
}

/* The shell has done @verb. */
static void stranger_was(const char *verb)
{
	if (!strcmp(verb, "audit") && play.state == STRANGER_OWNED)
		play.tag = TAG_GONE;
	/* The shrinker removes ready pages only. */
	if (!strcmp(verb, "shrink") && play.state == STRANGER_READY)
		play.tag = TAG_GONE;
	ask();
}

static void stranger_go_on(void)
{
	if (play.owner) {
		do_free(play.owner);
		do_alloc(play.owner, false);
		do_alloc(play.owner, true);
		expect_err("check", labyrinth_check_page(play.owner, play.good), 0);
		if (play.other)
			do_free(play.other);
	}
	if (play.other) {
		do_alloc(play.other, false);
		expect_err("check",
			   labyrinth_check_page(play.other, play.others), 0);
	}
	ask();
}

static void stranger_end(void)
{
	if (!play.kind)
		return;
	if (play.owner && play.page)
		expect_err("free", give(play.owner, play.good), 0);
	if (play.other && play.page)
		expect_err("free", give(play.other, play.others), 0);
	if (play.taken)
		ask();
	if (!spoiled)
		play.kind->give();
	play.kind = NULL;
}

static void stranger_reset(void)
{
	stranger_end();
	expect_equal("out", labyrinth_owner_destroy(play.owner), 0);
	expect_equal("out", labyrinth_owner_destroy(play.other), 0);
	play.owner = NULL;
	play.other = NULL;
}

/* ---- commands */

static void stranger_owners(char *line)
{
	const char *flags = strsep(&line, " ");
	char other[LABYRINTH_NAME_LEN];
	unsigned int bits;

	stranger_reset();
	if (!line || kstrtouint(flags, 0, &bits)) {
		lab_answer("impossible");
		return;
	}
	snprintf(other, sizeof(other), "%s.o", line);
	play.owner = stranger_owner(line, bits);
	play.other = stranger_owner(other, bits);
	if (IS_ERR_OR_NULL(play.owner) || IS_ERR_OR_NULL(play.other)) {
		lab_answer("no owners; ");
		stranger_reset();
	}
}

static void stranger_play(char *line)
{
	const char *kind = strsep(&line, " ");
	int err, state;

	stranger_end();
	state = line ? match_string(stranger_states, ARRAY_SIZE(stranger_states), line) : -1;
	if (state < 0 || !stranger_kind(kind) || !play.owner || !play.other) {
		lab_answer("impossible");
		return;
	}
	if (spoiled) {
		lab_answer("a stranger's page was spoiled before; ");
		return;
	}
	err = stranger_kind(kind)->prepare();
	if (err) {
		lab_answer("prepare: %d", err);
		return;
	}
	play.kind = stranger_kind(kind);
	play.state = state;
	play.tag = state == STRANGER_QUARANTINED ? TAG_EITHER : TAG_STANDS;
	play.taken = false;
	play.page = NULL;
	migrate_disable();
	if (stranger_lose())
		stranger_settle();
	migrate_enable();
	if (play.taken)
		ask();
	else if (play.page)
		lab_answer("elsewhere %lu", page_to_pfn(play.page));
}

static void stranger_command(char *line)
{
	char *verb = strsep(&line, " ");

	if (!strcmp(verb, "owners"))
		stranger_owners(line);
	else if (!strcmp(verb, "play"))
		stranger_play(line);
	else if (!strcmp(verb, "do") && line)
		stranger_do(strsep(&line, " "), line ?: "");
	else if (!strcmp(verb, "was") && line)
		stranger_was(line);
	else if (!strcmp(verb, "go_on"))
		stranger_go_on();
	else if (!strcmp(verb, "end"))
		stranger_end();
	else if (!strcmp(verb, "reset"))
		stranger_reset();
	else
		lab_answer("unknown-verb");
	if (!*lab_command.answer && !strcmp(verb, "play"))
		lab_answer("0 %lu", page_to_pfn(play.page));
	else if (!*lab_command.answer)
		lab_answer("0");
}

static int __init stranger_init(void)
{
	lab_command_init("labyrinth_stranger", stranger_command);
	return 0;
}

static void __exit stranger_exit(void)
{
	lab_command_exit();
	stranger_reset();
}

module_init(stranger_init);
module_exit(stranger_exit);

MODULE_DESCRIPTION("labyrinth test: pages freed behind it that other users have");
MODULE_LICENSE("GPL");
