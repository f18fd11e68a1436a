// SPDX-License-Identifier: GPL-2.0
/* Every state of a page against every call: the errno, and what changes. */
#include <linux/mm.h>

#include "fixture.h"

/* What a page is to the calling owner. */
enum situation {
	PLAIN,			/* never labyrinth's */
	OWNED,
	SHARED,			/* owned, with an extra reference */
	MAPPED,			/* owned and mapped */
	BEHIND,			/* owned, but freed behind labyrinth's back */
	STRANGERS,		/* the same, and in use by a stranger */
	READY,
	QUARANTINED,
	MOVING,			/* another CPU is just freeing it */
	FOREIGN,		/* another owner's */
	FOREIGN_READY,
	FOREIGN_QUARANTINED,
	ARRIVED,		/* transferred in */
	GIVEN_AWAY,		/* transferred to another owner */
	RELEASED,
	ORPHANED,		/* still out when its owner was destroyed */
	NR_SITUATIONS
};

enum verb { FREE, RELEASE, TRANSFER, CHECK, QUERY, NR_VERBS };

/* What happens to the tag. */
enum outcome { SAME, TO_READY, TO_QUARANTINE, TO_OTHER, GONE };

struct transition {
	enum situation from;
	enum verb verb;
	int err;
	enum outcome outcome;
};

/* The contract. */
static const struct transition transitions[] = {
	{ PLAIN, FREE,	-ENOENT, SAME },
	{ PLAIN, RELEASE,	-ENOENT, SAME },
	{ PLAIN, TRANSFER,	-ENOENT, SAME },
	{ PLAIN, CHECK,	-ENOENT, SAME },
	{ PLAIN, QUERY,	-ENOENT, SAME },

	{ OWNED, FREE,		0, TO_READY },
	{ OWNED, RELEASE,	0, GONE },
	{ OWNED, TRANSFER,	0, TO_OTHER },
	{ OWNED, CHECK,		0, SAME },
	{ OWNED, QUERY,		0, SAME },

	{ SHARED, FREE,		0, TO_QUARANTINE },
	{ SHARED, RELEASE,	0, GONE },
	{ SHARED, TRANSFER,	0, TO_OTHER },
	{ SHARED, CHECK,	-EBUSY, SAME },
	{ SHARED, QUERY,	0, SAME },

	{ MAPPED, FREE,		-EBUSY, TO_QUARANTINE },
	{ MAPPED, RELEASE,	-EBUSY, SAME },
	{ MAPPED, TRANSFER,	-EBUSY, SAME },
	{ MAPPED, CHECK,	-EBUSY, SAME },
	{ MAPPED, QUERY,	0, SAME },

	{ BEHIND, FREE,		-EALREADY, GONE },
	{ BEHIND, RELEASE,	-EALREADY, GONE },
	{ BEHIND, TRANSFER,	-EALREADY, GONE },
	{ BEHIND, CHECK,	-EALREADY, SAME },
	{ BEHIND, QUERY,	-ENOENT, SAME },

	{ STRANGERS, FREE,	-EALREADY, GONE },
	{ STRANGERS, RELEASE,	-EALREADY, GONE },
	{ STRANGERS, TRANSFER,	-EALREADY, GONE },
	{ STRANGERS, CHECK,	-EALREADY, SAME },
	{ STRANGERS, QUERY,	-ENOENT, SAME },

	{ READY, FREE,	-EALREADY, SAME },
	{ READY, RELEASE,	-EALREADY, SAME },
	{ READY, TRANSFER,	-EALREADY, SAME },
	{ READY, CHECK,	-EALREADY, SAME },
	{ READY, QUERY,	0, SAME },

	{ QUARANTINED, FREE,	-EALREADY, SAME },
	{ QUARANTINED, RELEASE,	-EALREADY, SAME },
	{ QUARANTINED, TRANSFER,	-EALREADY, SAME },
	{ QUARANTINED, CHECK,	-EALREADY, SAME },
	{ QUARANTINED, QUERY,	0, SAME },

	{ MOVING, FREE,	-EALREADY, SAME },
	{ MOVING, RELEASE,	-EALREADY, SAME },
	{ MOVING, TRANSFER,	-EALREADY, SAME },
	{ MOVING, CHECK,	-EALREADY, SAME },
	{ MOVING, QUERY,	0, SAME },

	{ FOREIGN, FREE,	-EPERM, SAME },
	{ FOREIGN, RELEASE,	-EPERM, SAME },
	{ FOREIGN, TRANSFER,	-EPERM, SAME },
	{ FOREIGN, CHECK,	-EPERM, SAME },
	{ FOREIGN, QUERY,	0, SAME },

	{ FOREIGN_READY, FREE,	-EPERM, SAME },
	{ FOREIGN_READY, RELEASE,	-EPERM, SAME },
	{ FOREIGN_READY, TRANSFER,	-EPERM, SAME },
	{ FOREIGN_READY, CHECK,	-EPERM, SAME },
	{ FOREIGN_READY, QUERY,	0, SAME },

	{ FOREIGN_QUARANTINED, FREE,	-EPERM, SAME },
	{ FOREIGN_QUARANTINED, RELEASE,	-EPERM, SAME },
	{ FOREIGN_QUARANTINED, TRANSFER,	-EPERM, SAME },
	{ FOREIGN_QUARANTINED, CHECK,	-EPERM, SAME },
	{ FOREIGN_QUARANTINED, QUERY,	0, SAME },

	{ ARRIVED, FREE,	0, GONE },
	{ ARRIVED, RELEASE,	0, GONE },
	{ ARRIVED, TRANSFER,	0, TO_OTHER },
	{ ARRIVED, CHECK,	0, SAME },
	{ ARRIVED, QUERY,	0, SAME },

	{ GIVEN_AWAY, FREE,	-EPERM, SAME },
	{ GIVEN_AWAY, RELEASE,	-EPERM, SAME },
	{ GIVEN_AWAY, TRANSFER,	-EPERM, SAME },
	{ GIVEN_AWAY, CHECK,	-EPERM, SAME },
	{ GIVEN_AWAY, QUERY,	0, SAME },

	{ RELEASED, FREE,	-ENOENT, SAME },
	{ RELEASED, RELEASE,	-ENOENT, SAME },
	{ RELEASED, TRANSFER,	-ENOENT, SAME },
	{ RELEASED, CHECK,	-ENOENT, SAME },
	{ RELEASED, QUERY,	-ENOENT, SAME },

	{ ORPHANED, FREE,	-ENOENT, SAME },
	{ ORPHANED, RELEASE,	-ENOENT, SAME },
	{ ORPHANED, TRANSFER,	-ENOENT, SAME },
	{ ORPHANED, CHECK,	-ENOENT, SAME },
	{ ORPHANED, QUERY,	-ENOENT, SAME },
};

