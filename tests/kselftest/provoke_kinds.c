// SPDX-License-Identifier: GPL-2.0
/*
 * The scenarios. Who takes a page and who misuses it are functions of their own,
 * whose names the reports must tell; each notes its name, without which the
 * compiler might make one of two that do the same.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "provoke.h"

/* The holder takes the page that all is about. */
static noinline void provoke_holder_takes(struct provoke *p)
{
	p->page = labyrinth_alloc_page(p->holder);
}

/* It does as it should. */
static noinline void provoke_holder_gives_back(struct provoke *p)
{
	if (p->page && labyrinth_free_page(p->holder, p->page))
		p->amiss++;
}

static void provoke_put(struct provoke *p)
{
	if (p->page)
		put_page(p->page);
}

/* ---- given back twice */

static noinline void provoke_frees_again(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* ---- given back by another */

static noinline void provoke_frees_anothers(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->offender, p->page);
}

/* ---- a page that is none of labyrinth's, or no longer */

static void provoke_take_plain(struct provoke *p)
{
	p->page = alloc_page(GFP_KERNEL);
}

static noinline void provoke_frees_plain(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->offender, p->page);
}

static void provoke_release(struct provoke *p)
{
	if (labyrinth_release_page(p->holder, p->page))
		p->amiss++;
}

