// SPDX-License-Identifier: GPL-2.0
/*
 * Between two rounds all CPUs but one wait: it compares labyrinth's counters with the torture's
 * books, takes all pages that each owner may have, in any context, and looks for leaks.
 */
#include <linux/hardirq.h>
#include <linux/mm.h>

#include "core/quarantine.h"
#include "core/owner.h"
#include "torture.h"
#include "work.h"

bool nt_strangers;

static unsigned long pages_at_start;

void nt_books_boot(void)
{
	pages_at_start = native_pages_free();
}

/*
 * A stranger keeps a page from its owner while it has a reference: one at each level of a CPU but
 * NMI. A work item, or the shrinker, has one page at a time.
 */
#define NT_IN_OTHER_HANDS	(NATIVE_CPUS * NT_NMI + 2)

/* What is new in this round. */
void nt_round_begin(struct nt_context *c)
{
	unsigned int i;

	nt_strangers = nt_random(c, 2);
	for (i = 0; i < nt_nr_owners; i++) {
		struct nt_owner *owner = &nt_owners[i];
		int cap = owner->budget - (nt_strangers ? NT_IN_OTHER_HANDS : 0);

		owner->cap = NT_NO_CAP;
		if (nt_random(c, 4) && cap > 0 && atomic_read(&owner->reserved) <= cap)
			owner->cap = cap;
	}
}

/* Nothing is in flight: do all work, until no page is in quarantine. */
static void settle(void)
{
	struct labyrinth_owner *lab;
	unsigned int i;

	while (native_work())
		;
	for (i = 0; i < nt_nr_owners; i++)
		nt_expect("the quarantine is empty", &nt_owners[i],
			  lab_quarantine_look(nt_owners[i].lab), true);
	nt_expect("the quarantine is empty", &nt_mortal, lab_quarantine_look(nt_mortal_owner()),
		  true);
	nt_expect("pages out", &nt_mortal, lab_owner_owned(nt_mortal_owner()),
		  nt_mortal_out(nt_mortal_owner()));
	for (i = 0; (lab = nt_duel_owner(i)); i++) {
		nt_expect("a duel's quarantine is empty", NULL, lab_quarantine_look(lab), true);
		nt_expect("a duel's pages out", NULL, lab_owner_owned(lab), 0);
	}
	while (native_work())
		;
}

static void compare(struct nt_owner *owner)
{
	struct labyrinth_owner *lab = owner->lab;
	int out = atomic_read(&owner->out), charged = atomic_read(&lab->charged);

	nt_expect("pages out, by lab_owner_owned()", owner, lab_owner_owned(lab), out);
	nt_expect("pages out or in flight", owner, atomic_read(&owner->reserved), out);
	nt_expect("pages in quarantine", owner, atomic_read(&lab->quarantined), 0);
	nt_expect("pages examined", owner, atomic_read(&lab->examined), 0);
	if (charged < out || charged > (int)owner->budget)
		nt_fail("the charges are out of bounds: charged, out", owner, charged, out);
	if (lab_recycles_uncharged(lab))
		nt_expect("charges", owner, charged, out);
}

/* ---- all pages that an owner can have */

static struct page *drained[1024];

static const unsigned int drain_contexts[NT_NR_LEVELS] = {
	0, SOFTIRQ_OFFSET, HARDIRQ_OFFSET, NMI_OFFSET + HARDIRQ_OFFSET,
};

static enum nt_level enter(struct nt_context *c)
{
	enum nt_level level = nt_random(c, NT_NR_LEVELS);

	preempt_count_add(drain_contexts[level]);
	return level;
}

static void leave(enum nt_level level)
{
	preempt_count_sub(drain_contexts[level]);
}

/* Free in any context. */
static void refill(struct nt_context *c, struct nt_owner *owner, struct page *page)
{
	enum nt_level level = enter(c);

	nt_given(c, owner, page);
	nt_expect("free", owner, labyrinth_free_page(owner->lab, page), 0);
	/* A page that is not recycled has left. */
	if (!nt_random(c, 8) && page_ref_count(page))
		nt_expect("second free", owner, labyrinth_free_page(owner->lab, page), -EALREADY);
	leave(level);
}

static void drain(struct nt_context *c, struct nt_owner *owner)
{
	unsigned int room = owner->budget - atomic_read(&owner->out), nr = 0;
	unsigned int ready = lab_owner_stocked(owner->lab);
	enum nt_level level = enter(c);
	struct page *page;

	while (nr < ARRAY_SIZE(drained) && (page = labyrinth_alloc_page(owner->lab))) {
		drained[nr++] = page;
		nt_taken(c, owner, page);
	}
	leave(level);
	nt_expect("pages until a refusal", owner, nr, level == NT_NMI ? min(ready, room) : room);
	nt_expect("pages out after all were taken", owner, lab_owner_owned(owner->lab),
		  atomic_read(&owner->out));
	c->counts.calls += 2 * nr;
	while (nr)
		refill(c, owner, drained[--nr]);
}

/* Every page is free, an owner's, or ready for one. */
static void find_leaks(void)
{
	unsigned long pages = native_pages_free();
	struct labyrinth_owner *lab;
	unsigned int i;

	pages += lab_owner_stocked(nt_mortal_owner()) + nt_mortal_out(NULL);
	for (i = 0; i < nt_nr_owners; i++)
		pages += atomic_read(&nt_owners[i].out) + lab_owner_stocked(nt_owners[i].lab);
	for (i = 0; (lab = nt_duel_owner(i)); i++)
		pages += lab_owner_stocked(lab);
	nt_expect("pages of the machine", NULL, pages, pages_at_start);
}

void nt_round_check(struct nt_context *c)
{
	unsigned int i;

	if (nt_stopped())
		return;
	settle();
	for (i = 0; i < nt_nr_owners; i++)
		compare(&nt_owners[i]);
	find_leaks();
	for (i = 0; i < nt_nr_owners; i++)
		drain(c, &nt_owners[i]);
	while (native_work())
		;
	find_leaks();
}

/* ---- the end */

/* All owners go, and all pages come back. As CPU 0, when all have ended. */
void native_torture_end(void)
{
	struct nt_context *c = nt_context();
	struct labyrinth_owner *lab;
	unsigned int i, slot;

	for (i = 0; i < nt_nr_owners; i++) {
		struct nt_owner *owner = &nt_owners[i];
		unsigned int left = 0;

		for (slot = 0; slot < NT_SLOTS; slot++) {
			struct page *page = owner->slots[slot];

			if (page && slot % 4)
				nt_free(c, owner, page);
			else if (page)
				owner->slots[left++] = page;
		}
		nt_expect("destroy: pages still out", owner, labyrinth_owner_destroy(owner->lab),
			  left);
		while (left)
			__free_page(owner->slots[--left]);
	}
	nt_mortal_exit(c);
	for (i = 0; (lab = nt_duel_owner(i)); i++)
		nt_expect("destroy: a duel's pages still out", NULL, labyrinth_owner_destroy(lab),
			  0);
	while (native_work())
		;
	nt_expect("pages of the machine at the end", NULL, native_pages_free(), pages_at_start);
}
