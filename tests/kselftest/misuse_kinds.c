// SPDX-License-Identifier: GPL-2.0
/*
 * The scenarios. Separate functions allocate and misuse a page, because the reports must
 * name them. Each misuse stores its own name in @by, so that the compiler cannot merge
 * functions with the same body.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "misuse.h"

/* The holder allocates the disputed page. */
static noinline void misuse_holder_takes(struct misuse *p)
{
	p->page = labyrinth_alloc_page(p->holder);
}

/* The holder frees its page correctly. */
static noinline void misuse_holder_gives_back(struct misuse *p)
{
	if (p->page && labyrinth_free_page(p->holder, p->page))
		p->amiss++;
}

static void misuse_put(struct misuse *p)
{
	if (p->page)
		put_page(p->page);
}

/* ---- a page is freed twice */

static noinline void misuse_frees_again(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* ---- a page is freed by another owner */

static noinline void misuse_frees_anothers(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->offender, p->page);
}

/* ---- a page that is not, or no longer, a labyrinth page */

static void misuse_take_plain(struct misuse *p)
{
	p->page = alloc_page(GFP_KERNEL);
}

static noinline void misuse_frees_plain(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->offender, p->page);
}

static void misuse_release(struct misuse *p)
{
	if (labyrinth_release_page(p->holder, p->page))
		p->amiss++;
}