static noinline void provoke_frees_released(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* ---- given back while somebody else has it: the reference or mapping stays his to end */

static void provoke_reference(struct provoke *p)
{
	get_page(p->page);
}

static noinline void provoke_frees_referenced(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* The owner goes first: then the other's reference is the last. */
static void provoke_destroy_and_put(struct provoke *p)
{
	p->out += labyrinth_owner_destroy(p->holder);
	p->holder = NULL;
	if (page_ref_count(p->page) != 1)
		p->amiss++;
	put_page(p->page);
}

static void provoke_mapping(struct provoke *p)
{
	if (!provoke_map(p))
		p->amiss++;
}

static noinline void provoke_frees_mapped(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

static void provoke_mapping_ends(struct provoke *p)
{
	if (!provoke_unmap(p))
		p->amiss++;
}

/* ---- freed without labyrinth: noticed when it is given back */

static noinline void provoke_finds_it_gone(struct provoke *p)
{
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* Nobody else gets the page in between: it lies on a list of this CPU, which is busy here. */
static void provoke_puts_behind(struct provoke *p)
{
	p->by = __func__;
	put_page(p->page);
	provoke_finds_it_gone(p);
}

/* ---- freed without labyrinth: noticed when the kernel hands it out again */

/*
 * A page that the kernel would hand out next, were it freed here: none of a block
 * of another kind, which goes to other users.
 */
static void provoke_take_loose(struct provoke *p)
{
	int tries = 1000;

	while (tries--) {
		struct page *next = alloc_page(GFP_NOWAIT);

		if (next)
			__free_page(next);
		provoke_holder_takes(p);
		if (!p->page || p->page == next)
			return;
		provoke_release(p);
		__free_page(p->page);
		p->page = NULL;
	}
}

/* The offender does no wrong here: it is given what somebody else freed. */
static noinline void provoke_next_takes(struct provoke *p)
{
	p->more[p->nr_more++] = labyrinth_alloc_page(p->offender);
}

static void provoke_frees_behind(struct provoke *p)
{
	p->by = __func__;
	__free_page(p->page);
	do {
		provoke_next_takes(p);
		if (p->more[p->nr_more - 1] == p->page)
			return;
	} while (p->nr_more < PROVOKE_BUDGET);
	p->amiss++;
}

static noinline void provoke_offender_gives_back(struct provoke *p)
{
	while (p->nr_more)
		if (labyrinth_free_page(p->offender, p->more[--p->nr_more]))
			p->amiss++;
}

/* ---- written to after it was given back: noticed when it is to be handed out */

static void provoke_writes_after_free(struct provoke *p)
{
	struct page *gone = p->page;

	p->by = __func__;
	/* Somewhere in the middle, so that a look at the ends is not enough. */
	((u8 *)page_address(gone))[PAGE_SIZE / 2 + 1] ^= 0x55;
	provoke_holder_takes(p);
	if (p->page == gone)
		p->amiss++;
}

/* ---- given back by somebody out of scope */

static noinline void provoke_frees_out_of_scope(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->holder, p->page);
}

/* ---- owners at their end */

static void provoke_destroy_offender(struct provoke *p)
{
	p->dead = p->offender;
	p->offender = NULL;
	p->out += labyrinth_owner_destroy(p->dead);
}

static noinline void provoke_gives_to_the_dead(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_transfer_page(p->holder, p->dead, p->page);
}

static noinline void provoke_frees_for_the_dead(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->dead, p->page);
}

static noinline void provoke_destroys_again(struct provoke *p)
{
	p->by = __func__;
	p->out += labyrinth_owner_destroy(p->dead);
}

static noinline void provoke_destroys_too_early(struct provoke *p)
{
	struct labyrinth_owner *holder = p->holder;

	p->by = __func__;
	p->holder = NULL;
	p->out += labyrinth_owner_destroy(holder);
}

/* ---- the receiver owns all it may */

static void provoke_fill_offender(struct provoke *p)
{
	provoke_next_takes(p);
}

static noinline void provoke_gives_too_much(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_transfer_page(p->holder, p->offender, p->page);
}

static void provoke_both_give_back(struct provoke *p)
{
	provoke_holder_gives_back(p);
	provoke_offender_gives_back(p);
}

/* ---- nobody looked whether there was a page */

static noinline void provoke_frees_nothing(struct provoke *p)
{
	p->by = __func__;
	p->err = labyrinth_free_page(p->offender, NULL);
}

/*
 * ---- an atomic request where sleeping is legal, which deserves advice; and where it
 * is not. On PREEMPT_RT there may be no page to be had in the latter.
 */

static noinline void provoke_asks_at_leisure(struct provoke *p)
{
	p->by = __func__;
	p->more[0] = labyrinth_alloc_page(p->offender);
	p->nr_more = !!p->more[0];
}

static noinline void provoke_asks_in_haste(struct provoke *p)
{
	p->by = __func__;
	p->more[0] = labyrinth_alloc_page(p->offender);
	p->nr_more = !!p->more[0];
}

static void provoke_asks_as_rcu_reader(struct provoke *p)
{
	rcu_read_lock();
	provoke_asks_in_haste(p);
	rcu_read_unlock();
}

static void provoke_asks_unpreemptible(struct provoke *p)
{
	preempt_disable();
	provoke_asks_in_haste(p);
	preempt_enable();
}

static void provoke_asks_uninterruptible(struct provoke *p)
{
	unsigned long flags;

	local_irq_save(flags);
	provoke_asks_in_haste(p);
	local_irq_restore(flags);
}

static void provoke_plain_and_offender(struct provoke *p)
{
	provoke_put(p);
	provoke_offender_gives_back(p);
}

const struct provoke_kind provoke_kinds[] = {
	{ /* the rule that the others break */
		.name = "well_behaved", .take = provoke_holder_takes,
		.settle = provoke_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "double_free", .context = PROVOKE_SOFTIRQ, .take = provoke_holder_takes,
		.prepare = provoke_holder_gives_back, .misuse = provoke_frees_again,
	}, {
		.name = "foreign_free", .context = PROVOKE_NMI, .take = provoke_holder_takes,
		.misuse = provoke_frees_anothers,
		.settle = provoke_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "plain_page", .context = PROVOKE_HARDIRQ, .take = provoke_take_plain,
		.misuse = provoke_frees_plain,
		.settle = provoke_put, .held = true,
	}, {
		.name = "released_page", .take = provoke_holder_takes,
		.prepare = provoke_release, .misuse = provoke_frees_released,
		.settle = provoke_put, .held = true,
	}, {
		.name = "shared_reference", .context = PROVOKE_HARDIRQ,
		.take = provoke_holder_takes,
		.prepare = provoke_reference, .misuse = provoke_frees_referenced,
		.settle = provoke_put, .held = true, .places = 1,
	}, {
		.name = "shared_past_the_end", .take = provoke_holder_takes,
		.prepare = provoke_reference, .misuse = provoke_frees_referenced,
		.settle = provoke_destroy_and_put, .held = true, .places = 1,
	}, {
		.name = "shared_mapping", .context = PROVOKE_SOFTIRQ, .take = provoke_holder_takes,
		.prepare = provoke_mapping, .misuse = provoke_frees_mapped,
		.settle = provoke_mapping_ends, .held = true, .places = 1,
	}, {
		.name = "freed_behind", .context = PROVOKE_SOFTIRQ, .take = provoke_holder_takes,
		.misuse = provoke_puts_behind,
	}, {
		.name = "freed_behind_comes_back", .take = provoke_take_loose,
		.misuse = provoke_frees_behind,
		.settle = provoke_offender_gives_back, .held = true,
	}, {
		.name = "use_after_free", .context = PROVOKE_SOFTIRQ, .take = provoke_holder_takes,
		.prepare = provoke_holder_gives_back, .misuse = provoke_writes_after_free,
		.settle = provoke_holder_gives_back, .held = true, .places = 2,
		.flags = LABYRINTH_POISON,
	}, {
		.name = "wrong_scope", .context = PROVOKE_HARDIRQ, .take = provoke_holder_takes,
		.misuse = provoke_frees_out_of_scope,
		.settle = provoke_holder_gives_back, .held = true, .places = 1,
		.scope = LABYRINTH_SCOPE_THREAD,
	}, {
		.name = "dying_receiver", .context = PROVOKE_SOFTIRQ, .take = provoke_holder_takes,
		.prepare = provoke_destroy_offender, .misuse = provoke_gives_to_the_dead,
		.settle = provoke_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "dead_owner", .context = PROVOKE_HARDIRQ, .take = provoke_take_plain,
		.prepare = provoke_destroy_offender, .misuse = provoke_frees_for_the_dead,
		.settle = provoke_put, .held = true,
	}, {
		.name = "destroyed_twice", .take = provoke_holder_takes,
		.prepare = provoke_destroy_offender, .misuse = provoke_destroys_again,
		.settle = provoke_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "orphan", .take = provoke_holder_takes,
		.misuse = provoke_destroys_too_early,
		.settle = provoke_put, .held = true,
	}, {
		.name = "receiver_full", .context = PROVOKE_SOFTIRQ, .take = provoke_holder_takes,
		.prepare = provoke_fill_offender, .misuse = provoke_gives_too_much,
		.settle = provoke_both_give_back, .held = true, .places = 1, .offender_budget = 1,
	}, {
		.name = "bad_argument", .context = PROVOKE_HARDIRQ, .take = provoke_holder_takes,
		.misuse = provoke_frees_nothing,
		.settle = provoke_holder_gives_back, .held = true, .places = 1,
	}, {
		.name = "could_sleep", .take = provoke_take_plain,
		.misuse = provoke_asks_at_leisure,
		.settle = provoke_plain_and_offender, .held = true,
	}, {
		.name = "rcu_reader", .take = provoke_take_plain,
		.misuse = provoke_asks_as_rcu_reader,
		.settle = provoke_plain_and_offender, .held = true,
	}, {
		.name = "unpreemptible", .take = provoke_take_plain,
		.misuse = provoke_asks_unpreemptible,
		.settle = provoke_plain_and_offender, .held = true,
	}, {
		.name = "uninterruptible", .take = provoke_take_plain,
		.misuse = provoke_asks_uninterruptible,
		.settle = provoke_plain_and_offender, .held = true,
	}, {
		.name = "in_softirq", .context = PROVOKE_SOFTIRQ, .take = provoke_take_plain,
		.misuse = provoke_asks_in_haste,
		.settle = provoke_plain_and_offender, .held = true,
	},
};

const unsigned int provoke_nr_kinds = ARRAY_SIZE(provoke_kinds);
