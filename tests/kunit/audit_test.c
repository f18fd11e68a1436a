// SPDX-License-Identifier: GPL-2.0
/* The audit: what it finds, how often it reports, and what it leaves alone. */
#include <linux/delay.h>
#include <linux/mm.h>

#include "diag/audit.h"
#include "fixture.h"

static struct lab_audit audit(void)
{
	struct lab_audit figures;

	lab_audit_run(&figures);
	return figures;
}

static unsigned int found(void)
{
	return audit().found;
}

/* Allocate and free a page, so that it is ready. */
static struct page *ready_page(struct kunit *test, struct labyrinth_owner *owner)
{
	struct page *page = lab_test_take(test, owner);

	KUNIT_ASSERT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_ASSERT_EQ(test, lab_meta_phase(lab_test_meta(page)), LAB_READY);
	/* The audit skips a page that may have been handed out since it began. */
	msleep(2 * jiffies_to_msecs(LAB_TIME_JIFFIES));
	return page;
}

static void expect_report_of(struct kunit *test, struct page *page, const char *kind)
{
	struct lab_test_violation v;

	lab_expect_violation(test, kind, "owner", "-");
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_EQ(test, v.pfn, page_to_pfn(page));
	KUNIT_EXPECT_NOT_NULL(test, strstr(v.alloc_caller, "lab_test_take"));
	KUNIT_EXPECT_STREQ(test, v.caller, "-");
}

static void healthy_owners_have_no_findings(struct kunit *test)
{
	static const u32 flags[] = {
		0, LABYRINTH_ZERO, LABYRINTH_POISON, LABYRINTH_STACK,
		LABYRINTH_ZERO | LABYRINTH_POISON | LABYRINTH_STACK,
	};
	struct labyrinth_owner *owners[ARRAY_SIZE(flags)];
	struct page *pages[ARRAY_SIZE(flags)][8], *shared, *released;
	struct lab_audit figures;
	unsigned int i, j;
	char name[16];

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		snprintf(name, sizeof(name), "owner%u", i);
		owners[i] = lab_test_owner(test, name, 32, .stock = i, .flags = flags[i]);
		KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owners[i], 8, pages[i]), 8U);
		for (j = 0; j < 3; j++)
			KUNIT_ASSERT_EQ(test, lab_free_page(owners[i], pages[i][j]), 0);
		if (i)
			KUNIT_ASSERT_EQ(test, 0, lab_transfer_page(owners[i], owners[i - 1],
								   pages[i][3]));
	}
	released = pages[0][4];
	KUNIT_ASSERT_EQ(test, lab_release_page(owners[0], released), 0);
	shared = pages[0][5];
	get_page(shared);
	KUNIT_ASSERT_EQ(test, lab_free_page(owners[0], shared), 0);

	for (i = 0; i < 3; i++) {
		figures = audit();
		KUNIT_EXPECT_EQ(test, figures.found, 0U);
		KUNIT_EXPECT_EQ(test, figures.owners, (unsigned int)ARRAY_SIZE(flags));
		KUNIT_EXPECT_EQ(test, figures.owned, 5UL * ARRAY_SIZE(flags) - 2);
		KUNIT_EXPECT_EQ(test, figures.quarantined, 1UL);
		KUNIT_EXPECT_EQ(test, figures.tags, figures.owned + figures.ready + 1);
	}
	KUNIT_EXPECT_EQ_MSG(test, figures.busy, 0U, "no owner changed");
	__free_page(released);
	put_page(shared);
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		for (j = 3; j < 8; j++)
			if (pages[i][j] != released && pages[i][j] != shared)
				KUNIT_EXPECT_EQ(test, 0,
						lab_free_page(owners[j == 3 && i ? i - 1 : i],
							      pages[i][j]));
}

static void unused_owner_has_no_findings(struct kunit *test)
{
	struct lab_audit figures;

	lab_test_owner(test, "owner", 8, .stock = 8);
	figures = audit();
	KUNIT_EXPECT_EQ(test, figures.found, 0U);
	KUNIT_EXPECT_EQ(test, figures.ready, 8UL);
}

