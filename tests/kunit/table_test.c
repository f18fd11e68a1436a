// SPDX-License-Identifier: GPL-2.0
/* The tag table: bound pages are found, no others are, and an empty table is clean. */
#include <linux/mm.h>
#include <linux/prandom.h>

#include "core/table.h"
#include "fixture.h"

#define CAPACITY	4096U
#define NR_BITS		34		/* 64 TiB of made-up pages */
#define WORD		((u64)lab_state(LAB_OWNER_MAX, 0, LAB_OWNED) << 32)

struct bank_fixture {
	struct lab_table *table;
	u32 budget;
	struct rnd_state rnd;
	unsigned long nrs[CAPACITY];
};

/* A page pointer that is compared but never dereferenced. */
static struct page *made_up(unsigned long nr)
{
	return (struct page *)PAGE_OFFSET + nr;
}

static void put_bank(void *data)
{
	struct bank_fixture *f = data;
	u32 i;

	for (i = LAB_NR_ENDS; i < f->table->nr_slots; i++)
		if (f->table->slots.tags[i].page)
			lab_tag_unbind(f->table, &f->table->slots.tags[i],
				       f->table->slots.tags[i].page);
	mutex_lock(&lab_owners_lock);
	lab_table_put(f->table, f->budget);
	mutex_unlock(&lab_owners_lock);
}

/* No owner exists while these tests run, so the table is the test's alone. */
static struct bank_fixture *get_bank(struct kunit *test, u32 budget)
{
	struct bank_fixture *f = lab_test_zalloc(test, sizeof(*f));

	f->budget = budget;
	prandom_seed_state(&f->rnd, 20240229);
	mutex_lock(&lab_owners_lock);
	f->table = lab_table_get(budget, false);
	mutex_unlock(&lab_owners_lock);
	KUNIT_ASSERT_NOT_NULL(test, f->table);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_bank, f), 0);
	return f;
}

static struct lab_tag *bind(struct lab_table *table, unsigned long nr, struct lab_table **where)
{
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_bind(table, made_up(nr), WORD, (unsigned long)bind, where);
	preempt_enable();
	return tag;
}

static struct lab_tag *find(struct lab_table *table, unsigned long nr)
{
	struct lab_table *where;
	struct lab_tag *tag;

	preempt_disable();
	tag = lab_tag_find(table, made_up(nr), &where);
	preempt_enable();
	return tag;
}

/* Odd numbers are bound, even ones never are. */
static unsigned long random_nr(struct bank_fixture *f)
{
	u64 high = prandom_u32_state(&f->rnd);

	return ((high << 32 | prandom_u32_state(&f->rnd)) >> (64 - NR_BITS)) | 1;
}

static void unbind(struct bank_fixture *f, unsigned long nr)
{
	lab_tag_unbind(f->table, find(f->table, nr), made_up(nr));
}

/* Fill @nrs [from, to) with pages bound in the fixture's table. */
static void bind_random(struct kunit *test, struct bank_fixture *f, u32 from, u32 to)
{
	struct lab_table *where;
	u32 i, crowded = 0;

	for (i = from; i < to; i++) {
		do
			f->nrs[i] = random_nr(f);
		while (find(f->table,
			    f->nrs[i]) || (!bind(f->table, f->nrs[i],
						 &where) && crowded++ < CAPACITY));
	}
	/* At half load a page finds all slots near its bucket taken once in 100000 times. */
	KUNIT_EXPECT_LE(test, crowded, 2U);
}

static void expect_all_found(struct kunit *test, struct bank_fixture *f, u32 nr)
{
	u32 i, lost = 0, strangers = 0, wrong = 0;

	for (i = 0; i < nr; i++) {
		struct lab_tag *tag = find(f->table, f->nrs[i]);

		lost += !tag;
		wrong += tag && (tag->page != made_up(f->nrs[i]) || tag->meta != WORD);
		strangers += !!find(f->table, f->nrs[i] - 1);
	}
	KUNIT_EXPECT_EQ_MSG(test, lost, 0U, "bound but not found");
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0U, "found with the wrong tag");
	KUNIT_EXPECT_EQ_MSG(test, strangers, 0U, "found but never bound");
}

