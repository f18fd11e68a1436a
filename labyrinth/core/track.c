// SPDX-License-Identifier: GPL-2.0
/*
 * How pages enter labyrinth.
 *
 * A page that was freed behind labyrinth's back may be allocated again while its old tag is
 * still there. The tag of an owned page is dropped. A tag on a stack belongs to the CPU that
 * pops it, possibly at this instant: it stays, and the page is set aside until it is gone. So
 * a page is marked only if it has no old tag, and a popped tag whose page has the mark is the
 * tag of that page.
 */
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "freed_behind.h"
#include "hooks.h"
#include "page.h"
#include "track.h"
#include "work.h"

/*
 * lab_enter_clear() has found an old tag, or could not be sure. Drop the tag if its page was
 * owned; then the page may be marked. Needs preemption disabled.
 */
static noinline bool lab_enter_cleared(struct lab_table *first, struct page *page)
{
	int moves = lab_tag_moves_before();
	struct lab_table *table;
	struct lab_tag *tag = lab_tag_find(first, page, &table);
	u64 meta = tag ? READ_ONCE(tag->meta) : 0;
	bool clear = false;

	if (!tag)
		clear = !lab_tag_moved_since(moves);
	else if (lab_meta_phase(meta) == LAB_OWNED)
		clear = lab_owned_freed_behind(table, tag, page, meta, 0);
	else
		lab_ready_freed_behind(table, tag, page, meta);
	if (clear && first)
		lab_last_set(page, first);
	return clear;
}

/*
 * May a page fresh from the kernel be marked? Not while it has an old tag. @first is the table
 * to enter it in, or NULL. Needs preemption disabled.
 */
static bool lab_enter_clear(struct lab_table *first, struct page *page)
{
	int moves = lab_tag_moves_before();

	if (likely(first && !lab_table_find(first, page) && lab_tag_nowhere_but(first, page) &&
		   !lab_tag_moved_since(moves)))
		return true;
	return lab_enter_cleared(first, page);
}

/*
 * Mark a page fresh from the kernel and give it a tag with @state. NULL if it has an old tag or
 * there is no room near its home in any table: then pass it to lab_page_reject(). Needs
 * preemption disabled.
 */
struct lab_tag *lab_enter(struct labyrinth_owner *owner, struct page *page, u32 state,
			  unsigned long caller, struct lab_table **table)
{
	struct lab_tag *tag;

	if (unlikely(!lab_enter_clear(owner->table, page)))
		return NULL;
	lab_page_mark(page);
	tag = lab_tag_bind(owner->table, page, lab_meta_here(state), caller, table);
	if (unlikely(!tag))
		lab_page_unmark(page);
	return tag;
}

/* Put a page fresh from the kernel on the stock, uncharged. False if there is no room. */
bool lab_enter_stocked(struct labyrinth_owner *owner, struct page *page)
{
	u32 zeroed = owner->flags & LABYRINTH_ZERO ? LAB_ZEROED : 0;
	struct lab_table *table;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_enter(owner, page, owner->ready_state | zeroed, _THIS_IP_, &table);
	/* Stacks link the slots of one table only. */
	if (tag && table != owner->table) {
		WRITE_ONCE(tag->state, owner->moving_state);
		lab_page_unmark(page);
		lab_tag_unbind(table, tag, page);
		tag = NULL;
	}
	if (tag) {
		lab_stack_push(&owner->stocked, &owner->slots, tag);
		atomic_inc(&owner->nr_filled);
		atomic_inc(&owner->nr_stocked);
	}
	preempt_enable();
	return tag;
}

/*
 * Pages set aside until their old tag is gone. Not linked through struct page: a CPU that
 * popped the tag just before the page was freed may write there.
 */
#define LAB_NR_ASIDE		64
#define LAB_ASIDE_RETRY		max(HZ / 4, 1)

static struct page *lab_aside[LAB_NR_ASIDE];

static void lab_aside_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(lab_aside_worker, lab_aside_work);

/* Free those whose tag is gone. True if none is left. */
static bool lab_aside_look(void)
{
	bool none = true;
	unsigned int i;

	for (i = 0; i < LAB_NR_ASIDE; i++) {
		struct page *page = READ_ONCE(lab_aside[i]);
		bool clear;

		if (!page)
			continue;
		preempt_disable();
		clear = lab_enter_clear(NULL, page);
		preempt_enable();
		if (!clear)
			none = false;
		else if (cmpxchg(&lab_aside[i], page, NULL) == page)
			lab_page_to_kernel(page);
	}
	return none;
}

static void lab_aside_work(struct work_struct *work)
{
	if (!lab_aside_look())
		queue_delayed_work(lab_wq, &lab_aside_worker, LAB_ASIDE_RETRY);
}

static void lab_aside_kicked(struct irq_work *kick)
{
	queue_delayed_work(lab_wq, &lab_aside_worker, LAB_ASIDE_RETRY);
}

static struct irq_work lab_aside_kick = IRQ_WORK_INIT_HARD(lab_aside_kicked);

/* False if there is no room. */
static bool lab_page_set_aside(struct page *page)
{
	unsigned int i;

	for (i = 0; i < LAB_NR_ASIDE; i++)
		if (!READ_ONCE(lab_aside[i]) && !cmpxchg(&lab_aside[i], NULL, page)) {
			irq_work_queue(&lab_aside_kick);
			return true;
		}
	return false;
}

/*
 * Free a page that lab_enter() did not take. If it has an old tag, set it aside: the next
 * allocation would return it again. Context: any.
 */
void lab_page_reject(struct page *page)
{
	struct lab_table *table;
	bool tagged;

	preempt_disable();
	tagged = lab_tag_find(NULL, page, &table);
	preempt_enable();
	if (likely(!tagged) || !lab_page_set_aside(page))
		lab_page_to_kernel(page);
}

/* Free what was set aside in memory that goes offline: it is not allocated from again. */
void lab_track_offline(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned int i;

	for (i = 0; i < LAB_NR_ASIDE; i++) {
		struct page *page = READ_ONCE(lab_aside[i]);
		unsigned long pfn = page ? page_to_pfn(page) : 0;

		if (page && pfn >= start_pfn && pfn < end_pfn &&
		    cmpxchg(&lab_aside[i], page, NULL) == page)
			lab_page_to_kernel(page);
	}
}

/* No tag is left, so no page need wait. */
void lab_track_exit(void)
{
	irq_work_sync(&lab_aside_kick);
	cancel_delayed_work_sync(&lab_aside_worker);
	lab_aside_look();
}