static void shared_owned_page_is_reported_once(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	expect_report_of(test, page, "shared_page");
	KUNIT_EXPECT_EQ(test, found(), 0U);
	KUNIT_EXPECT_EQ_MSG(test, lab_check_page(owner, page), -EBUSY, "the state is unchanged");
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 1L);
	put_page(page);
	KUNIT_EXPECT_EQ(test, lab_check_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void owned_page_shared_again_is_reported_again(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 2);
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	put_page(page);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	get_page(page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	put_page(page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void mapped_page_is_found(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	atomic_inc(&page->_mapcount);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	expect_report_of(test, page, "shared_page");
	atomic_dec(&page->_mapcount);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void suspects_beyond_the_limit_are_reported_later(struct kunit *test)
{
	const unsigned int more = 10, nr = LAB_AUDIT_SUSPECTS + more;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", nr);
	struct page **pages = lab_test_zalloc(test, nr * sizeof(*pages));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, lab_alloc_bulk(owner, nr, pages), nr);
	KUNIT_EXPECT_EQ_MSG(test, found(), 0U, "suspects of other tests are gone");
	for (i = 0; i < nr; i++)
		get_page(pages[i]);
	KUNIT_EXPECT_EQ(test, found(), (unsigned int)LAB_AUDIT_SUSPECTS);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	/* LAB_AUDIT_SUSPECTS of them are remembered; which ones is unspecified. */
	for (i = 0; i < nr; i++)
		put_page(pages[i]);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	for (i = 0; i < more; i++)
		get_page(pages[nr - 1 - i]);
	KUNIT_EXPECT_EQ(test, found(), more);
	for (i = 0; i < more; i++)
		put_page(pages[nr - 1 - i]);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, pages[i]), 0);
}

static void free_behind(struct kunit *test, struct page *page)
{
	lab_test_free_behind(page, false);
}

static void give_to_a_stranger(struct kunit *test, struct page *page)
{
	lab_test_free_behind(page, true);
}

static void owned_page_freed_behind_loses_its_tag(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner), *next;

	free_behind(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	expect_report_of(test, page, "freed_behind");
	KUNIT_EXPECT_EQ(test, lab_test_meta(page), 0ULL);
	KUNIT_EXPECT_EQ(test, lab_owner_owned(owner), 0L);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->charged), 0);
	KUNIT_EXPECT_EQ_MSG(test, page_ref_count(page), 0, "the kernel's page is untouched");
	KUNIT_EXPECT_EQ(test, found(), 0U);
	next = lab_test_take(test, owner);
	KUNIT_EXPECT_PTR_NE(test, next, page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, next), 0);
	lab_test_end_behind(page);
}

static struct lab_tag *tag_of(struct labyrinth_owner *owner, struct page *page)
{
	struct lab_table *table;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_find(owner->table, page, &table);
	preempt_enable();
	return tag;
}

