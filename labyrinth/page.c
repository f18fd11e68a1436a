// SPDX-License-Identifier: GPL-2.0
/*
 * Where pages enter labyrinth and leave it, and what is noticed on the way.
 */
#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "page.h"
#include "refill.h"
#include "report.h"

#ifdef CONFIG_LOCKDEP
DEFINE_WAIT_OVERRIDE_MAP(lab_allocator_map, LD_WAIT_SLEEP);
#endif

/* What the books say of a page that somebody freed without telling us. */
static struct lab_incident lab_behind(const struct lab_bank *bank, const struct lab_tag *tag,
				      struct page *page, u64 word)
{
	return (struct lab_incident){
		.kind = LAB_FREED_BEHIND,
		.owner = lab_owner_by_id(lab_word_owner(word)),
		.owner_id = lab_word_owner(word),
		.page = page,
		.taking = lab_tag_taking(bank, tag),
	};
}

/*
 * Such a page's tag goes, of @word before this CPU set it to LAB_MOVING. Needs
 * preemption disabled.
 */
static void lab_write_off(struct labyrinth_owner *owner, struct lab_bank *bank,
			  struct lab_tag *tag, u64 word)
{
	lab_tag_unbind(bank, tag);
	if (!owner)
		return;
	if (lab_word_state(word) == LAB_OWNED) {
		lab_owner_count_left(owner);
		lab_book_reserve(owner, word);
	} else {
		atomic_dec(&owner->quarantined);
	}
	lab_budget_give(owner);
	lab_stock_watch(owner);
}

/*
 * The kernel has just given us a page that still has a tag: somebody freed it
 * without telling us. Whoever the tag says holds it holds it no longer. False
 * where the page cannot be taken all the same.
 */
static noinline bool lab_freed_behind(struct lab_bank *bank, struct lab_tag *tag,
				      struct page *page)
{
	u64 word = READ_ONCE(tag->word);
	struct lab_incident incident = lab_behind(bank, tag, page, word);
	enum lab_state state = lab_word_state(word);
	u32 head = state == LAB_READY ? lab_head(lab_word_owner(word), LAB_RESTORED, LAB_READY) :
					lab_head(lab_word_owner(word), 0, LAB_MOVING);

	/* Somebody is at it this moment: let him, and take another page. */
	if (state == LAB_FREE || lab_state_moves(state))
		return false;
	if (!lab_tag_change(tag, page, lab_word_head(word), head))
		return false;
	if (state != LAB_READY || !(lab_word_flags(word) & LAB_TOLD))
		lab_report_violation(&incident);
	if (state == LAB_READY) {
		/* It still lies on its owner's stack, which lacked just this reference. */
		get_page(page);
		return false;
	}
	lab_write_off(incident.owner, bank, tag, word);
	return true;
}

/*
 * An owned page of @word had no reference when somebody looked. If that is so, it is
 * reported and out of the books, and the page is the kernel's. Context: process, with
 * lab_owners_lock held.
 *
 * It may have been released and freed in good order, and taken again under the same
 * word. So the tag is marked first, and the mark goes when the page is given back: where
 * it is still there after the look, both looks were at one holding. A holder who meets
 * the mark goes on regardless, see lab_commit().
 */
bool lab_owned_freed_behind(struct lab_bank *bank, struct lab_tag *tag, struct page *page,
			    u64 word)
{
	u32 head = lab_word_head(word), suspect = head | LAB_SUSPECT;
	struct lab_incident incident;
	bool gone = false;

	lockdep_assert_held(&lab_owners_lock);
	preempt_disable();
	if (!lab_tag_change(tag, page, head, suspect))
		goto out;
	gone = !page_ref_count(page) &&
	       lab_tag_turn(tag, suspect, lab_head(lab_word_owner(word), 0, LAB_MOVING));
	if (!gone) {
		lab_tag_turn(tag, suspect, head & ~LAB_SUSPECT);
		goto out;
	}
	incident = lab_behind(bank, tag, page, word);
	lab_report_violation(&incident);
	lab_write_off(incident.owner, bank, tag, word);
out:
	preempt_enable();
	return gone;
}

/*
 * Tag a page fresh from the kernel as @head says. NULL where its place in every
 * bank is crowded. Needs preemption disabled.
 */
struct lab_tag *lab_enter(struct labyrinth_owner *owner, struct page *page, u32 head,
			  unsigned long caller, struct lab_bank **bank)
{
	struct lab_tag *tag = lab_tag_find(owner->bank, page, bank);

	if (unlikely(tag) && !lab_freed_behind(*bank, tag, page))
		return NULL;
	return lab_tag_bind(owner->bank, page, lab_word_here(head), caller, bank);
}

/* Put a page fresh from the kernel on the stock, as a spare. False where its place is crowded. */
bool lab_enter_stocked(struct labyrinth_owner *owner, struct page *page)
{
	u32 zeroed = owner->flags & LABYRINTH_ZERO ? LAB_ZEROED : 0;
	struct lab_bank *bank;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_enter(owner, page, owner->ready | zeroed, _THIS_IP_, &bank);
	/* Stacks link the slots of one bank: a page that found no room there is of no use. */
	if (tag && bank != owner->bank) {
		lab_tag_unbind(bank, tag);
		tag = NULL;
	}
	if (tag) {
		lab_stack_push(&owner->stocked, &owner->slots, tag);
		atomic_inc(&owner->nr_stocked);
	}
	preempt_enable();
	return tag;
}

/*
 * Make a page whose tag this CPU has set to LAB_MOVING ready again, here. Its
 * place in the budget goes along or is given back. Needs preemption disabled.
 */
