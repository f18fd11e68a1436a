// SPDX-License-Identifier: GPL-2.0
/* What a page is used for, as "use" in debugfs shows it. */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "diag/page_use.h"
#include "fixture.h"

/* New pages wait on their CPU for a batch of this size before they are on the LRU. */
#define LRU_BATCH	31

/* As the callers do: the lock keeps the struct page. */
static void look(struct page *page, char *use)
{
	mutex_lock(&lab_owners_lock);
	lab_page_use(page, use, LAB_PAGE_USE_LEN);
	mutex_unlock(&lab_owners_lock);
}

/* The page has this use, and looking at it changes nothing. */
static void expect_use(struct kunit *test, struct page *page, const char *wanted)
{
	const unsigned long *flags = lab_compat_flags(page), before = *flags;
	u64 counts = lab_compat_page_counts(page);
	char use[LAB_PAGE_USE_LEN];

	look(page, use);
	KUNIT_EXPECT_STREQ(test, use, wanted);
	KUNIT_EXPECT_EQ(test, lab_compat_page_counts(page), counts);
	KUNIT_EXPECT_EQ(test, *flags, before);
}

static void page_of_an_unknown_holder_is_unknown(struct kunit *test)
{
	expect_use(test, lab_test_plain_page(test), "unknown");
}

static void owned_page_is_labyrinths(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "use", 1);
	struct page *page = lab_test_take(test, owner);

	expect_use(test, page, "labyrinth");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	expect_use(test, page, "labyrinth");
}

static void holder_of_a_page_in_quarantine_is_unknown(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "use", 1);
	struct page *page = lab_test_take(test, owner);

	get_page(page);
	expect_use(test, page, "unknown");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	expect_use(test, page, "unknown");
	put_page(page);
}

static void orphan_is_unknown(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "use", 1);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 1U);
	expect_use(test, page, "unknown");
	put_page(page);
}

/* Mappings of a page, as vm_insert_page() counts them. */
static void map(struct page *page, int nr)
{
	atomic_add(nr, &page->_mapcount);
}

static void mappings_are_counted(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "use", 1);
	struct page *plain = lab_test_plain_page(test), *owned = lab_test_take(test, owner);

	map(plain, 2);
	expect_use(test, plain, "mapped:2");
	map(plain, -2);
	map(owned, 1);
	expect_use(test, owned, "mapped:1");
	map(owned, -1);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, owned), 0);
}

/* A driver may keep anything there: only a page on the LRU is asked for its file. */
static void mapping_of_a_drivers_page_is_not_followed(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);

	page->mapping = (struct address_space *)0x10;
	expect_use(test, page, "unknown");
	map(page, 1);
	expect_use(test, page, "mapped:1");
	map(page, -1);
	page->mapping = (struct address_space *)0x11;
	expect_use(test, page, "unknown");
	page->mapping = NULL;
}

static void anonymous_page_is_anon(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);

	page->mapping = (struct address_space *)0x11;
	map(page, 1);
	expect_use(test, page, "anon");
	map(page, -1);
	page->mapping = NULL;
}

static void slab_and_page_table_have_types(struct kunit *test)
{
	void *object = kmalloc(64, GFP_KERNEL);
	struct page *page = lab_test_plain_page(test);

	KUNIT_ASSERT_NOT_NULL(test, object);
	expect_use(test, virt_to_page(object), "slab");
	kfree(object);
	__SetPageTable(page);
	expect_use(test, page, "pgtable");
	__ClearPageTable(page);
	__SetPageOffline(page);
	expect_use(test, page, "unknown");
	__ClearPageOffline(page);
}

#ifdef CONFIG_MEMORY_FAILURE
static void bad_memory_is_hwpoison(struct kunit *test)
{
	struct page *page = lab_test_plain_page(test);

	SetPageHWPoison(page);
	expect_use(test, page, "hwpoison");
	ClearPageHWPoison(page);
}
#endif

#define FREE_ORDER	9	/* no CPU keeps a list of these, unless for huge pages */

static void page_in_the_buddy_is_free(struct kunit *test)
{
	unsigned int order = FREE_ORDER - IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE);
	struct page *page = alloc_pages(GFP_KERNEL, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_use(test, page, "unknown");
	/* Without __GFP_COMP only the first page has the reference. */
	expect_use(test, page + 1, "unreferenced");
	__free_pages(page, order);
	expect_use(test, page, "free");
	expect_use(test, page + 1, "free");
	expect_use(test, page + (1 << order) - 1, "free");
}

/* Page 0 of a new shmem file. */
static struct page *file_page(struct kunit *test, struct file *file)
{
	struct page *page = NULL;
	unsigned int i;