static void expect_empty(struct kunit *test, const struct lab_table *table)
{
	u32 i, hops = 0, claimed = 0, words = 0;

	for (i = LAB_NR_ENDS; i < table->nr_slots; i++) {
		hops += !!atomic_read(&table->slots.tags[i].hop);
		claimed += !!table->slots.tags[i].page;
		words += !!table->slots.tags[i].meta;
	}
	KUNIT_EXPECT_EQ_MSG(test, hops, 0U, "hop bits are left");
	KUNIT_EXPECT_EQ_MSG(test, claimed, 0U, "slots are left claimed");
	KUNIT_EXPECT_EQ_MSG(test, words, 0U, "metas are left");
}

/* The number of the next made-up page after @nr in the bucket of @page. */
static unsigned long next_of_home(struct lab_table *table, const struct page *page,
				  unsigned long nr)
{
	while (lab_table_home(table, made_up(++nr)) != lab_table_home(table, page))
		;
	return nr;
}

static void bound_page_is_found_until_it_is_unbound(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	struct lab_table *where = NULL;
	struct lab_tag *tag = bind(f->table, 4711, &where);

	KUNIT_ASSERT_NOT_NULL(test, tag);
	KUNIT_EXPECT_PTR_EQ(test, where, f->table);
	KUNIT_EXPECT_EQ(test, tag->meta, WORD);
	KUNIT_EXPECT_EQ(test, lab_caller_unpack(tag->caller), (unsigned long)bind);
	KUNIT_EXPECT_PTR_EQ(test, find(f->table, 4711), tag);
	KUNIT_EXPECT_PTR_EQ_MSG(test, find(NULL, 4711), tag, "found without naming the table");
	KUNIT_EXPECT_PTR_EQ_MSG(test, tag, lab_table_home(f->table, made_up(4711)), "at home");
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&tag->hop), 0, "no hop bit near its bucket");

	lab_tag_unbind(f->table, tag, made_up(4711));
	KUNIT_EXPECT_NULL(test, find(f->table, 4711));
	expect_empty(test, f->table);
}

static void page_far_from_its_bucket_is_found_until_it_is_unbound(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	struct lab_tag *home = lab_table_home(f->table, made_up(4711)), *tag;
	unsigned long nr = 4711;
	struct lab_table *where;
	int i;

	for (i = 0; i < LAB_HOP_NEAR; i++) {
		KUNIT_ASSERT_PTR_EQ(test, bind(f->table, nr, &where), home + i);
		nr = next_of_home(f->table, made_up(4711), nr);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&home->hop), 0);
	tag = bind(f->table, nr, &where);
	KUNIT_ASSERT_PTR_EQ(test, tag, home + LAB_HOP_NEAR);
	KUNIT_EXPECT_EQ(test, atomic_read(&home->hop), (int)BIT(LAB_HOP_NEAR));
	KUNIT_EXPECT_PTR_EQ(test, find(f->table, nr), tag);

	lab_tag_unbind(f->table, tag, made_up(nr));
	KUNIT_EXPECT_NULL(test, find(f->table, nr));
	KUNIT_EXPECT_EQ(test, atomic_read(&home->hop), 0);
}

/* The calls search before they check the pointer. */
static void null_and_error_pointers_are_not_found(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	struct page *nothing[] = { NULL, ERR_PTR(-ENOMEM), ERR_PTR(-MAX_ERRNO) };
	struct lab_tag *tag;
	int i;

	for (i = 0; i < ARRAY_SIZE(nothing); i++) {
		struct lab_tag *home = lab_table_home(f->table, nothing[i]);

		KUNIT_EXPECT_FALSE(test, lab_find_near(home, nothing[i], &tag));
		home = lab_home(&(struct lab_slots){ .tags = lab_nowhere }, nothing[i]);
		KUNIT_EXPECT_FALSE_MSG(test, lab_find_near(home, nothing[i], &tag), "dead");
	}
	KUNIT_EXPECT_PTR_EQ(test, lab_table_home(f->table, NULL), f->table->slots.tags);
}

