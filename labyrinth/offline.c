// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that goes offline and is removed: its struct pages go as well.
 *
 * The kernel isolates the range first. From then on no page of it is allocated, and one that
 * is freed stays there. That fails, before any notifier is called, at a page of ours whose
 * memory is good: it has a reference and is not on the LRU. So drivers' pages keep memory online,
 * as those of any kernel code do; the kernel's log has the page frame number, and "lookup"
 * tells whose it is. What is left for the notifier:
 *
 * - pages with bad memory, which isolation passes over: idle ones are given back, and an owned
 *   one refuses the offlining, with its owner's name;
 * - tags of pages that somebody freed behind labyrinth's back, which may be anything by now;
 * - orphans, which are their holders' and may be movable by now.
 *
 * With lab_owners_lock held, the struct page of a tag or an orphan that was found may be used:
 * MEM_OFFLINE waits for the lock, and no tag and no orphan is left when it has ended.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": offline: " fmt

#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "offline.h"
#include "orphan.h"
#include "owner.h"
#include "page.h"
#include "quarantine.h"
#include "refill.h"

/* Looks at what calls have in hand until it lies somewhere. */
#define LAB_OFFLINE_TRIES	3

/* Owners that one attempt names. */
#define LAB_OFFLINE_TOLD	8

struct lab_range {
	unsigned long start_pfn, end_pfn;
	unsigned int idle;	/* found there: ready, quarantined, or on their way */
	unsigned int owned;	/* handed out */
};

static bool lab_range_has(const struct lab_range *range, const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return pfn >= range->start_pfn && pfn < range->end_pfn;
}

/* Tags taken off a stack, which the caller has to itself, linked as they were there. */
struct lab_chain {
	struct lab_tag *top;
	unsigned int nr;
};

static void lab_chain_put(struct lab_chain *chain, struct lab_tag *tag)
{
	if (chain->nr++)
		lab_stack_link(tag, chain->top);
	chain->top = tag;
}

static struct lab_tag *lab_chain_get(struct lab_chain *chain)
{
	struct lab_tag *tag = chain->top;

	if (!chain->nr)
		return NULL;
	if (--chain->nr)
		chain->top = lab_stack_next(tag);
	return tag;
}

/*
 * Take the tags off @stack whose pages are in @range. A tag in the middle can only be reached
 * by popping those above, so all are popped, and those outside pushed again. What they are
 * for is out of reach for so long, some nanoseconds a tag: a call may be refused that would have
 * found one. It is done only where a page of the owner is in @range. Returns how many were pushed
 * in @pushed. Needs preemption disabled.
 */
static struct lab_chain lab_offline_take(struct labyrinth_owner *owner, struct lab_stack *stack,
					 const struct lab_range *range, unsigned int *pushed)
{
	struct lab_tag *tag, *below, *top = NULL, *bottom = NULL;
	struct lab_chain taken = {};

	*pushed = 0;
	for (tag = lab_stack_pop_all(stack, &owner->slots); !lab_tag_is_end(tag); tag = below) {
		below = lab_stack_next(tag);
		if (lab_range_has(range, tag->page)) {
			lab_chain_put(&taken, tag);
			continue;
		}
		if (bottom)
			lab_stack_link(bottom, tag);
		else
			top = tag;
		bottom = tag;
		++*pushed;
	}
	if (bottom)
		lab_stack_push_all(stack, &owner->slots, top, bottom, *pushed);
	return taken;
}

/* A ready page of the range goes. Memory that is offline already gets nothing back. */
static void lab_offline_discard(struct labyrinth_owner *owner, struct lab_tag *tag, bool recycled,
				bool offline)
{
	struct page *page;

	preempt_disable();
	page = lab_discard(owner, tag);
	if (!recycled)
		atomic_dec(&owner->nr_stocked);
	else if (lab_recycles_spares(owner))
		this_cpu_dec(owner->cpu->spares);
	else
		lab_budget_give(owner);
	preempt_enable();
	if (page && !offline)
		lab_page_to_kernel(page);
}

