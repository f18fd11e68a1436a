// SPDX-License-Identifier: GPL-2.0
/* Creating an owner: valid parameters, invalid parameters and their errno. */
#include "diag/debugfs_owner.h"
#include "diag/figures.h"
#include "fixture.h"

#define GOOD	.name = "good", .budget = 8, .nid = NUMA_NO_NODE

struct attempt {
	const char *what;
	struct labyrinth_owner_params params;
};

#define NAME_31	"abcdefghijklmnopqrstuvwxyz01234"
#define NAME(name_)	{ .name = (name_), .budget = 1, .nid = NUMA_NO_NODE }

static const struct attempt wrong[] = {
	{ "no name", NAME(NULL) },
	{ "name is an ERR_PTR", NAME((const char *)-ENOMEM) },
	{ "empty name", NAME("") },
	{ "name of 32", NAME(NAME_31 "5") },
	{ "budget 0", { .name = "a", .nid = NUMA_NO_NODE } },
	{ "stock above budget", { GOOD, .stock = 9 } },
	{ "stock far above budget", { GOOD, .stock = UINT_MAX } },
	{ "reserve_pct -2", { GOOD, .reserve_pct = -2 } },
	{ "reserve_pct 101", { GOOD, .reserve_pct = 101 } },
	{ "reserve_pct INT_MIN", { GOOD, .reserve_pct = INT_MIN } },
	{ "nid -2", { .name = "a", .budget = 1, .nid = -2 } },
	{ "nid MAX_NUMNODES", { .name = "a", .budget = 1, .nid = MAX_NUMNODES } },
	{ "nid INT_MAX", { .name = "a", .budget = 1, .nid = INT_MAX } },
	{ "nid INT_MIN", { .name = "a", .budget = 1, .nid = INT_MIN } },
	{ "scope 3", { GOOD, .scope = 3 } },
	{ "scope -1", { GOOD, .scope = (enum labyrinth_scope)-1 } },
	{ "flag 32", { GOOD, .flags = 32 } },
	{ "a good and a bad flag", { GOOD, .flags = LABYRINTH_ZERO | BIT(31) } },
};

static const struct attempt right[] = {
	{ "name of 1", NAME("a") },
	{ "name of 31", NAME(NAME_31) },
	{ "all kinds of characters", NAME("AZaz09._:@-") },
	{ "name of dots", NAME("..") },
	{ "no stock", { GOOD } },
	{ "stock of the whole budget", { GOOD, .stock = 8 } },
	{ "reserve_pct -1", { GOOD, .reserve_pct = LABYRINTH_RESERVE_NONE } },
	{ "reserve_pct 1", { GOOD, .reserve_pct = 1 } },
	{ "reserve_pct 100", { GOOD, .reserve_pct = 100 } },
	{ "node 0", { .name = "a", .budget = 1, .nid = 0 } },
	{ "scope process", { GOOD, .scope = LABYRINTH_SCOPE_PROCESS } },
	{ "scope thread", { GOOD, .scope = LABYRINTH_SCOPE_THREAD } },
	{ "all flags", { GOOD, .flags = LABYRINTH_ZERO | LABYRINTH_POISON | LABYRINTH_STACK |
					LABYRINTH_ADAPT } },
	{ "adaptive, without a stock", { GOOD, .stock = 0, .flags = LABYRINTH_ADAPT } },
	{ "adaptive, stock of the whole budget", { GOOD, .stock = 8, .flags = LABYRINTH_ADAPT } },
};

static void attempt_name(const struct attempt *attempt, char *desc)
{
	strscpy(desc, attempt->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrong, attempt_name);
KUNIT_ARRAY_PARAM(right, right, attempt_name);

static void wrong_parameters_give_einval_and_a_report(struct kunit *test)
{
	const struct attempt *attempt = test->param_value;

	KUNIT_EXPECT_PTR_EQ(test, labyrinth_owner_create(&attempt->params), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_TRUE(test, list_empty(&lab_owners));
	lab_expect_violation(test, "bad_argument", "-", "-");
}

static void right_parameters_give_a_usable_owner(struct kunit *test)
{
	const struct attempt *attempt = test->param_value;
	struct labyrinth_owner *owner = lab_test_owner_create(test, &attempt->params);
	struct page *page = lab_test_take(test, owner);

	KUNIT_EXPECT_STREQ(test, owner->name, attempt->params.name);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_test_owner_end(test, owner), 0U);
}

static void no_parameters_give_einval(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_owner_create(NULL), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_owner_create(ERR_PTR(-EIO)), ERR_PTR(-EINVAL));
}