/* Slot 0 is a sentinel: the page is bound behind it, where a search for NULL starts as well. */
static void page_of_bucket_0_is_bound_and_found(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	unsigned long nr = next_of_home(f->table, NULL, 0);
	struct lab_tag *home = f->table->slots.tags, *tag;
	struct lab_table *where;

	KUNIT_ASSERT_PTR_EQ(test, bind(f->table, nr, &where), home + LAB_NR_ENDS);
	KUNIT_EXPECT_PTR_EQ(test, find(f->table, nr), home + LAB_NR_ENDS);
	KUNIT_EXPECT_FALSE(test, lab_find(home, NULL, &tag));
	home[LAB_NR_ENDS].page = NULL;
	KUNIT_EXPECT_FALSE_MSG(test, lab_find(home, NULL, &tag), "while its slot is being vacated");
	home[LAB_NR_ENDS].page = made_up(nr);
}

/* Owners with flags and dead owners have no state that the fast path could match. */
static void owner_with_flags_has_no_fast_path_state(struct kunit *test)
{
	static const unsigned int flags[] = { LABYRINTH_ZERO, LABYRINTH_POISON, LABYRINTH_STACK };
	struct labyrinth_owner *owner;
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		owner = lab_test_owner(test, "special", 1, .flags = flags[i]);
		KUNIT_EXPECT_EQ(test, owner->owned_state, LAB_NO_STATE);
		lab_test_owner_end(test, owner);
	}
	owner = lab_test_owner(test, "ordinary", 1);
	KUNIT_EXPECT_EQ(test, owner->owned_state, lab_state(owner->id, 0, LAB_OWNED));
	lab_test_owner_end(test, owner);
	KUNIT_EXPECT_EQ_MSG(test, owner->owned_state, LAB_NO_STATE, "dead");
}

static void buckets_are_within_the_table(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	struct lab_tag *tags = f->table->slots.tags;
	u32 i, outside = 0, first = U32_MAX, last = 0;

	for (i = 0; i < 100000; i++) {
		u32 slot = lab_table_home(f->table, made_up(random_nr(f))) - tags;

		outside += slot >= f->table->capacity * LAB_SLOTS_PER_PAGE;
		first = min(first, slot);
		last = max(last, slot);
	}
	KUNIT_EXPECT_EQ(test, outside, 0U);
	KUNIT_EXPECT_EQ(test, first, 0U);
	KUNIT_EXPECT_EQ(test, last, f->table->capacity * LAB_SLOTS_PER_PAGE - 1);
}

static void random_pages_at_half_load_are_found(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, CAPACITY);
	u32 i;

	KUNIT_EXPECT_EQ(test, f->table->capacity, CAPACITY);
	KUNIT_EXPECT_EQ(test, f->table->slots.homes, 2 * CAPACITY * (u32)sizeof(struct lab_tag));
	bind_random(test, f, 0, CAPACITY);
	expect_all_found(test, f, CAPACITY);
	for (i = 0; i < CAPACITY; i++)
		unbind(f, f->nrs[i]);
	expect_empty(test, f->table);
}

static void neighbouring_pages_at_half_load_always_fit(struct kunit *test)
{
	static const unsigned int strides[] = { 1, 2, 8, 512 };
	struct bank_fixture *f = get_bank(test, CAPACITY);
	struct lab_table *where;
	u32 i, s;

	for (s = 0; s < ARRAY_SIZE(strides); s++) {
		for (i = 0; i < CAPACITY; i++)
			KUNIT_EXPECT_NOT_NULL(test, bind(f->table, 1001 + i * strides[s], &where));
		for (i = 0; i < CAPACITY; i++)
			unbind(f, 1001 + i * strides[s]);
	}
	expect_empty(test, f->table);
}

static void rebinding_loses_and_leaves_nothing(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, CAPACITY);
	u32 i, round;

	bind_random(test, f, 0, CAPACITY);
	for (round = 0; round < 20000; round++) {
		i = prandom_u32_state(&f->rnd) % CAPACITY;
		unbind(f, f->nrs[i]);
		bind_random(test, f, i, i + 1);
	}
	expect_all_found(test, f, CAPACITY);
	for (i = 0; i < CAPACITY; i++)
		unbind(f, f->nrs[i]);
	expect_empty(test, f->table);
}