static void lab_offline_ready(struct labyrinth_owner *owner, struct lab_stack *stack, bool recycled,
			      const struct lab_range *range, bool offline)
{
	struct lab_chain taken;
	struct lab_tag *tag;
	unsigned int pushed;

	preempt_disable();
	taken = lab_offline_take(owner, stack, range, &pushed);
	/* They are free already: the push does not free them again. */
	if (recycled)
		this_cpu_sub(owner->cpu->unkept, pushed);
	preempt_enable();
	while ((tag = lab_chain_get(&taken))) {
		lab_offline_discard(owner, tag, recycled, offline);
		cond_resched();
	}
}

/* Pages that are exclusive by now are given back, or recycled. The others stay. */
static void lab_offline_quarantined(struct labyrinth_owner *owner, const struct lab_range *range,
				    bool offline)
{
	struct lab_chain taken;
	struct lab_tag *tag;
	unsigned int pushed;

	lab_quarantine_return(owner);
	preempt_disable();
	taken = lab_offline_take(owner, &owner->quarantine, range, &pushed);
	preempt_enable();
	while ((tag = lab_chain_get(&taken))) {
		preempt_disable();
		atomic_dec(&owner->quarantined);
		if (offline) {
			WRITE_ONCE(tag->head, owner->moving);
			lab_leave(owner, owner->bank, tag);
		} else if (!lab_quarantine_try(owner, tag)) {
			lab_quarantine_keep(owner, tag);
		}
		preempt_enable();
		cond_resched();
	}
}

/* The idle pages that @owner has in the range. */
static void lab_offline_sweep(struct labyrinth_owner *owner, const struct lab_range *range,
			      bool offline)
{
	int cpu;

	lab_offline_quarantined(owner, range, offline);
	for_each_possible_cpu(cpu)
		lab_offline_ready(owner, &per_cpu_ptr(owner->cpu, cpu)->recycled, true, range,
				  offline);
	lab_offline_ready(owner, &owner->stocked, false, range, offline);
	/* The stock comes from elsewhere: nothing in the range is allocated any more. */
	preempt_disable();
	lab_refill_kick(owner);
	preempt_enable();
}

/* The owner of @word, or NULL: destroy sees to the tags of a dead one. */
static struct labyrinth_owner *lab_offline_owner(u64 word)
{
	struct labyrinth_owner *owner;

	preempt_disable();
	owner = lab_owner_by_id(lab_word_owner(word));
	preempt_enable();
	return owner && !lab_owner_dead(owner) ? owner : NULL;
}

/* An owned page whose memory is offline. Needs preemption disabled. */
static void lab_offline_lose(struct lab_bank *bank, struct lab_tag *tag, struct page *page,
			     u64 word)
{
	struct labyrinth_owner *owner = lab_owner_by_id(lab_word_owner(word));

	if (!owner || !lab_tag_change(tag, page, lab_word_head(word), owner->moving))
		return;
	lab_book_reserve(owner, word);
	lab_owner_count_left(owner);
	lab_leave(owner, bank, tag);
}

/* Count an owner's page in the range, unless it can go at once. */
static void lab_offline_tag(struct lab_range *range, struct lab_bank *bank, struct lab_tag *tag,
			    struct page *page, bool offline)
{
	u64 word = READ_ONCE(tag->word);
	struct labyrinth_owner *owner = lab_offline_owner(word);
	bool gone = false;

	if (lab_word_state(word) == LAB_OWNED && !lab_page_marked(page)) {
		preempt_disable();
		gone = lab_owned_freed_behind(bank, tag, page, word, 0);
		preempt_enable();
	} else if (lab_word_state(word) == LAB_OWNED && offline) {
		preempt_disable();
		lab_offline_lose(bank, tag, page, word);
		preempt_enable();
	}
	if (gone)
		return;
	if (lab_word_state(word) == LAB_OWNED) {
		range->owned++;
		if (owner)
			owner->offline.owned++;
	} else {
		range->idle++;
		if (owner)
			owner->offline.idle++;
	}
}

/* What there is in the range, by owner. */
static void lab_offline_count(struct lab_range *range, bool offline)
{
	struct labyrinth_owner *owner;
	struct lab_walk walk = {};
	struct lab_tag *tag;

	range->idle = 0;
	range->owned = 0;
	list_for_each_entry(owner, &lab_owners, list)
		memset(&owner->offline, 0, sizeof(owner->offline));
	while ((tag = lab_walk_next(&walk))) {
		struct page *page = READ_ONCE(tag->page);	/* NULL once it is given back */

		cond_resched();
		if (page && lab_range_has(range, page))
			lab_offline_tag(range, walk.bank, tag, page, offline);
	}
}

