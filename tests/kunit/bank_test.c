// SPDX-License-Identifier: GPL-2.0
/* The tag table: what is bound is found, nothing else is, and nothing stays behind. */
#include <linux/mm.h>
#include <linux/prandom.h>

#include "fixture.h"
#include "tag.h"

#define CAPACITY	4096U
#define PFN_BITS	34		/* 64 TiB of pages that no machine here has */
#define WORD		((u64)lab_head(LAB_OWNER_MAX, 0, LAB_OWNED) << 32)

struct bank_fixture {
	struct lab_bank *bank;
	u32 budget;
	struct rnd_state rnd;
	unsigned long pfns[CAPACITY];
};

static void put_bank(void *data)
{
	struct bank_fixture *f = data;
	u32 i;

	for (i = 1; i < f->bank->nr_slots; i++)
		if (f->bank->tags[i].pfn)
			lab_tag_unbind(f->bank, &f->bank->tags[i]);
	mutex_lock(&lab_owners_lock);
	lab_bank_put(f->bank, f->budget);
	mutex_unlock(&lab_owners_lock);
}

/* A bank of its own: no owner lives while these tests run. */
static struct bank_fixture *get_bank(struct kunit *test, u32 budget)
{
	struct bank_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->budget = budget;
	prandom_seed_state(&f->rnd, 20240229);
	mutex_lock(&lab_owners_lock);
	f->bank = lab_bank_get(budget, false);
	mutex_unlock(&lab_owners_lock);
	KUNIT_ASSERT_NOT_NULL(test, f->bank);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_bank, f), 0);
	return f;
}

static struct lab_tag *bind(struct lab_bank *bank, unsigned long pfn, struct lab_bank **where)
{
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_bind(bank, pfn, WORD, (unsigned long)bind, where);
	preempt_enable();
	return tag;
}

static struct lab_tag *find(struct lab_bank *bank, unsigned long pfn)
{
	struct lab_bank *where;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_find(bank, pfn, &where);
	preempt_enable();
	return tag;
}

/* Odd ones are bound, even ones never are. */
static unsigned long random_pfn(struct bank_fixture *f)
{
	u64 high = prandom_u32_state(&f->rnd);

	return ((high << 32 | prandom_u32_state(&f->rnd)) >> (64 - PFN_BITS)) | 1;
}

static void unbind(struct bank_fixture *f, unsigned long pfn)
{
	lab_tag_unbind(f->bank, find(f->bank, pfn));
}

/* Fill the places [from, to) with pages bound in the fixture's bank. */
static void bind_random(struct kunit *test, struct bank_fixture *f, u32 from, u32 to)
{
	struct lab_bank *where;
	u32 i, crowded = 0;

	for (i = from; i < to; i++) {
		do
			f->pfns[i] = random_pfn(f);
		while (find(f->bank, f->pfns[i]) ||
		       (!bind(f->bank, f->pfns[i], &where) && crowded++ < CAPACITY));
	}
	/* At half load the slots near a page's home are all taken once in 100000 pages. */
	KUNIT_EXPECT_LE(test, crowded, 2U);
}

static void expect_all_found(struct kunit *test, struct bank_fixture *f, u32 nr)
{
	u32 i, lost = 0, strangers = 0, wrong = 0;

	for (i = 0; i < nr; i++) {
		struct lab_tag *tag = find(f->bank, f->pfns[i]);

		lost += !tag;
		wrong += tag && (tag->pfn != f->pfns[i] || tag->word != WORD);
		strangers += !!find(f->bank, f->pfns[i] - 1);
	}
	KUNIT_EXPECT_EQ_MSG(test, lost, 0U, "bound and not found");
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0U, "found with another's tag");
	KUNIT_EXPECT_EQ_MSG(test, strangers, 0U, "found and never bound");
}

static void expect_empty(struct kunit *test, const struct lab_bank *bank)
{
	u32 i, hops = 0, claimed = 0, words = 0;

	for (i = 0; i < bank->nr_slots; i++) {
		hops += !!atomic_read(&bank->tags[i].hop);
		claimed += !!bank->tags[i].pfn;
		words += !!bank->tags[i].word;
	}
	KUNIT_EXPECT_EQ_MSG(test, hops, 0U, "hop bits left behind");
	KUNIT_EXPECT_EQ_MSG(test, claimed, 0U, "slots left claimed");
	KUNIT_EXPECT_EQ_MSG(test, words, 0U, "words left behind");
}

static void bound_page_is_found_until_it_is_hidden(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, 64);
	struct lab_bank *where = NULL;
	struct lab_tag *tag = bind(f->bank, 4711, &where);

	KUNIT_ASSERT_NOT_NULL(test, tag);
	KUNIT_EXPECT_PTR_EQ(test, where, f->bank);
	KUNIT_EXPECT_EQ(test, tag->word, WORD);
	KUNIT_EXPECT_EQ(test, lab_caller_unpack(tag->caller), (unsigned long)bind);
	KUNIT_EXPECT_PTR_EQ(test, find(f->bank, 4711), tag);
	KUNIT_EXPECT_PTR_EQ_MSG(test, find(NULL, 4711), tag, "from outside the bank");

	lab_tag_hide(f->bank, tag);
	KUNIT_EXPECT_NULL(test, find(f->bank, 4711));
	KUNIT_EXPECT_EQ_MSG(test, tag->pfn, 4711, "a hidden tag keeps its slot");
	lab_tag_drop(tag);
	expect_empty(test, f->bank);
}