/* Each CPU binds and unbinds its own pages, close to those of the others. */
static void churn_on_this_cpu(struct lab_crew *crew, unsigned int member)
{
	struct bank_fixture *f = crew->data;
	unsigned long first = 1 + member;
	struct lab_table *where;
	u32 i, round;

	for (round = 0; round < 40; round++) {
		for (i = 0; round && i < CAPACITY / 8; i++)
			unbind(f, first + i * crew->nr);
		for (i = 0; i < CAPACITY / 8; i++)
			bind(f->table, first + i * crew->nr, &where);
	}
}

static void concurrent_rebinding_loses_nothing(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, CAPACITY);
	u32 i, nr = num_online_cpus() * CAPACITY / 8;

	if (num_online_cpus() > 8)
		kunit_skip(test, "the table has room for 8 CPUs");
	lab_test_crew(test, 0, churn_on_this_cpu, f);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_NOT_NULL(test, find(f->table, 1 + i));
		unbind(f, 1 + i);
	}
	expect_empty(test, f->table);
}

/* Bind as many pages in the bucket of @page as fit. Returns a further page of that bucket. */
static unsigned long crowd(struct kunit *test, struct lab_table *table, const struct page *page)
{
	unsigned long nr = BIT(NR_BITS);
	struct lab_table *where;
	struct lab_tag *tag;
	int bound = -1;

	do {
		nr = next_of_home(table, page, nr);
		tag = bind(table, nr, &where);
		bound++;
	} while (tag && where == table);
	if (tag)
		lab_tag_unbind(where, tag, tag->page);
	KUNIT_ASSERT_GE(test, bound, LAB_HOP_RANGE - LAB_NR_ENDS);
	KUNIT_ASSERT_LE(test, bound, LAB_HOP_RANGE);
	return nr;
}

static void page_of_a_full_bucket_is_refused_by_the_only_table(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	unsigned long nr = crowd(test, f->table, made_up(1));
	struct lab_table *where;

	KUNIT_EXPECT_NULL(test, bind(f->table, nr, &where));
	KUNIT_EXPECT_NULL(test, find(f->table, nr));
	while (lab_table_home(f->table, made_up(nr)) - lab_table_home(f->table,
								      made_up(1)) < LAB_HOP_RANGE)
		nr++;
	KUNIT_EXPECT_NOT_NULL_MSG(test, bind(f->table, nr, &where), "another page fits");
}

static void page_of_a_full_bucket_goes_to_another_table(struct kunit *test)
{
	struct bank_fixture *f = get_bank(test, LAB_TABLE_MIN);
	struct bank_fixture *other = get_bank(test, LAB_TABLE_MIN);
	unsigned long nr = crowd(test, f->table, made_up(1));
	struct lab_table *where = NULL;
	struct lab_tag *tag;

	KUNIT_ASSERT_PTR_NE(test, f->table, other->table);
	tag = bind(f->table, nr, &where);
	KUNIT_ASSERT_NOT_NULL(test, tag);
	KUNIT_EXPECT_PTR_EQ(test, where, other->table);
	KUNIT_EXPECT_EQ_MSG(test, lab_meta_flags(tag->meta), (u32)LAB_AWAY, "never recycled");
	KUNIT_EXPECT_PTR_EQ(test, find(f->table, nr), tag);
	lab_tag_unbind(other->table, tag, tag->page);

	WRITE_ONCE(other->table->closed, true);
	KUNIT_EXPECT_NULL_MSG(test, bind(f->table, nr, &where), "a closed table takes nothing");
}

static void owners_share_a_table_while_their_budgets_fit(struct kunit *test)
{
	struct bank_fixture *a = get_bank(test, LAB_TABLE_MIN - 24), *b = get_bank(test, 24);
	struct bank_fixture *c = get_bank(test, 1);

	KUNIT_EXPECT_PTR_EQ(test, a->table, b->table);
	KUNIT_EXPECT_PTR_NE_MSG(test, a->table, c->table, "the first table is full");
}