static_assert(ARRAY_SIZE(transitions) == NR_SITUATIONS * NR_VERBS);

static const char * const situation_names[] = {
	[PLAIN] = "plain", [OWNED] = "owned", [SHARED] = "shared", [MAPPED] = "mapped",
	[BEHIND] = "freed behind", [STRANGERS] = "a stranger's", [READY] = "ready", [QUARANTINED] = "quarantined",
	[MOVING] = "moving", [FOREIGN] = "foreign", [FOREIGN_READY] = "foreign ready",
	[FOREIGN_QUARANTINED] = "foreign quarantined", [ARRIVED] = "arrived",
	[GIVEN_AWAY] = "given away", [RELEASED] = "released", [ORPHANED] = "orphaned",
};

static_assert(ARRAY_SIZE(situation_names) == NR_SITUATIONS);

static const char * const verb_names[] = {
	[FREE] = "free", [RELEASE] = "release", [TRANSFER] = "transfer", [CHECK] = "check",
	[QUERY] = "query",
};

static void transition_name(const struct transition *t, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s gives %d", situation_names[t->from],
		 verb_names[t->verb], t->err);
}

KUNIT_ARRAY_PARAM(transition, transitions, transition_name);

struct state_fixture {
	struct labyrinth_owner *owner, *other;
	struct page *page;
	struct lab_tag *tag;
	int extra;		/* references beside labyrinth's */
};

static struct lab_tag *tag_of(struct page *page)
{
	struct lab_table *table;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_find(NULL, page, &table);
	preempt_enable();
	return tag;
}

/* The page in its first state; set_up() does the rest. */
static struct page *first_page(struct kunit *test, struct state_fixture *f, enum situation s)
{
	switch (s) {
	case PLAIN:
		return alloc_page(GFP_KERNEL);
	case FOREIGN:
	case FOREIGN_READY:
	case FOREIGN_QUARANTINED:
	case ARRIVED:
		return lab_alloc_page(f->other);
	case ORPHANED:
		return NULL;
	default:
		return lab_alloc_page(f->owner);
	}
}

static struct page *orphan(struct kunit *test)
{
	struct labyrinth_owner *late = lab_test_owner(test, "late", 1);
	struct page *page = lab_test_take(test, late);

	KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, late), 1U);
	return page;
}

static void set_up(struct kunit *test, struct state_fixture *f, enum situation s)
{
	struct page *page;

	f->owner = lab_test_owner(test, "owner", 8);
	f->other = lab_test_owner(test, "other", 8);
	page = s == ORPHANED ? orphan(test) : first_page(test, f, s);
	KUNIT_ASSERT_NOT_NULL(test, page);
	f->page = page;
	f->tag = tag_of(page);
	switch (s) {
	case READY:
		KUNIT_ASSERT_EQ(test, lab_free_page(f->owner, page), 0);
		break;
	case FOREIGN_READY:
		KUNIT_ASSERT_EQ(test, lab_free_page(f->other, page), 0);
		break;
	case SHARED:
	case QUARANTINED:
	case FOREIGN_QUARANTINED:
		get_page(page);
		f->extra = 1;
		if (s != SHARED)
			KUNIT_ASSERT_EQ(test, 0,
					lab_free_page(s == QUARANTINED ? f->owner : f->other,
						      page));
		break;
	case MAPPED:
		atomic_inc(&page->_mapcount);
		break;
	case BEHIND:
	case STRANGERS:
		lab_test_free_behind(page, s == STRANGERS);
		break;
	case MOVING:
		f->tag->state = f->owner->moving_state;
		break;
	case ARRIVED:
		KUNIT_ASSERT_EQ(test, lab_transfer_page(f->other, f->owner, page), 0);
		break;
	case GIVEN_AWAY:
		KUNIT_ASSERT_EQ(test, lab_transfer_page(f->owner, f->other, page), 0);
		break;
	case RELEASED:
		KUNIT_ASSERT_EQ(test, lab_release_page(f->owner, page), 0);
		break;
	default:
		break;
	}
}