static void half_load_of_random_pages_is_found(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, CAPACITY);
	u32 i;

	KUNIT_EXPECT_EQ(test, f->bank->capacity, CAPACITY);
	KUNIT_EXPECT_EQ(test, f->bank->nr_homes, 2 * CAPACITY);
	bind_random(test, f, 0, CAPACITY);
	expect_all_found(test, f, CAPACITY);
	for (i = 0; i < CAPACITY; i++)
		unbind(f, f->pfns[i]);
	expect_empty(test, f->bank);
}

static void half_load_of_neighbouring_pages_is_never_crowded(struct kunit *test)
{
	static const unsigned int strides[] = { 1, 2, 8, 512 };
	struct bank_fixture *f = get_bank(test, CAPACITY);
	struct lab_bank *where;
	u32 i, s;

	for (s = 0; s < ARRAY_SIZE(strides); s++) {
		for (i = 0; i < CAPACITY; i++)
			KUNIT_EXPECT_NOT_NULL(test, bind(f->bank, 1001 + i * strides[s], &where));
		for (i = 0; i < CAPACITY; i++)
			unbind(f, 1001 + i * strides[s]);
	}
	expect_empty(test, f->bank);
}

static void churn_loses_and_leaves_nothing(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, CAPACITY);
	u32 i, round;

	bind_random(test, f, 0, CAPACITY);
	for (round = 0; round < 20000; round++) {
		i = prandom_u32_state(&f->rnd) % CAPACITY;
		unbind(f, f->pfns[i]);
		bind_random(test, f, i, i + 1);
	}
	expect_all_found(test, f, CAPACITY);
	for (i = 0; i < CAPACITY; i++)
		unbind(f, f->pfns[i]);
	expect_empty(test, f->bank);
}

/* Each CPU churns pages of its own, close to those of the others. */
static void churn_on_this_cpu(struct lab_crew *crew, unsigned int member)
{
	struct bank_fixture *f = crew->data;
	unsigned long first = 1 + member;
	struct lab_bank *where;
	u32 i, round;

	for (round = 0; round < 40; round++) {
		for (i = 0; round && i < CAPACITY / 8; i++)
			unbind(f, first + i * crew->nr);
		for (i = 0; i < CAPACITY / 8; i++)
			bind(f->bank, first + i * crew->nr, &where);
	}
}

static void churn_on_several_cpus_loses_nothing(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, CAPACITY);
	u32 i, nr = num_online_cpus() * CAPACITY / 8;

	if (num_online_cpus() > 8)
		kunit_skip(test, "room for the pages of 8 CPUs");
	lab_test_crew(test, 0, churn_on_this_cpu, f);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_NOT_NULL(test, find(f->bank, 1 + i));
		unbind(f, 1 + i);
	}
	expect_empty(test, f->bank);
}

/* The next page after @pfn that has @home. */
static unsigned long next_of_home(struct lab_bank *bank, struct lab_tag *home, unsigned long pfn)
{
	while (lab_bank_home(bank, ++pfn) != home)
		;
	return pfn;
}

/* Bind as many pages of the home of @pfn as fit. Returns a further one of that home. */
static unsigned long crowd(struct kunit *test, struct lab_bank *bank, unsigned long pfn)
{
	struct lab_tag *home = lab_bank_home(bank, pfn);
	unsigned long another = BIT(PFN_BITS);
	struct lab_bank *where;
	int i;

	for (i = 0; i < LAB_HOP_RANGE; i++) {
		another = next_of_home(bank, home, another);
		KUNIT_ASSERT_NOT_NULL(test, bind(bank, another, &where));
		KUNIT_ASSERT_PTR_EQ(test, where, bank);
	}
	return next_of_home(bank, home, another);
}

static void crowded_page_finds_no_room_in_the_only_bank(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, 64);
	unsigned long pfn = crowd(test, f->bank, 1);
	struct lab_bank *where;

	KUNIT_EXPECT_NULL(test, bind(f->bank, pfn, &where));
	KUNIT_EXPECT_NULL(test, find(f->bank, pfn));
	KUNIT_EXPECT_NOT_NULL_MSG(test, bind(f->bank, 0x123457, &where), "another page fits");
}

