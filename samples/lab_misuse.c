// SPDX-License-Identifier: GPL-2.0
/*
 * lab_misuse - make common mistakes, once each
 *
 * When the module is loaded, it makes the mistakes one by one and compares each return value
 * with the documented one. labyrinth reports them in the kernel's log and in debugfs
 * "violations". No memory is damaged. See Documentation/using-in-a-driver.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>

#define MISUSE_BUDGET	8U

static struct labyrinth_owner *misuse_mine;
static struct labyrinth_owner *misuse_theirs;

static struct labyrinth_owner *misuse_owner(const char *name, unsigned int flags)
{
	const struct labyrinth_owner_params params = {
		.name = name,
		.budget = MISUSE_BUDGET,
		.nid = NUMA_NO_NODE,
		.flags = flags,
	};

	return labyrinth_owner_create(&params);
}

static struct page *misuse_page(void)
{
	return labyrinth_alloc_page(misuse_mine);
}

static int misuse_free(struct page *page)
{
	return labyrinth_free_page(misuse_mine, page);
}

/* The result of the alloc was not tested. */
static int misuse_bad_argument(struct page *page)
{
	int err = misuse_free(NULL);

	misuse_free(page);
	return err;
}

static int misuse_double_free(struct page *page)
{
	misuse_free(page);
	return misuse_free(page);
}

static int misuse_foreign_free(struct page *page)
{
	int err = labyrinth_free_page(misuse_theirs, page);

	misuse_free(page);
	return err;
}

static int misuse_plain_page(struct page *page)
{
	struct page *plain = alloc_page(GFP_KERNEL);
	int err = plain ? misuse_free(plain) : -ENOMEM;

	if (plain)
		__free_page(plain);
	misuse_free(page);
	return err;
}

/* Freed while another user, say the network stack, holds a reference: reported if it lasts. */
static int misuse_shared_page(struct page *page)
{
	int err;

	get_page(page);
	err = misuse_free(page);
	msleep(2 * MSEC_PER_SEC);
	put_page(page);
	return err;
}

/* put_page() frees labyrinth's page: detected when the kernel hands it out again. */
static int misuse_freed_behind(struct page *page)
{
	struct page *pages[MISUSE_BUDGET];
	unsigned int i, nr;

	put_page(page);
	nr = labyrinth_alloc_pages_bulk(misuse_mine, MISUSE_BUDGET - 1, pages);
	for (i = 0; i < nr; i++)
		misuse_free(pages[i]);
	return 0;
}

/* Written to after it was freed: LABYRINTH_POISON detects it when the page is handed out. */
static int misuse_use_after_free(struct page *page)
{
	misuse_free(page);
	*(char *)page_address(page) = 'x';
	page = misuse_page();
	if (page)
		misuse_free(page);
	return 0;
}

static const struct {
	const char *name;
	int (*make)(struct page *page);
	int answer;
} misuse_cases[] = {
	{ "bad_argument", misuse_bad_argument, -EINVAL },
	{ "double_free", misuse_double_free, -EALREADY },
	{ "foreign_free", misuse_foreign_free, -EPERM },
	{ "plain_page", misuse_plain_page, -ENOENT },
	{ "use_after_free", misuse_use_after_free, 0 },
	{ "shared_page", misuse_shared_page, 0 },
	{ "freed_behind", misuse_freed_behind, 0 },
};

/* Returns 0 if every mistake returned the documented value. */
static noinline int misuse_all(void)
{
	unsigned int i;
	int wrong = 0;

	for (i = 0; i < ARRAY_SIZE(misuse_cases); i++) {
		struct page *page = misuse_page();
		int err;

		if (!page)
			return -ENOMEM;
		err = misuse_cases[i].make(page);
		if (err == misuse_cases[i].answer)
			continue;
		pr_err("%s: answered %d, documented %d\n", misuse_cases[i].name, err,
		       misuse_cases[i].answer);
		wrong = -EPROTO;
	}
	return wrong;
}

/* The last two mistakes: an owner is destroyed while it owns a page, and used after that. */
static noinline int misuse_end(void)
{
	struct page *page = misuse_page();
	int err = 0;

	if (labyrinth_owner_destroy(misuse_mine) != !!page)
		err = -EPROTO;
	if (misuse_page() || (page && misuse_free(page) != -ENOENT))
		err = -EPROTO;
	/* An orphan is an ordinary page of its holder. */
	if (page)
		__free_page(page);
	labyrinth_owner_destroy(misuse_theirs);
	return err;
}

static int __init misuse_init(void)
{
	int err, end;

	misuse_mine = misuse_owner("lab_misuse.mine", LABYRINTH_POISON);
	if (IS_ERR(misuse_mine))
		return PTR_ERR(misuse_mine);
	misuse_theirs = misuse_owner("lab_misuse.theirs", 0);
	if (IS_ERR(misuse_theirs)) {
		labyrinth_owner_destroy(misuse_mine);
		return PTR_ERR(misuse_theirs);
	}
	err = misuse_all();
	end = misuse_end();
	return err ?: end;
}

/* Empty, but a module without an exit function cannot be unloaded. */
static void __exit misuse_exit(void)
{
}

module_init(misuse_init);
module_exit(misuse_exit);

MODULE_DESCRIPTION("Deliberate mistakes, to show labyrinth's reports");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