static void transfer_moves_the_tag_to_the_receivers_table(struct kunit *test)
{
	struct labyrinth_owner *from = lab_test_owner(test, "from", LAB_TABLE_MIN);
	struct labyrinth_owner *to = lab_test_owner(test, "to", LAB_TABLE_MIN);
	struct page *page = lab_test_take(test, from);

	KUNIT_ASSERT_PTR_NE(test, from->table, to->table);
	KUNIT_ASSERT_EQ(test, lab_transfer_page(from, to, page), 0);
	expect_empty(test, from->table);
	KUNIT_EXPECT_NOT_NULL(test, lab_table_find(to->table, page));
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
	expect_empty(test, to->table);
}

static void table_outlives_its_owner_for_a_page_that_fits_nowhere_else(struct kunit *test)
{
	struct labyrinth_owner *from = lab_test_owner(test, "from", LAB_TABLE_MIN);
	struct labyrinth_owner *to = lab_test_owner(test, "to", LAB_TABLE_MIN);
	struct page *page = lab_test_take(test, from);
	struct lab_table *table = from->table;
	unsigned int i;

	KUNIT_ASSERT_PTR_NE(test, to->table, table);
	crowd(test, to->table, page);
	KUNIT_EXPECT_EQ(test, lab_transfer_page(from, to, page), 0);
	KUNIT_EXPECT_NOT_NULL(test, lab_table_find(table, page));
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, from), 0U);
	KUNIT_EXPECT_PTR_EQ_MSG(test, lab_table_nth(0), table, "the table is kept for that page");
	KUNIT_EXPECT_EQ(test, lab_check_page(to, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(to, page), 0);
	/* Made-up pages must be unbound before the owner is destroyed. */
	for (i = LAB_NR_ENDS; i < to->table->nr_slots; i++)
		if (to->slots.tags[i].page)
			lab_tag_unbind(to->table, &to->slots.tags[i], to->slots.tags[i].page);
}

/* Each table has 32 MiB of tags: a leak exhausts the machine's memory. */
static void destroyed_tables_free_their_memory(struct kunit *test)
{
	unsigned long before = si_mem_available(), lost;
	int i;

	if (before < BIT(28 - PAGE_SHIFT))
		kunit_skip(test, "needs 256 MiB");
	for (i = 0; i < 8; i++) {
		struct labyrinth_owner *owner = lab_test_owner(test, "big", BIT(19));

		KUNIT_ASSERT_EQ(test, lab_test_owner_end(test, owner), 0U);
	}
	for (i = 0; i < LAB_NR_TABLES; i++)
		KUNIT_EXPECT_NULL(test, lab_table_nth(i));
	lost = max_t(long, before - si_mem_available(), 0);
	KUNIT_EXPECT_LT_MSG(test, lost, BIT(25 - PAGE_SHIFT), "pages lost of 256 MiB");
}

static struct kunit_case lab_table_cases[] = {
	KUNIT_CASE(bound_page_is_found_until_it_is_unbound),
	KUNIT_CASE(page_far_from_its_bucket_is_found_until_it_is_unbound),
	KUNIT_CASE(null_and_error_pointers_are_not_found),
	KUNIT_CASE(page_of_bucket_0_is_bound_and_found),
	KUNIT_CASE(owner_with_flags_has_no_fast_path_state),
	KUNIT_CASE(buckets_are_within_the_table),
	KUNIT_CASE(random_pages_at_half_load_are_found),
	KUNIT_CASE(neighbouring_pages_at_half_load_always_fit),
	KUNIT_CASE(rebinding_loses_and_leaves_nothing),
	KUNIT_CASE(concurrent_rebinding_loses_nothing),
	KUNIT_CASE(page_of_a_full_bucket_is_refused_by_the_only_table),
	KUNIT_CASE(page_of_a_full_bucket_goes_to_another_table),
	KUNIT_CASE(owners_share_a_table_while_their_budgets_fit),
	KUNIT_CASE(transfer_moves_the_tag_to_the_receivers_table),
	KUNIT_CASE(table_outlives_its_owner_for_a_page_that_fits_nowhere_else),
	KUNIT_CASE_SLOW(destroyed_tables_free_their_memory),
	{}
};

static struct kunit_suite lab_table_suite = {
	.name = "labyrinth_table",
	.init = lab_test_pin,
	.test_cases = lab_table_cases,
};

kunit_test_suite(lab_table_suite);