	for (i = LRU_BATCH + 1; i--;) {
		page = shmem_read_mapping_page(file->f_mapping, i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
		put_page(page);
	}
	/* It is the last one: fill the batch with others, too. */
	for (i = 0; i < LRU_BATCH; i++)
		put_page(shmem_read_mapping_page(file->f_mapping, LRU_BATCH + 1 + i));
	return page;
}

static struct file *new_file(struct kunit *test, const char *name)
{
	struct file *file = shmem_file_setup(name, 1 << 20, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	return file;
}

static void expect_file(struct kunit *test, const char *name, const char *use)
{
	struct file *file = new_file(test, name);

	expect_use(test, file_page(test, file), use);
	fput(file);
}

static void page_cache_has_the_name_of_its_file(struct kunit *test)
{
	expect_file(test, "some.file", "file:some.file");
}

static void file_name_is_one_cell(struct kunit *test)
{
	expect_file(test, "a b\tc\nd\\e\x7f\xc3\xa4", "file:a\\040b\\011c\\012d\\134e\\177\\303\\244");
}

static void long_file_name_is_shortened(struct kunit *test)
{
	char name[NAME_MAX + 1] = {}, use[LAB_PAGE_USE_LEN];
	struct file *file;

	memset(name, ' ', NAME_MAX);
	file = new_file(test, name);
	look(file_page(test, file), use);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(use, "file:\\040\\040"), "%s", use);
	KUNIT_EXPECT_STREQ(test, use + strlen(use) - 7, "\\040...");
	KUNIT_EXPECT_LT(test, strlen(use), (size_t)LAB_PAGE_USE_LEN);
	fput(file);
}

static void locked_page_cache_does_not_tell_its_name(struct kunit *test)
{
	struct file *file = new_file(test, "busy");
	struct page *page = file_page(test, file);

	lock_page(page);
	expect_use(test, page, "file");
	unlock_page(page);
	expect_use(test, page, "file:busy");
	fput(file);
}

static void truncated_page_is_only_on_the_lru(struct kunit *test)
{
	struct file *file = new_file(test, "cut");
	struct page *page = file_page(test, file);

	get_page(page);
	shmem_truncate_range(file_inode(file), 0, -1);
	expect_use(test, page, "lru");
	put_page(page);
	fput(file);
}

#define ROUNDS	300

struct play {
	struct kunit *test;
	struct page *page;
	atomic_t done;
};

static const char * const possible[] = {
	"unknown", "free", "unreferenced", "labyrinth", "slab", "pgtable", "anon", "lru", "page_pool",
	"hugetlb",
};

static bool is_possible(const char *use)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(possible); i++)
		if (!strcmp(use, possible[i]))
			return true;
	/* Other pages of the machine are as good. */
	return !strcmp(use, "file") || strstarts(use, "file:") || strstarts(use, "mapped:") ||
	       strstarts(use, "blockdev:");
}

/* Member 0 creates and removes files, whose pages the others look at. */
static void look_at_passing_files(struct lab_crew *crew, unsigned int member)
{
	struct play *play = crew->data;
	char use[LAB_PAGE_USE_LEN], name[32];
	unsigned int i;

	lab_crew_meet(crew);
	for (i = 0; !member && i < ROUNDS; i++) {
		struct file *file;

		snprintf(name, sizeof(name), "play.%u", i);
		file = shmem_file_setup(name, 1 << 20, 0);
		if (IS_ERR(file))
			break;
		WRITE_ONCE(play->page, file_page(play->test, file));
		shmem_truncate_range(file_inode(file), 0, -1);
		fput(file);
		cond_resched();
	}
	if (!member)
		atomic_set(&play->done, 1);
	while (member && !atomic_read(&play->done)) {
		struct page *page = READ_ONCE(play->page);

		if (page) {
			look(page, use);
			KUNIT_EXPECT_TRUE_MSG(play->test, is_possible(use), "%s", use);
			if (strstarts(use, "file:play"))
				KUNIT_EXPECT_TRUE_MSG(play->test, isdigit(use[10]), "%s", use);
		}
		cond_resched();
	}
}

static void page_that_changes_meanwhile_is_harmless(struct kunit *test)
{
	struct play *play = lab_test_zalloc(test, sizeof(*play));

	play->test = test;
	lab_test_crew(test, 0, look_at_passing_files, play);
}

static struct kunit_case lab_page_use_cases[] = {
	KUNIT_CASE(page_of_an_unknown_holder_is_unknown),
	KUNIT_CASE(owned_page_is_labyrinths),
	KUNIT_CASE(holder_of_a_page_in_quarantine_is_unknown),
	KUNIT_CASE(orphan_is_unknown),
	KUNIT_CASE(mappings_are_counted),
	KUNIT_CASE(mapping_of_a_drivers_page_is_not_followed),
	KUNIT_CASE(anonymous_page_is_anon),
	KUNIT_CASE(slab_and_page_table_have_types),
#ifdef CONFIG_MEMORY_FAILURE
	KUNIT_CASE(bad_memory_is_hwpoison),
#endif
	KUNIT_CASE(page_in_the_buddy_is_free),
	KUNIT_CASE(page_cache_has_the_name_of_its_file),
	KUNIT_CASE(file_name_is_one_cell),
	KUNIT_CASE(long_file_name_is_shortened),
	KUNIT_CASE(locked_page_cache_does_not_tell_its_name),
	KUNIT_CASE(truncated_page_is_only_on_the_lru),
	KUNIT_CASE(page_that_changes_meanwhile_is_harmless),
	{}
};

static struct kunit_suite lab_page_use_suite = {
	.name = "labyrinth_page_use",
	.init = lab_test_pin,
	.test_cases = lab_page_use_cases,
};

kunit_test_suite(lab_page_use_suite);
