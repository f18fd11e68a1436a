// SPDX-License-Identifier: GPL-2.0
/* Names and sentences for refusals, violations and contexts. */
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "words.h"

const struct lab_words lab_refusal_words[] = {
	[LAB_REFUSE_BUDGET]	= { "budget",
		"it owns as many pages as its budget allows" },
	[LAB_REFUSE_FLOOR]	= { "floor",
		"memory is short, and its share of the atomic reserve is used up" },
	[LAB_REFUSE_BUDDY]	= { "buddy",
		"memory is short, and the kernel itself had no page to give" },
	[LAB_REFUSE_CONTEXT]	= { "context",
		"the page allocator may not be called there, and no page was ready" },
	[LAB_REFUSE_SCOPE]	= { "scope",
		"this task may not use the handle" },
	[LAB_REFUSE_DYING]	= { "dying",
		"the owner is destroyed, or there never was one" },
};

static_assert(ARRAY_SIZE(lab_refusal_words) == LAB_NR_REFUSALS);

const struct lab_words lab_violation_words[] = {
	[LAB_BAD_ARGUMENT]	= { "bad_argument",
		"NULL, an ERR_PTR or a parameter out of range was passed",
		"the call failed with -EINVAL", "look at the caller" },
	[LAB_DOUBLE_FREE]	= { "double_free",
		"a page was given back that had been given back before",
		"nothing was freed", "look for the first free in the same driver" },
	[LAB_FOREIGN_FREE]	= { "foreign_free",
		"a page was used by another than its owner",
		"it stays its owner's", "a page changes hands by transfer only" },
	[LAB_PLAIN_PAGE]	= { "plain_page",
		"a page was passed that is no page of labyrinth, or no longer one",
		"it was left alone",
		"a page from alloc_page() or one that was released goes back by __free_page()" },
	[LAB_SHARED_PAGE]	= { "shared_page",
		"somebody else holds a reference or mapping of a page, too",
		"the page stays where it is", "look for a missing put_page() or unmap" },
	[LAB_FREED_BEHIND]	= { "freed_behind",
		"a page was freed without labyrinth, by put_page(), __free_page() or the like",
		"the kernel may have given it to others", "release a page before it is freed so" },
	[LAB_USE_AFTER_FREE]	= { "use_after_free",
		"a page was written to after it was given back",
		"it will not be handed out so", "look for a stale pointer or DMA still running" },
	[LAB_WRONG_SCOPE]	= { "wrong_scope",
		"a handle was used outside of its scope",
		"nothing was changed",
		"share the handle by a wider scope, or hand pages over by transfer" },
	[LAB_DEAD_OWNER]	= { "dead_owner",
		"a handle was used after its owner was destroyed",
		"nothing was changed", "stop interrupts and work before destroying the owner" },
	[LAB_RECEIVER_FULL]	= { "receiver_full",
		"a page was handed to an owner that has as many as it may",
		"the giver keeps it", "raise the receiver's budget" },
	[LAB_ORPHAN]		= { "orphan",
		"a page was still out when its owner was destroyed",
		"it is an ordinary page now, listed in \"pages\" as orphan until it is freed",
		"give all pages back before destroying the owner" },
	[LAB_MODULE_GONE]	= { "module_gone",
		"a module left without destroying its owner",
		"that was done for it", "its exit function lacks labyrinth_owner_destroy()" },
	[LAB_MISCOUNTED]	= { "miscounted",
		"an owner's counters differ from what the tags add up to",
		"nothing was changed", "this is a fault of labyrinth's own: please report it" },
};

static_assert(ARRAY_SIZE(lab_violation_words) == LAB_NR_VIOLATIONS);

/* The outcome for a page with another holder; without an entry, the kind's words apply. */
const char * const lab_outcome_words[] = {
	[LAB_OUT_OF_USE]	= "the page is kept out of use until nobody else has to do with it",
	[LAB_LEFT]		= "the page was on its way to the kernel, and goes there all the same",
};

const char *lab_refusal_name(enum lab_refusal reason)
{
	return lab_refusal_words[reason].name;
}

const char *lab_violation_name(enum lab_violation kind)
{
	return lab_violation_words[kind].name;
}

static const char * const lab_context_names[] = {
	[LABYRINTH_TASK]	= "task",
	[LABYRINTH_SOFTIRQ]	= "softirq",
	[LABYRINTH_HARDIRQ]	= "hardirq",
	[LABYRINTH_NMI]		= "nmi",
};

const char *lab_context_name(enum labyrinth_context context)
{
	return lab_context_names[context];
}