static void characters_outside_the_set_are_refused(struct kunit *test)
{
	struct labyrinth_owner_params params = { GOOD };
	char name[] = "a?b";
	int c, accepted = 0;

	params.name = name;
	for (c = 1; c < 256; c++) {
		struct labyrinth_owner *owner;
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || strchr("._:@-", c);

		name[1] = c;
		owner = labyrinth_owner_create(&params);
		KUNIT_EXPECT_EQ_MSG(test, !IS_ERR(owner), good, "character %#x", c);
		accepted += !IS_ERR(owner);
		labyrinth_owner_destroy(owner);
	}
	KUNIT_EXPECT_EQ(test, accepted, 26 + 26 + 10 + 5);
}

static void duplicate_name_gives_eexist(struct kunit *test)
{
	struct labyrinth_owner_params params = { GOOD };
	struct labyrinth_owner *owner = lab_test_owner_create(test, &params);

	KUNIT_EXPECT_PTR_EQ(test, labyrinth_owner_create(&params), ERR_PTR(-EEXIST));
	lab_test_owner_end(test, owner);
	lab_test_owner_create(test, &params);
}

static void names_are_case_sensitive(struct kunit *test)
{
	lab_test_owner(test, "name", 1);
	lab_test_owner(test, "Name", 1);
}

static void name_is_copied(struct kunit *test)
{
	char name[] = "mine";
	struct labyrinth_owner *owner = lab_test_owner(test, name, 1);

	name[0] = 'f';
	KUNIT_EXPECT_STREQ(test, owner->name, "mine");
}

/* Without a splat as well: run.sh searches the console log for them. */
static void budget_beyond_all_memory_gives_enomem(struct kunit *test)
{
	static const unsigned int budgets[] = { UINT_MAX, BIT(31), BIT(28) + 1, BIT(28), BIT(27) };
	struct labyrinth_owner_params params = { .name = "huge", .nid = NUMA_NO_NODE };
	int i;

	for (i = 0; i < ARRAY_SIZE(budgets); i++) {
		struct labyrinth_owner *owner;

		params.budget = budgets[i];
		owner = labyrinth_owner_create(&params);
		KUNIT_EXPECT_PTR_EQ(test, owner, ERR_PTR(-ENOMEM));
		labyrinth_owner_destroy(owner);
	}
	KUNIT_EXPECT_TRUE_MSG(test, list_empty(&lab_owners), "no owner is left behind");
	lab_test_owner(test, "huge", 1);
}

static void default_reserve_pct_is_the_modules(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lab_test_owner(test, "a", 1)->reserve_pct,
			lab_default_reserve_pct);
	KUNIT_EXPECT_EQ(test, lab_test_owner(test, "b", 1, .reserve_pct = 7)->reserve_pct, 7);
	KUNIT_EXPECT_EQ(test, lab_test_owner(test, "c", 1, .reserve_pct = -1)->reserve_pct, 0);
}

static void creator_is_this_module(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "a", 1);

	KUNIT_EXPECT_PTR_EQ(test, owner->module, THIS_MODULE);
#ifdef MODULE
	KUNIT_EXPECT_STREQ(test, owner->module_name, THIS_MODULE->name);
#else
	KUNIT_EXPECT_STREQ(test, owner->module_name, "-");
#endif
}

static void memory_is_64_bytes_per_page_of_the_budget(struct kunit *test)
{
	struct labyrinth_owner *small = lab_test_owner(test, "small", 100);
	struct labyrinth_owner *large = lab_test_owner(test, "large", 10100);

	KUNIT_EXPECT_EQ(test, lab_owner_bytes(large) - lab_owner_bytes(small), 64UL * 10000);
}

static struct kunit_case lab_create_cases[] = {
	KUNIT_CASE_PARAM(wrong_parameters_give_einval_and_a_report, wrong_gen_params),
	KUNIT_CASE_PARAM(right_parameters_give_a_usable_owner, right_gen_params),
	KUNIT_CASE(no_parameters_give_einval),
	KUNIT_CASE_SLOW(characters_outside_the_set_are_refused),
	KUNIT_CASE(duplicate_name_gives_eexist),
	KUNIT_CASE(names_are_case_sensitive),
	KUNIT_CASE(name_is_copied),
	KUNIT_CASE(budget_beyond_all_memory_gives_enomem),
	KUNIT_CASE(default_reserve_pct_is_the_modules),
	KUNIT_CASE(creator_is_this_module),
	KUNIT_CASE(memory_is_64_bytes_per_page_of_the_budget),
	{}
};

static struct kunit_suite lab_create_suite = {
	.name = "labyrinth_create",
	.init = lab_test_pin,
	.test_cases = lab_create_cases,
};

kunit_test_suite(lab_create_suite);