/* Undo set_up() and free the page in whatever state it is. */
static void tear_down(struct kunit *test, struct state_fixture *f, enum situation s, bool gone)
{
	struct lab_tag *tag = tag_of(f->page);

	if (s == MAPPED)
		atomic_dec(&f->page->_mapcount);
	if (s == BEHIND || s == STRANGERS) {
		set_page_count(f->page, 1);
		if (tag)
			lab_page_mark(f->page);
	}
	if (f->extra)
		put_page(f->page);
	if (s == MOVING)
		tag->state = f->owner->owned_state;
	if (tag && lab_meta_phase(tag->meta) == LAB_OWNED)
		KUNIT_EXPECT_EQ(test, 0,
				lab_free_page(lab_meta_owner(tag->meta) == f->owner->id ?
					      f->owner : f->other, f->page));
	else if (!tag && !gone)
		__free_page(f->page);
}

static int do_verb(struct state_fixture *f, enum verb verb)
{
	struct labyrinth_page_info info;

	switch (verb) {
	case FREE:
		return lab_free_page(f->owner, f->page);
	case RELEASE:
		return lab_release_page(f->owner, f->page);
	case TRANSFER:
		return lab_transfer_page(f->owner, f->other, f->page);
	case CHECK:
		return lab_check_page(f->owner, f->page);
	default:
		return labyrinth_query_page(f->page, &info);
	}
}

static void expect_word(struct kunit *test, struct state_fixture *f, enum outcome outcome,
			u64 before)
{
	u64 meta = lab_test_meta(f->page);

	switch (outcome) {
	case SAME:
		KUNIT_EXPECT_EQ(test, meta, before);
		break;
	case TO_READY:
		KUNIT_EXPECT_EQ(test, lab_meta_state(meta), f->owner->cached_state);
		break;
	case TO_QUARANTINE:
		KUNIT_EXPECT_EQ(test, lab_meta_owner(meta), f->owner->id);
		KUNIT_EXPECT_EQ(test, (u32)lab_meta_phase(meta), (u32)LAB_QUARANTINED);
		break;
	case TO_OTHER:
		KUNIT_EXPECT_EQ(test, lab_meta_owner(meta), f->other->id);
		KUNIT_EXPECT_EQ(test, (u32)lab_meta_phase(meta), (u32)LAB_OWNED);
		break;
	case GONE:
		KUNIT_EXPECT_EQ(test, meta, 0ULL);
		break;
	}
}

static long violations(const struct state_fixture *f)
{
	return lab_owner_violations(f->owner) + lab_owner_violations(f->other);
}

static void call_on_a_page_follows_the_contract(struct kunit *test)
{
	const struct transition *t = test->param_value;
	struct state_fixture *f = lab_test_zalloc(test, sizeof(*f));
	long owned, other_owned, told;
	int refs, left_owner, arrived;
	u64 meta;

	set_up(test, f, t->from);
	owned = lab_owner_owned(f->owner);
	other_owned = lab_owner_owned(f->other);
	told = violations(f);
	refs = page_ref_count(f->page);
	meta = lab_test_meta(f->page);

	KUNIT_EXPECT_EQ(test, do_verb(f, t->verb), t->err);

	expect_word(test, f, t->outcome, meta);
	left_owner = t->outcome != SAME;
	arrived = t->outcome == TO_OTHER;
	KUNIT_EXPECT_EQ(test, lab_owner_owned(f->owner), owned - left_owner);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(f->other), other_owned + arrived);
	KUNIT_EXPECT_EQ_MSG(test, violations(f) - told,
			    (long)(t->err && t->verb != CHECK && t->verb != QUERY),
			    "a failed call counts one violation, check and query none");
	if (t->from != ARRIVED || t->verb != FREE)
		KUNIT_EXPECT_EQ_MSG(test, page_ref_count(f->page), refs,
				    "the reference count is unchanged");
	tear_down(test, f, t->from, t->from == ARRIVED && t->verb == FREE);
}

static struct kunit_case lab_state_cases[] = {
	KUNIT_CASE_PARAM(call_on_a_page_follows_the_contract, transition_gen_params),
	{}
};

static struct kunit_suite lab_state_suite = {
	.name = "labyrinth_state",
	.init = lab_test_pin,
	.test_cases = lab_state_cases,
};

kunit_test_suite(lab_state_suite);