static void reserve_page_freed_behind_is_uncounted(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	tag_of(owner, page)->state |= LAB_FROM_RESERVE;
	atomic_inc(&owner->from_reserve);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	free_behind(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	KUNIT_EXPECT_EQ(test, atomic_read(&owner->from_reserve), 0);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	lab_test_end_behind(page);
}

static void healthy_page_keeps_its_tag(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	struct lab_tag *tag = tag_of(owner, page);

	preempt_disable();
	KUNIT_EXPECT_FALSE(test, lab_owned_freed_behind(owner->table, tag, page, tag->meta, 0));
	preempt_enable();
	KUNIT_EXPECT_EQ(test, tag->state, owner->owned_state);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 0L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

struct misuse {
	const char *kind;
	u32 flags;
	void (*begin)(struct kunit *test, struct page *page);
	void (*end)(struct page *page);
};

static void map(struct kunit *test, struct page *page)
{
	atomic_inc(&page->_mapcount);
}

static void unmap(struct page *page)
{
	atomic_dec(&page->_mapcount);
}

static void write(struct kunit *test, struct page *page)
{
	((u8 *)page_address(page))[PAGE_SIZE / 2 + 1]++;
}

static void no_end(struct page *page) { }

/* The kernel takes back all but the mapped pages, the last two, when the owner is destroyed. */
static const struct misuse misuses[] = {
	{ "freed_behind", 0, free_behind, lab_test_end_behind },
	{ "freed_behind", LABYRINTH_STACK, give_to_a_stranger, lab_test_end_behind },
	{ "freed_behind", LABYRINTH_POISON, free_behind, lab_test_end_behind },
	{ "use_after_free", LABYRINTH_POISON, write, no_end },
	{ "use_after_free", LABYRINTH_POISON | LABYRINTH_ZERO, write, no_end },
	{ "shared_page", 0, map, unmap },
	{ "shared_page", LABYRINTH_POISON, map, unmap },
};

#define unmapped_misuses	(*(const struct misuse (*)[ARRAY_SIZE(misuses) - 2])misuses)

static void misuse_name(const struct misuse *m, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s, flags %x", m->kind, m->flags);
}

KUNIT_ARRAY_PARAM(misuse, misuses, misuse_name);
KUNIT_ARRAY_PARAM(unmapped, unmapped_misuses, misuse_name);

static void misused_ready_page_is_reported_once(struct kunit *test)
{
	const struct misuse *misuse = test->param_value;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .flags = misuse->flags);
	struct page *page = ready_page(test, owner);

	misuse->begin(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	expect_report_of(test, page, misuse->kind);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	KUNIT_EXPECT_EQ(test, lab_meta_phase(lab_test_meta(page)), LAB_READY);
	if (misuse->end == lab_test_end_behind)
		KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	misuse->end(page);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
}

static void alloc_does_not_repeat_a_report(struct kunit *test)
{
	const struct misuse *misuse = test->param_value;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .flags = misuse->flags);
	struct page *page = ready_page(test, owner), *got;

	misuse->begin(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	got = lab_alloc_page(owner);
	KUNIT_EXPECT_PTR_NE_MSG(test, got, page, "the page is not handed out");
	if (got)
		KUNIT_EXPECT_EQ(test, lab_free_page(owner, got), 0);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
	misuse->end(page);
	KUNIT_EXPECT_EQ(test, found(), 0U);
}

static void destroy_does_not_repeat_a_report(struct kunit *test)
{
	const struct misuse *misuse = test->param_value;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .flags = misuse->flags);
	struct page *page = ready_page(test, owner);
	struct lab_test_violation told, last;

	misuse->begin(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	lab_test_last_violation(test, &told);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	lab_test_last_violation(test, &last);
	KUNIT_EXPECT_EQ(test, last.seq, told.seq);
	misuse->end(page);
}

static void reentry_of_a_reported_page_does_not_repeat_the_report(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct labyrinth_owner *other = lab_test_owner(test, "other", 1);
	struct page *page = ready_page(test, owner);

	give_to_a_stranger(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	/* The kernel gives the page to another owner, which has to return it. */
	KUNIT_EXPECT_FALSE(test, lab_enter_stocked(other, page));
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 1L);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
	lab_test_end_behind(page);
}

static void reported_page_is_handed_out_after_it_is_unmapped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = ready_page(test, owner);

	map(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	unmap(page);
	KUNIT_EXPECT_PTR_EQ(test, lab_test_take(test, owner), page);
	KUNIT_EXPECT_EQ(test, lab_meta_state(lab_test_meta(page)), owner->owned_state);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	msleep(2 * jiffies_to_msecs(LAB_TIME_JIFFIES));
	map(test, page);
	KUNIT_EXPECT_EQ_MSG(test, found(), 1U, "a new violation");
	unmap(page);
}

static void ready_page_mapped_again_is_reported_again(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = ready_page(test, owner);

	map(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	unmap(page);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	KUNIT_EXPECT_EQ(test, lab_meta_state(lab_test_meta(page)), owner->cached_state);
	map(test, page);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	unmap(page);
}

static void late_free_is_reverted_despite_a_report(struct kunit *test)
{
	static const u32 notes[] = { 0, LAB_REPORTED };
	u32 owned = lab_state(3, 0, LAB_OWNED), ready = lab_state(3, 0, LAB_READY);
	struct lab_tag tag = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(notes); i++) {
		tag.state = ready | notes[i];
		lab_tag_revert(&tag, owned, ready);
		KUNIT_EXPECT_EQ(test, tag.state, owned);
	}
	tag.state = ready | LAB_ZEROED;
	lab_tag_revert(&tag, owned, ready);
	KUNIT_EXPECT_EQ_MSG(test, tag.state, ready | LAB_ZEROED, "another CPU freed it");
	tag.state = lab_state(3, LAB_AWAY, LAB_QUARANTINED);
	lab_tag_revert(&tag, owned, lab_state(3, 0, LAB_QUARANTINED));
	KUNIT_EXPECT_EQ_MSG(test, lab_state_phase(tag.state), LAB_QUARANTINED, "not reverted");
}

/* Add @by to a counter. */
struct tampering {
	const char *what;
	void (*tamper)(struct labyrinth_owner *owner, int by);
};

static void tamper_from_reserve(struct labyrinth_owner *owner, int by)
{
	atomic_add(by, &owner->from_reserve);
}

static void tamper_quarantined(struct labyrinth_owner *owner, int by)
{
	atomic_add(by, &owner->quarantined);
}

static void tamper_balance(struct labyrinth_owner *owner, int by)
{
	this_cpu_add(owner->cpu->balance, by);
}

static void tamper_left(struct labyrinth_owner *owner, int by)
{
	this_cpu_add(owner->cpu->left, by);
}

static void tamper_arrived(struct labyrinth_owner *owner, int by)
{
	atomic_long_add(by, &owner->transferred_in);
}

/* The other sign: more ready pages than charges. */
static void tamper_bound(struct labyrinth_owner *owner, int by)
{
	atomic_sub(by, &owner->charged);
}

static const struct tampering tamperings[] = {
	{ "from_reserve", tamper_from_reserve },
	{ "quarantined", tamper_quarantined },
	{ "balance", tamper_balance },
	{ "left", tamper_left },
	{ "arrived", tamper_arrived },
	{ "charged", tamper_bound },
};

static void tampering_name(const struct tampering *t, char *name)
{
	strscpy(name, t->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tampering, tamperings, tampering_name);

static void wrong_counter_is_reported_once(struct kunit *test)
{
	const struct tampering *t = test->param_value;
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = lab_test_take(test, owner);

	ready_page(test, owner);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	t->tamper(owner, 1);
	KUNIT_EXPECT_EQ(test, found(), 1U);
	lab_expect_violation(test, "miscounted", "owner", "-");
	KUNIT_EXPECT_EQ(test, found(), 0U);
	t->tamper(owner, 1);
	KUNIT_EXPECT_EQ_MSG(test, found(), 1U, "the difference grew");
	t->tamper(owner, -2);
	KUNIT_EXPECT_EQ(test, found(), 0U);
	KUNIT_EXPECT_EQ(test, lab_owner_violations(owner), 2L);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void charge_without_a_page_is_reported_once_the_owner_is_idle(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);

	/* A call that is in the kernel's allocator has charged a page as well. */
	KUNIT_ASSERT_TRUE(test, lab_budget_charge(owner));
	KUNIT_EXPECT_EQ(test, found(), 0U);
	owner->diag->audit.since -= 59 * HZ;
	KUNIT_EXPECT_EQ(test, found(), 0U);
	owner->diag->audit.since -= 2 * HZ;
	KUNIT_EXPECT_EQ(test, found(), 1U);
	lab_expect_violation(test, "miscounted", "owner", "-");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, lab_test_take(test, owner)), 0);
	KUNIT_EXPECT_EQ_MSG(test, found(), 0U, "already reported");
	lab_budget_uncharge(owner);
	KUNIT_EXPECT_EQ(test, found(), 0U);
}

static void take_and_free_until_stopped(struct lab_crew *crew, unsigned int member)
{
	struct labyrinth_owner **owners = crew->data;
	struct lab_audit figures;
	struct page *pages[8];
	unsigned int i;

	if (!member) {
		for (i = 0; i < 20; i++) {
			lab_audit_run(&figures);
			if (figures.found)
				break;
		}
		WRITE_ONCE(owners[0], NULL);
		return;
	}
	for (i = 0; READ_ONCE(owners[0]); i++) {
		struct labyrinth_owner *owner = owners[1 + i % 3];
		unsigned int nr = lab_alloc_bulk(owner, 8, pages);

		/* The holder may write: the audit must not take this for misuse of a ready page. */
		while (nr--) {
			memset(page_address(pages[nr]), 0x11, PAGE_SIZE);
			if (nr == 7 && owner != owners[1] &&
			    !lab_transfer_page(owner, owners[1], pages[nr]))
				lab_free_page(owners[1], pages[nr]);
			else if (nr == 6 && !lab_release_page(owner, pages[nr]))
				__free_page(pages[nr]);
			else
				lab_free_page(owner, pages[nr]);
		}
		cond_resched();
	}
}

static void concurrent_calls_cause_no_findings(struct kunit *test)
{
	struct labyrinth_owner *owners[4];
	unsigned int i;

	owners[1] = lab_test_owner(test, "plain", 64, .stock = 4);
	owners[2] = lab_test_owner(test, "poison", 64, .flags = LABYRINTH_POISON);
	owners[3] = lab_test_owner(test, "both", 64, .stock = 8,
				   .flags = LABYRINTH_POISON | LABYRINTH_ZERO);
	owners[0] = owners[1];
	lab_test_crew(test, 0, take_and_free_until_stopped, owners);
	for (i = 1; i < ARRAY_SIZE(owners); i++) {
		KUNIT_EXPECT_EQ(test, lab_owner_violations(owners[i]), 0L);
		KUNIT_EXPECT_EQ(test, lab_owner_owned(owners[i]), 0L);
	}
	KUNIT_EXPECT_EQ_MSG(test, found(), 0U, "the counters agree afterwards");
}

static void counters_of_a_changing_owner_are_skipped(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 8);
	struct page *page = lab_test_take(test, owner);
	struct lab_audit figures;

	/* The audit itself takes the page off the counters, after it has read them. */
	free_behind(test, page);
	atomic_inc(&owner->from_reserve);
	figures = audit();
	KUNIT_EXPECT_EQ(test, figures.busy, 1U);
	KUNIT_EXPECT_EQ_MSG(test, figures.found, 1U, "only the page is reported");
	figures = audit();
	KUNIT_EXPECT_EQ(test, figures.busy, 0U);
	KUNIT_EXPECT_EQ(test, figures.found, 1U);
	atomic_dec(&owner->from_reserve);
	lab_test_end_behind(page);
}