void lab_recycle(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	u32 flags = 0;

	if (owner->flags & LABYRINTH_POISON) {
		lab_page_poison(tag->page);
		flags = LAB_POISONED;
	}
	/* The poison is there before the audit can miss it. */
	smp_store_release(&tag->head, owner->ready | flags);
	lab_stack_push(&this_cpu_ptr(owner->cpu)->recycled, &owner->slots, tag);
	if (lab_recycles_spares(owner)) {
		this_cpu_inc(owner->cpu->spares);
		lab_budget_give(owner);
	}
}

/* Any page recycled, here or on any CPU. Bounded by these. Needs preemption disabled. */
struct lab_tag *lab_pop_recycled(struct labyrinth_owner *owner)
{
	int cpu;

	for_each_cpu_wrap(cpu, cpu_possible_mask, smp_processor_id()) {
		struct lab_stack *recycled = &per_cpu_ptr(owner->cpu, cpu)->recycled;
		struct lab_tag *tag = lab_stack_pop(recycled, &owner->slots);

		if (!tag)
			continue;
		if (lab_recycles_spares(owner))
			this_cpu_dec(owner->cpu->spares);
		return tag;
	}
	return NULL;
}

struct lab_tag *lab_pop_stocked(struct labyrinth_owner *owner)
{
	struct lab_tag *tag = lab_stack_pop(&owner->stocked, &owner->slots);

	if (tag)
		atomic_dec(&owner->nr_stocked);
	return tag;
}

/*
 * A popped tag goes. Returns its page, with our reference for the caller to give to
 * the kernel (somebody else may have another), or NULL where somebody freed it
 * already. What a look at the page would have shown when it was next handed out is
 * reported now, unless the audit has. Needs preemption disabled.
 */
struct page *lab_discard(struct labyrinth_owner *owner, struct lab_tag *tag)
{
	struct page *page = tag->page;
	struct lab_incident incident = {
		.kind = LAB_FREED_BEHIND,
		.owner = owner,
		.page = page,
		.taking = lab_tag_taking(owner->bank, tag),
	};
	/* From here on lab_freed_behind() leaves it alone. */
	u32 head = xchg(&tag->head, owner->moving);
	bool amiss = true;

	if (unlikely(!page_ref_count(page)))
		page = NULL;
	else if (!lab_page_sole(page))
		incident.kind = LAB_SHARED_PAGE;
	else if (head & LAB_POISONED && !lab_page_poison_intact(page))
		incident.kind = LAB_USE_AFTER_FREE;
	else
		amiss = false;
	if (page)
		incident.outcome = LAB_LEFT;
	if (amiss && !(head & LAB_TOLD))
		lab_report_violation(&incident);
	lab_tag_unbind(owner->bank, tag);
	return page;
}

/*
 * Pop a recycled page without its place in the budget. Interrupts are off while
 * the place is in hand, since an alloc elsewhere misses both page and place then;
 * it looks again, see lab_take_far(). Needs preemption disabled.
 */
static struct lab_tag *lab_pop_as_spare(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;
	unsigned long flags;

	local_irq_save(flags);
	tag = lab_pop_recycled(owner);
	if (tag && !lab_recycles_spares(owner))
		lab_budget_give(owner);
	local_irq_restore(flags);
	return tag;
}

/* One recycled page goes to the stock. False where there is none. */
bool lab_stock_recycled(struct labyrinth_owner *owner)
{
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_pop_as_spare(owner);
	if (tag) {
		lab_stack_push(&owner->stocked, &owner->slots, tag);
		atomic_inc(&owner->nr_stocked);
	}
	preempt_enable();
	return tag;
}

/* One ready page, of those that @pop gives, goes to the kernel. False where there is none. */
static bool lab_shed(struct labyrinth_owner *owner,
		     struct lab_tag *(*pop)(struct labyrinth_owner *owner))
{
	struct page *page = NULL;
	struct lab_tag *tag;

	preempt_disable();
	tag = pop(owner);
	if (tag)
		page = lab_discard(owner, tag);
	preempt_enable();
	if (page)
		lab_page_to_kernel(page);
	return tag;
}

bool lab_shed_recycled(struct labyrinth_owner *owner)
{
	return lab_shed(owner, lab_pop_as_spare);
}

bool lab_shed_stocked(struct labyrinth_owner *owner)
{
	return lab_shed(owner, lab_pop_stocked);
}

/* Pages on their way to the kernel, linked through page->lru, which is ours again. */
static LLIST_HEAD(lab_leaving);

static void lab_page_free(struct page *page)
{
	/* The holder was free to use these; the kernel wants them clean. */
	if (likely(lab_page_sole(page))) {
		page->mapping = NULL;
		set_page_private(page, 0);
	}
	lab_allocator_enter();
	__free_page(page);
	lab_allocator_leave();
}

static void lab_leaving_work(struct work_struct *work)
{
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, llist_del_all(&lab_leaving))
		lab_page_free(container_of((struct list_head *)node, struct page, lru));
}

static DECLARE_WORK(lab_leaving_worker, lab_leaving_work);

static void lab_leaving_kicked(struct irq_work *kick)
{
	queue_work(lab_wq, &lab_leaving_worker);
}

static struct irq_work lab_leaving_kick = IRQ_WORK_INIT_HARD(lab_leaving_kicked);

/* Context: any. The reference given is labyrinth's. */
void lab_page_to_kernel(struct page *page)
{
	if (lab_context_may_allocate()) {
		lab_page_free(page);
		return;
	}
	if (llist_add((struct llist_node *)&page->lru, &lab_leaving))
		irq_work_queue(&lab_leaving_kick);
}

/* Wait until all pages given to lab_page_to_kernel() have left. */
void lab_page_flush(void)
{
	irq_work_sync(&lab_leaving_kick);
	flush_work(&lab_leaving_worker);
}