static void crowded_page_goes_to_another_bank(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, 64), *other = get_bank(test, 64);
	unsigned long pfn = crowd(test, f->bank, 1);
	struct lab_bank *where = NULL;
	struct lab_tag *tag;

	KUNIT_ASSERT_PTR_NE(test, f->bank, other->bank);
	tag = bind(f->bank, pfn, &where);
	KUNIT_ASSERT_NOT_NULL(test, tag);
	KUNIT_EXPECT_PTR_EQ(test, where, other->bank);
	KUNIT_EXPECT_EQ_MSG(test, lab_word_flags(tag->word), (u32)LAB_AWAY, "not to be recycled");
	KUNIT_EXPECT_PTR_EQ(test, find(f->bank, pfn), tag);
	lab_tag_unbind(other->bank, tag);

	WRITE_ONCE(other->bank->closed, true);
	KUNIT_EXPECT_NULL_MSG(test, bind(f->bank, pfn, &where), "a closed bank takes nothing");
}

static void owners_share_a_bank_while_their_budgets_fit(struct kunit *test)
{
	struct bank_fixture *a = get_bank(test, 40), *b = get_bank(test, 24);
	struct bank_fixture *c = get_bank(test, 1);

	KUNIT_EXPECT_PTR_EQ(test, a->bank, b->bank);
	KUNIT_EXPECT_PTR_NE_MSG(test, a->bank, c->bank, "64 pages are all it has room for");
}

static void transfer_takes_the_tag_to_the_receivers_bank(struct kunit *test)
{
	struct labyrinth_owner *from = lab_test_owner(test, "from", 64);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 64);
	struct page *page = lab_test_take(test, from);

	KUNIT_ASSERT_PTR_NE(test, from->bank, to->bank);
	KUNIT_ASSERT_EQ(test, lab_transfer_page(from, to, page), 0);
	expect_empty(test, from->bank);
	KUNIT_EXPECT_NOT_NULL(test, lab_bank_find(to->bank, page_to_pfn(page)));
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
	expect_empty(test, to->bank);
}

static void bank_outlives_its_owner_for_a_page_that_found_no_room_elsewhere(struct kunit *test)
{
	struct labyrinth_owner *from = lab_test_owner(test, "from", 64);
	struct labyrinth_owner *to = lab_test_owner(test, "to", 64);
	struct page *page = lab_test_take(test, from);
	struct lab_bank *bank = from->bank;
	struct lab_tag *tag;
	unsigned int i;

	KUNIT_ASSERT_PTR_NE(test, to->bank, bank);
	crowd(test, to->bank, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, lab_transfer_page(from, to, page), 0);
	KUNIT_EXPECT_NOT_NULL(test, lab_bank_find(bank, page_to_pfn(page)));
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, from), 0U);
	KUNIT_EXPECT_PTR_EQ_MSG(test, lab_bank_nth(0), bank, "kept for that page");
	KUNIT_EXPECT_EQ(test, lab_check_page(to, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
	/* No kernel has the pages that crowd it: they must not be there when it is destroyed. */
	for (i = 1, tag = to->tags + 1; i < to->bank->nr_slots; i++, tag++)
		if (tag->pfn)
			lab_tag_unbind(to->bank, tag);
}

/* 32 MiB of tags each time: what is not given back does not fit into the machine for long. */
static void reaped_banks_give_their_memory_back(struct kunit *test)
{
	unsigned long before = si_mem_available(), lost;
	int i;

	if (before < BIT(28 - PAGE_SHIFT))
		kunit_skip(test, "needs 256 MiB");
	for (i = 0; i < 8; i++) {
		struct labyrinth_owner *owner = lab_test_owner(test, "big", BIT(19));

		KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, owner), 0U);
	}
	for (i = 0; i < LAB_NR_BANKS; i++)
		KUNIT_EXPECT_NULL(test, lab_bank_nth(i));
	lost = max_t(long, before - si_mem_available(), 0);
	KUNIT_EXPECT_LT_MSG(test, lost, BIT(25 - PAGE_SHIFT), "pages lost of 256 MiB taken");
}

static struct kunit_case lab_bank_cases[] = {
	KUNIT_CASE(bound_page_is_found_until_it_is_hidden),
	KUNIT_CASE(half_load_of_random_pages_is_found),
	KUNIT_CASE(half_load_of_neighbouring_pages_is_never_crowded),
	KUNIT_CASE(churn_loses_and_leaves_nothing),
	KUNIT_CASE(churn_on_several_cpus_loses_nothing),
	KUNIT_CASE(crowded_page_finds_no_room_in_the_only_bank),
	KUNIT_CASE(crowded_page_goes_to_another_bank),
	KUNIT_CASE(owners_share_a_bank_while_their_budgets_fit),
	KUNIT_CASE(transfer_takes_the_tag_to_the_receivers_bank),
	KUNIT_CASE(bank_outlives_its_owner_for_a_page_that_found_no_room_elsewhere),
	KUNIT_CASE_SLOW(reaped_banks_give_their_memory_back),
	{}
};

static struct kunit_suite lab_bank_suite = {
	.name = "labyrinth_bank",
	.init = lab_test_pin,
	.test_cases = lab_bank_cases,
};

kunit_test_suite(lab_bank_suite);