/* All that can go has gone: count the rest. Needs lab_owners_lock. */
static void lab_offline_clear(struct lab_range *range, bool offline)
{
	unsigned int try;

	for (try = 0; try < LAB_OFFLINE_TRIES; try++) {
		int moves = lab_tag_moves_before();
		struct labyrinth_owner *owner;

		lab_offline_count(range, offline);
		/* A tag that went to another bank may have passed by the walk. */
		if (!range->idle && !lab_tag_moved_since(moves))
			return;
		list_for_each_entry(owner, &lab_owners, list)
			if (owner->offline.idle)
				lab_offline_sweep(owner, range, offline);
		/* A CPU with a tag in hand has preemption disabled: by now it lies somewhere. */
		synchronize_rcu();
	}
	lab_offline_count(range, offline);
}

/* Name the owners whose pages are in the way. Needs lab_owners_lock. */
static void lab_offline_tell(const struct lab_range *range)
{
	unsigned int told = 0, rest = range->owned + range->idle;
	const struct labyrinth_owner *owner;

	list_for_each_entry(owner, &lab_owners, list) {
		unsigned int owned = owner->offline.owned, idle = owner->offline.idle;

		if (!owned && !idle)
			continue;
		if (told++ == LAB_OFFLINE_TOLD)
			break;
		pr_warn("pfn %lu to %lu: owner %s of %s has %u pages handed out and %u in quarantine there\n",
			range->start_pfn, range->end_pfn - 1, owner->name, owner->module_name,
			owned, idle);
		rest -= owned + idle;
	}
	if (rest)
		pr_warn("pfn %lu to %lu: other owners have %u pages there\n", range->start_pfn,
			range->end_pfn - 1, rest);
}

/**
 * lab_offline_prepare - give back what can be given back of memory that is to go offline
 * @start_pfn: its first page frame
 * @end_pfn: the first behind it
 *
 * The range is isolated: what is given back stays free.
 *
 * Context: process, may sleep.
 * Return: 0, or -EBUSY where an owner has a page left there, which the log tells.
 */
int lab_offline_prepare(unsigned long start_pfn, unsigned long end_pfn)
{
	struct lab_range range = { .start_pfn = start_pfn, .end_pfn = end_pfn };
	unsigned int left;

	mutex_lock(&lab_owners_lock);
	lab_offline_clear(&range, false);
	left = range.owned + range.idle;
	if (left)
		lab_offline_tell(&range);
	mutex_unlock(&lab_owners_lock);
	lab_enter_offline(start_pfn, end_pfn);
	lab_page_flush();
	return left ? -EBUSY : 0;
}

/**
 * lab_offline_forget - drop all that is known of memory that has gone offline
 * @start_pfn: its first page frame
 * @end_pfn: the first behind it
 *
 * Its struct pages go when this returns. No tag should be left: lab_offline_prepare() has refused
 * the offlining where there was one.
 *
 * Context: process, may sleep.
 */
void lab_offline_forget(unsigned long start_pfn, unsigned long end_pfn)
{
	struct lab_range range = { .start_pfn = start_pfn, .end_pfn = end_pfn };

	mutex_lock(&lab_owners_lock);
	lab_orphan_offline(start_pfn, end_pfn);
	lab_offline_clear(&range, true);
	/* Calls that have found a tag there have ended. */
	synchronize_rcu();
	mutex_unlock(&lab_owners_lock);
}

static int lab_offline_event(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct memory_notify *memory = data;
	unsigned long end_pfn = memory->start_pfn + memory->nr_pages;

	switch (event) {
	case MEM_GOING_OFFLINE:
		return notifier_from_errno(lab_offline_prepare(memory->start_pfn, end_pfn));
	case MEM_OFFLINE:
		lab_offline_forget(memory->start_pfn, end_pfn);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block lab_offline_nb = {
	.notifier_call = lab_offline_event,
};

int lab_offline_init(void)
{
	return register_memory_notifier(&lab_offline_nb);
}

/* No tag and no orphan is left. */
void lab_offline_exit(void)
{
	unregister_memory_notifier(&lab_offline_nb);
}