static noinline void misuse_frees_released(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* ---- a page is freed while it is referenced or mapped; settle() ends the reference */

static void misuse_reference(struct misuse *p)
{
	get_page(p->page);
}

static noinline void misuse_frees_referenced(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* The owner is destroyed first, so the extra reference is the last one. */
static void misuse_destroy_and_put(struct misuse *p)
{
	p->out += labyrinth_owner_destroy(p->holder);
	p->holder = NULL;
	if (page_ref_count(p->page) != 1)
		p->amiss++;
	put_page(p->page);
}

static void misuse_mapping(struct misuse *p)
{
	if (!misuse_map(p))
		p->amiss++;
}

static noinline void misuse_frees_mapped(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

static void misuse_mapping_ends(struct misuse *p)
{
	if (!misuse_unmap(p))
		p->amiss++;
}

/* ---- a page is freed behind labyrinth: found when it is freed to labyrinth */

static noinline void misuse_finds_it_gone(struct misuse *p)
{
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* The page is on a list of this CPU, which runs this code, so it is not allocated in between. */
static void misuse_puts_behind(struct misuse *p)
{
	p->by = __func__;
	put_page(p->page);
	misuse_finds_it_gone(p);
}

/* ---- a page is freed behind labyrinth: found when the kernel hands it out again */

/*
 * Take a page that the kernel would hand out next if it were freed on this CPU. A page of
 * a pageblock of another migratetype would go to other users.
 */
static void misuse_take_loose(struct misuse *p)
{
	int tries = 1000;

	while (tries--) {
		struct page *next = alloc_page(GFP_NOWAIT);

		if (next)
			__free_page(next);
		misuse_holder_takes(p);
		if (!p->page || p->page == next)
			return;
		misuse_release(p);
		__free_page(p->page);
		p->page = NULL;
	}
}

/* Not a misuse by the offender: it gets a page that was freed behind labyrinth. */
static noinline void misuse_next_takes(struct misuse *p)
{
	p->more[p->nr_more++] = labyrinth_alloc_page(p->offender);
}

static void misuse_frees_behind(struct misuse *p)
{
	p->by = __func__;
	__free_page(p->page);
	do {
		misuse_next_takes(p);
		if (p->more[p->nr_more - 1] == p->page)
			return;
	} while (p->nr_more < MISUSE_BUDGET);
	p->amiss++;
}

static noinline void misuse_offender_gives_back(struct misuse *p)
{
	while (p->nr_more)
		if (labyrinth_free_page(p->offender, p->more[--p->nr_more]))
			p->amiss++;
}

/* ---- a page is written to after free: found at the next alloc */

static void misuse_writes_after_free(struct misuse *p)
{
	struct page *gone = p->page;

	p->by = __func__;
	/* In the middle, so that a check of both ends would miss it. */
	((u8 *)page_address(gone))[PAGE_SIZE / 2 + 1] ^= 0x55;
	misuse_holder_takes(p);
	if (p->page == gone)
		p->amiss++;
}

/* ---- a page is freed out of scope */

static noinline void misuse_frees_out_of_scope(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* ---- destroyed owners */

static void misuse_destroy_offender(struct misuse *p)
{
	p->dead = p->offender;
	p->offender = NULL;
	p->out += labyrinth_owner_destroy(p->dead);
}

static noinline void misuse_gives_to_the_dead(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_transfer_page(p->holder, p->dead, p->page);
}

static noinline void misuse_frees_for_the_dead(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->dead, p->page);
}

static noinline void misuse_destroys_again(struct misuse *p)
{
	p->by = __func__;
	p->out += labyrinth_owner_destroy(p->dead);
}

static noinline void misuse_destroys_too_early(struct misuse *p)
{
	struct labyrinth_owner *holder = p->holder;

	p->by = __func__;
	p->holder = NULL;
	p->out += labyrinth_owner_destroy(holder);
}

/* ---- the receiver's budget is full */

static void misuse_fill_offender(struct misuse *p)
{
	misuse_next_takes(p);
}

static noinline void misuse_gives_too_much(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_transfer_page(p->holder, p->offender, p->page);
}

static void misuse_both_give_back(struct misuse *p)
{
	misuse_holder_gives_back(p);
	misuse_offender_gives_back(p);
}

/* ---- a call without a page */

static noinline void misuse_frees_nothing(struct misuse *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->offender, NULL);
}

/*
 * ---- atomic requests in contexts that may sleep, which get advice, and in contexts that may
 * not sleep. On PREEMPT_RT the latter may get no page.
 */

static noinline void misuse_asks_at_leisure(struct misuse *p)
{
	p->by = __func__;
	p->more[0] = labyrinth_alloc_page(p->offender);
	p->nr_more = !!p->more[0];
}

static noinline void misuse_asks_in_haste(struct misuse *p)
{
	p->by = __func__;
	p->more[0] = labyrinth_alloc_page(p->offender);
	p->nr_more = !!p->more[0];
}

static void misuse_asks_as_rcu_reader(struct misuse *p)
{
	rcu_read_lock();
	misuse_asks_in_haste(p);
	rcu_read_unlock();
}

static void misuse_asks_unpreemptible(struct misuse *p)
{
	preempt_disable();
	misuse_asks_in_haste(p);
	preempt_enable();
}

static void misuse_asks_uninterruptible(struct misuse *p)
{
	unsigned long flags;

	local_irq_save(flags);
	misuse_asks_in_haste(p);
	local_irq_restore(flags);
}

static void misuse_plain_and_offender(struct misuse *p)
{
	misuse_put(p);
	misuse_offender_gives_back(p);
}

const struct misuse_kind misuse_kinds[] = {
	{ /* no misuse */
		.name = "well_behaved", .take = misuse_holder_takes,
		.settle = misuse_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "double_free", .context = MISUSE_SOFTIRQ, .take = misuse_holder_takes,
		.prepare = misuse_holder_gives_back, .misuse = misuse_frees_again,
	}, {
		.name = "foreign_free", .context = MISUSE_NMI, .take = misuse_holder_takes,
		.misuse = misuse_frees_anothers,
		.settle = misuse_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "plain_page", .context = MISUSE_HARDIRQ, .take = misuse_take_plain,
		.misuse = misuse_frees_plain,
		.settle = misuse_put, .held = true,
	}, {
		.name = "released_page", .take = misuse_holder_takes,
		.prepare = misuse_release, .misuse = misuse_frees_released,
		.settle = misuse_put, .held = true,
	}, {
		.name = "shared_reference", .context = MISUSE_HARDIRQ,
		.take = misuse_holder_takes,
		.prepare = misuse_reference, .misuse = misuse_frees_referenced,
		.settle = misuse_put, .held = true, .places = 1,
	}, {
		.name = "shared_past_the_end", .take = misuse_holder_takes,
		.prepare = misuse_reference, .misuse = misuse_frees_referenced,
		.settle = misuse_destroy_and_put, .held = true, .places = 1,
	}, {
		.name = "shared_mapping", .context = MISUSE_SOFTIRQ, .take = misuse_holder_takes,
		.prepare = misuse_mapping, .misuse = misuse_frees_mapped,
		.settle = misuse_mapping_ends, .held = true, .places = 1,
	}, {
		.name = "freed_behind", .context = MISUSE_SOFTIRQ, .take = misuse_holder_takes,
		.misuse = misuse_puts_behind,
	}, {
		.name = "freed_behind_comes_back", .take = misuse_take_loose,
		.misuse = misuse_frees_behind,
		.settle = misuse_offender_gives_back, .held = true,
	}, {
		.name = "use_after_free", .context = MISUSE_SOFTIRQ, .take = misuse_holder_takes,
		.prepare = misuse_holder_gives_back, .misuse = misuse_writes_after_free,
		.settle = misuse_holder_gives_back, .held = true, .places = 2,
		.flags = LABYRINTH_POISON,
	}, {
		.name = "wrong_scope", .context = MISUSE_HARDIRQ, .take = misuse_holder_takes,
		.misuse = misuse_frees_out_of_scope,
		.settle = misuse_holder_gives_back, .held = true, .places = 1,
		.scope = LABYRINTH_SCOPE_THREAD,
	}, {
		.name = "dying_receiver", .context = MISUSE_SOFTIRQ, .take = misuse_holder_takes,
		.prepare = misuse_destroy_offender, .misuse = misuse_gives_to_the_dead,
		.settle = misuse_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "dead_owner", .context = MISUSE_HARDIRQ, .take = misuse_take_plain,
		.prepare = misuse_destroy_offender, .misuse = misuse_frees_for_the_dead,
		.settle = misuse_put, .held = true,
	}, {
		.name = "destroyed_twice", .take = misuse_holder_takes,
		.prepare = misuse_destroy_offender, .misuse = misuse_destroys_again,
		.settle = misuse_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "orphan", .take = misuse_holder_takes,
		.misuse = misuse_destroys_too_early,
		.settle = misuse_put, .held = true,
	}, {
		.name = "receiver_full", .context = MISUSE_SOFTIRQ, .take = misuse_holder_takes,
		.prepare = misuse_fill_offender, .misuse = misuse_gives_too_much,
		.settle = misuse_both_give_back, .held = true, .places = 1, .offender_budget = 1,
	}, {
		.name = "bad_argument", .context = MISUSE_HARDIRQ, .take = misuse_holder_takes,
		.misuse = misuse_frees_nothing,
		.settle = misuse_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "could_sleep", .take = misuse_take_plain,
		.misuse = misuse_asks_at_leisure,
		.settle = misuse_plain_and_offender, .held = true,
	}, {
		.name = "rcu_reader", .take = misuse_take_plain,
		.misuse = misuse_asks_as_rcu_reader,
		.settle = misuse_plain_and_offender, .held = true,
	}, {
		.name = "unpreemptible", .take = misuse_take_plain,
		.misuse = misuse_asks_unpreemptible,
		.settle = misuse_plain_and_offender, .held = true,
	}, {
		.name = "uninterruptible", .take = misuse_take_plain,
		.misuse = misuse_asks_uninterruptible,
		.settle = misuse_plain_and_offender, .held = true,
	}, {
		.name = "in_softirq", .context = MISUSE_SOFTIRQ, .take = misuse_take_plain,
		.misuse = misuse_asks_in_haste,
		.settle = misuse_plain_and_offender, .held = true,
	},
};

const unsigned int misuse_nr_kinds = ARRAY_SIZE(misuse_kinds);
