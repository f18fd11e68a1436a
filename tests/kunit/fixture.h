/* SPDX-License-Identifier: GPL-2.0 */
/* Fixtures that the suites share. See fixture.c. */
#ifndef _LABYRINTH_KUNIT_FIXTURE_H
#define _LABYRINTH_KUNIT_FIXTURE_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/numa.h>

#include "core/freed_behind.h"
#include "core/owner.h"
#include "core/page.h"
#include "core/ready.h"
#include "core/stock.h"
#include "core/track.h"
#include "diag/event.h"
#include "diag/owner_diag.h"
#include "diag/symbol.h"
#include "diag/words.h"

/* How long to wait for a worker, in microseconds: the quarantine is checked twice a second. */
#define LAB_TEST_PATIENCE	(20 * USEC_PER_SEC)
#define LAB_TEST_POLL		(10 * USEC_PER_MSEC)

/* Short names of the public calls. */
#define lab_alloc_page		labyrinth_alloc_page
#define lab_alloc_bulk		labyrinth_alloc_pages_bulk
#define lab_free_page		labyrinth_free_page
#define lab_release_page	labyrinth_release_page
#define lab_transfer_page	labyrinth_transfer_page
#define lab_check_page		labyrinth_check_page

/* Create an owner that is destroyed when the test ends; more parameters may follow. */
#define lab_test_owner(test, name_, budget_, ...)			\
	lab_test_owner_create(test, &(struct labyrinth_owner_params){	\
		.name = (name_), .budget = (budget_), .nid = NUMA_NO_NODE, ##__VA_ARGS__ })

struct labyrinth_owner *lab_test_owner_create(struct kunit *test,
					      const struct labyrinth_owner_params *params);
/* Destroy @owner now. Returns the number of pages still out. */
unsigned int lab_test_owner_end(struct kunit *test, struct labyrinth_owner *owner);

/* A suite's init: keep the test's task on one CPU, so that it allocates the pages it freed. */
int lab_test_pin(struct kunit *test);

/* Allocate a page of @owner; the test ends if there is none. */
struct page *lab_test_take(struct kunit *test, struct labyrinth_owner *owner);
/* Allocate an ordinary page that is freed when the test ends. */
struct page *lab_test_plain_page(struct kunit *test);
/*
 * Simulate a free of @page behind labyrinth's back: clear the mark, and drop the reference
 * unless a @stranger, the page's next user, holds it. The kernel does not get the page.
 */
void lab_test_free_behind(struct page *page, bool stranger);
/* Return the page to the kernel for good. */
void lab_test_end_behind(struct page *page);
/* Allocate zeroed memory of any size that is freed when the test ends. */
void *lab_test_zalloc(struct kunit *test, size_t size);

/* The meta of the page's tag, or 0 if it has none. */
u64 lab_test_meta(struct page *page);

/* A line of the violations report; a cell without a value is 0. */
struct lab_test_violation {
	u64 seq;
	char kind[32], owner[LABYRINTH_NAME_LEN], offender[LABYRINTH_NAME_LEN];
	unsigned long pfn;
	int refcount, mapcount, caught;
	char alloc_caller[128], caller[128];
};

/* A line of the refusals report, without the zone's figures. */
struct lab_test_refusal {
	u64 seq;
	char owner[LABYRINTH_NAME_LEN], reason[16], context[16];
	unsigned long free, min, floor;
	char caller[128];
};

/* The whole text of a report. */
char *lab_test_report(struct kunit *test, int (*show)(struct seq_file *m, void *v));
/* Parse the newest line of the report. */
void lab_test_last_violation(struct kunit *test, struct lab_test_violation *v);
void lab_test_last_refusal(struct kunit *test, struct lab_test_refusal *r);

/* Expect these cells in the newest line of the report. */
void lab_expect_violation(struct kunit *test, const char *kind, const char *owner,
			  const char *offender);
void lab_expect_refusal(struct kunit *test, const char *owner, const char *reason);

/* One kthread bound to each CPU, and a barrier for them. */
struct lab_crew {
	unsigned int nr;
	atomic_t arrived;
	void *data;
};

/* Wait until all members have called this as often as the caller. */
void lab_crew_meet(struct lab_crew *crew);
/* Run @work on @nr CPUs at once, on all for 0; skip the test if there are fewer. */
void lab_test_crew(struct kunit *test, unsigned int nr,
		   void (*work)(struct lab_crew *crew, unsigned int member), void *data);

#endif /* _LABYRINTH_KUNIT_FIXTURE_H */