static void orphan_is_counted_until_it_is_freed(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	unsigned long before = audit().orphans;

	KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, owner), 1U);
	KUNIT_EXPECT_EQ(test, audit().orphans, before + 1);
	KUNIT_EXPECT_EQ(test, audit().orphans, before + 1);
	free_behind(test, page);
	KUNIT_EXPECT_EQ(test, audit().orphans, before);
	lab_test_end_behind(page);
}

static void audits_are_numbered_and_timed(struct kunit *test)
{
	struct lab_audit first = audit(), second = audit();

	KUNIT_EXPECT_EQ(test, second.nr, first.nr + 1);
	KUNIT_EXPECT_GE(test, second.when, first.when);
}

static struct kunit_case lab_audit_cases[] = {
	KUNIT_CASE(healthy_owners_have_no_findings),
	KUNIT_CASE(unused_owner_has_no_findings),
	KUNIT_CASE(shared_owned_page_is_reported_once),
	KUNIT_CASE(owned_page_shared_again_is_reported_again),
	KUNIT_CASE(mapped_page_is_found),
	KUNIT_CASE(suspects_beyond_the_limit_are_reported_later),
	KUNIT_CASE(owned_page_freed_behind_loses_its_tag),
	KUNIT_CASE(reserve_page_freed_behind_is_uncounted),
	KUNIT_CASE(healthy_page_keeps_its_tag),
	KUNIT_CASE_PARAM(misused_ready_page_is_reported_once, misuse_gen_params),
	KUNIT_CASE_PARAM(alloc_does_not_repeat_a_report, misuse_gen_params),
	KUNIT_CASE_PARAM(destroy_does_not_repeat_a_report, unmapped_gen_params),
	KUNIT_CASE(reentry_of_a_reported_page_does_not_repeat_the_report),
	KUNIT_CASE(reported_page_is_handed_out_after_it_is_unmapped),
	KUNIT_CASE(ready_page_mapped_again_is_reported_again),
	KUNIT_CASE(late_free_is_reverted_despite_a_report),
	KUNIT_CASE_PARAM(wrong_counter_is_reported_once, tampering_gen_params),
	KUNIT_CASE(charge_without_a_page_is_reported_once_the_owner_is_idle),
	KUNIT_CASE(concurrent_calls_cause_no_findings),
	KUNIT_CASE(counters_of_a_changing_owner_are_skipped),
	KUNIT_CASE(orphan_is_counted_until_it_is_freed),
	KUNIT_CASE(audits_are_numbered_and_timed),
	{}
};

static struct kunit_suite lab_audit_suite = {
	.name = "labyrinth_audit",
	.init = lab_test_pin,
	.test_cases = lab_audit_cases,
};

kunit_test_suite(lab_audit_suite);
