// SPDX-License-Identifier: GPL-2.0
/* When a module is unloaded, every recorded caller in it is replaced, and no other. */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "diag/audit.h"
#include "diag/module_unload.h"
#include "fixture.h"

/* All callers in these tests are in OURS. */
#ifdef MODULE
#define OURS	THIS_MODULE
#else
#define OURS	NULL
#endif

static int needs_a_module(struct kunit *test)
{
#ifndef MODULE
	kunit_skip(test, "labyrinth is no module here");
#endif
	return lab_test_pin(test);
}

static struct module *another_module(struct kunit *test)
{
	return lab_test_zalloc(test, sizeof(struct module));
}

static void expect_caller(struct kunit *test, unsigned long caller, const char *wanted)
{
	char name[KSYM_SYMBOL_LEN];

	lab_caller_name(caller, name, sizeof(name));
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(name, wanted), "%s, not %s", name, wanted);
}

static unsigned long caller_of(struct kunit *test, struct page *page)
{
	struct labyrinth_page_info info = {};

	KUNIT_EXPECT_EQ(test, labyrinth_query_page(page, &info), 0);
	return info.caller;
}

static void caller_of_a_page_is_gone(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);

	lab_module_gone(another_module(test));
	expect_caller(test, caller_of(test, page), "lab_test_take+");
	lab_module_gone(OURS);
	expect_caller(test, caller_of(test, page), "gone");
	KUNIT_EXPECT_EQ_MSG(test, lab_free_page(owner, page), 0, "the page is still usable");
}

static void gone_caller_is_printed_as_a_symbol(struct kunit *test)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%pS", (void *)LAB_CALLER_GONE);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(name, "lab_caller_gone+0x0"), "%s", name);
}

static void stack_of_a_page_is_gone(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .flags = LABYRINTH_STACK);
	struct page *page = lab_test_take(test, owner);
	const unsigned long *stack;
	unsigned int i, others = 0;
	struct lab_table *table;

	preempt_disable();
	stack = lab_tag_stack(owner->table, lab_tag_find(owner->table, page, &table));
	preempt_enable();
	expect_caller(test, stack[0], "lab_test_take+");
	lab_module_gone(OURS);
	expect_caller(test, stack[0], "gone");
	for (i = 0; i < LAB_STACK_DEPTH; i++)
		others += stack[i] && stack[i] != LAB_CALLER_GONE;
	KUNIT_EXPECT_GT_MSG(test, others, 0U, "the kernel's callers stay");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void callers_of_a_violation_are_gone(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1, .flags = LABYRINTH_STACK);
	struct page *page = lab_test_take(test, owner);
	struct lab_test_violation v, last;

	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), -EALREADY);
	lab_module_gone(another_module(test));
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_TRUE(test, strstarts(v.alloc_caller, "lab_test_take+"));
	KUNIT_EXPECT_TRUE(test, strstarts(v.caller, __func__));
	lab_module_gone(OURS);
	lab_test_last_violation(test, &last);
	KUNIT_EXPECT_EQ(test, last.seq, v.seq);
	KUNIT_EXPECT_STREQ(test, last.kind, "double_free");
	KUNIT_EXPECT_STREQ(test, last.owner, "owner");
	KUNIT_EXPECT_STREQ(test, last.alloc_caller, "gone");
	KUNIT_EXPECT_STREQ(test, last.caller, "gone");
}

static void caller_of_a_refusal_is_gone(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	struct lab_test_refusal r;

	KUNIT_EXPECT_NULL(test, lab_alloc_page(owner));
	lab_module_gone(another_module(test));
	lab_test_last_refusal(test, &r);
	KUNIT_EXPECT_TRUE(test, strstarts(r.caller, __func__));
	lab_module_gone(OURS);
	lab_test_last_refusal(test, &r);
	KUNIT_EXPECT_STREQ(test, r.owner, "owner");
	KUNIT_EXPECT_STREQ(test, r.reason, "budget");
	KUNIT_EXPECT_STREQ(test, r.caller, "gone");
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void could_sleep_caller_is_gone(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);

	owner->diag->could_sleep_caller = (unsigned long)could_sleep_caller_is_gone;
	lab_module_gone(another_module(test));
	expect_caller(test, owner->diag->could_sleep_caller, "could_sleep_caller_is_gone");
	lab_module_gone(OURS);
	expect_caller(test, owner->diag->could_sleep_caller, "gone");
	owner->diag->could_sleep_caller = 0;
	lab_module_gone(OURS);
	expect_caller(test, owner->diag->could_sleep_caller, "-");
}

static void finding_of_the_audit_stays_reported(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	struct lab_audit figures;

	get_page(page);
	lab_audit_run(&figures);
	KUNIT_EXPECT_EQ(test, figures.found, 1U);
	lab_module_gone(OURS);
	lab_audit_run(&figures);
	KUNIT_EXPECT_EQ(test, figures.found, 0U);
	put_page(page);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static void live_module_loses_only_callers_in_init(struct kunit *test)
{
	struct labyrinth_owner *owner = lab_test_owner(test, "owner", 1);
	struct page *page = lab_test_take(test, owner);
	struct lab_test_violation v;

	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), -EALREADY);
	page = lab_test_take(test, owner);
	lab_module_live(OURS);
	expect_caller(test, caller_of(test, page), "lab_test_take+");
	lab_test_last_violation(test, &v);
	KUNIT_EXPECT_TRUE(test, strstarts(v.caller, __func__));
	KUNIT_EXPECT_EQ(test, lab_free_page(owner, page), 0);
}

static struct kunit_case lab_gone_cases[] = {
	KUNIT_CASE(caller_of_a_page_is_gone),
	KUNIT_CASE(gone_caller_is_printed_as_a_symbol),
	KUNIT_CASE(stack_of_a_page_is_gone),
	KUNIT_CASE(callers_of_a_violation_are_gone),
	KUNIT_CASE(caller_of_a_refusal_is_gone),
	KUNIT_CASE(could_sleep_caller_is_gone),
	KUNIT_CASE(live_module_loses_only_callers_in_init),
	KUNIT_CASE(finding_of_the_audit_stays_reported),
	{}
};

static struct kunit_suite lab_gone_suite = {
	.name = "labyrinth_gone",
	.init = needs_a_module,
	.test_cases = lab_gone_cases,
};

kunit_test_suite(lab_gone_suite);
