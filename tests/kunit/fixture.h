/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites share. See fixture.c. */
#ifndef _LABYRINTH_KUNIT_FIXTURE_H
#define _LABYRINTH_KUNIT_FIXTURE_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/numa.h>

#include "core/owner.h"
#include "core/page.h"
#include "core/ready.h"
#include "core/stock.h"
#include "core/track.h"
#include "diag/event.h"
#include "diag/owner_diag.h"
#include "diag/symbol.h"
#include "diag/words.h"

/* How long to wait for a worker, in microseconds: the quarantine is looked at twice a second. */
#define LAB_TEST_PATIENCE	(20 * USEC_PER_SEC)
#define LAB_TEST_POLL		(10 * USEC_PER_MSEC)

/* As long names as the contract names for them. */
#define lab_alloc_page		labyrinth_alloc_page
#define lab_alloc_bulk		labyrinth_alloc_pages_bulk
#define lab_free_page		labyrinth_free_page
#define lab_release_page	labyrinth_release_page
#define lab_transfer_page	labyrinth_transfer_page
#define lab_check_page		labyrinth_check_page

/* An owner that is destroyed when the test ends; more parameters may follow. */
#define lab_test_owner(test, name_, budget_, ...)			\
	lab_test_owner_create(test, &(struct labyrinth_owner_params){	\
		.name = (name_), .budget = (budget_), .nid = NUMA_NO_NODE, ##__VA_ARGS__ })

struct labyrinth_owner *lab_test_owner_create(struct kunit *test,
					      const struct labyrinth_owner_params *params);
/* Destroy it now. Returns the pages still out. */
unsigned int lab_test_owner_end(struct kunit *test, struct labyrinth_owner *owner);

/* A suite's init: the test's task stays on one CPU, so that what it frees it finds again. */
int lab_test_pin(struct kunit *test);

/* A page of @owner; the test ends if there is none. */
struct page *lab_test_take(struct kunit *test, struct labyrinth_owner *owner);
/* An ordinary page that the test's end gives back. */
struct page *lab_test_plain_page(struct kunit *test);
/*
 * What somebody's free of @page does, as far as labyrinth can see: no mark, and no reference
 * either, or one of the stranger that the kernel gave it to. It stays out of the kernel's hands.
 */
void lab_test_free_behind(struct page *page, bool stranger);
/* The test gives it back. */
void lab_test_end_behind(struct page *page);
/* Memory of any size that the test's end gives back. */
void *lab_test_zalloc(struct kunit *test, size_t size);

/* The meta of the page's tag, or 0 where it has none. */
u64 lab_test_meta(struct page *page);

/* A line of the violations report; a cell without a value is 0. */
struct lab_test_violation {
	u64 seq;
	char kind[32], owner[LABYRINTH_NAME_LEN], offender[LABYRINTH_NAME_LEN];
	unsigned long pfn;
	int refcount, mapcount;
	char alloc_caller[128], caller[128];
};

/* A line of the refusals report, without the zone's figures. */
struct lab_test_refusal {
	u64 seq;
	char owner[LABYRINTH_NAME_LEN], reason[16], context[16];
	unsigned long free, min, floor;
	char caller[128];
};

/* All the text that a report shows. */
char *lab_test_report(struct kunit *test, int (*show)(struct seq_file *m, void *v));
/* The newest line, read cell by cell. */
void lab_test_last_violation(struct kunit *test, struct lab_test_violation *v);
void lab_test_last_refusal(struct kunit *test, struct lab_test_refusal *r);

/* Expect the newest line to be this one. */
void lab_expect_violation(struct kunit *test, const char *kind, const char *owner,
			  const char *offender);
void lab_expect_refusal(struct kunit *test, const char *owner, const char *reason);

/* The suite's CPUs, one kthread bound to each, and a place for them to meet. */
struct lab_crew {
	unsigned int nr;
	atomic_t arrived;
	void *data;
};

/* Wait until all have come here as often as this one has. */
void lab_crew_meet(struct lab_crew *crew);
/* Run @work on @nr CPUs at once, all CPUs for 0; the test is skipped where there are fewer. */
void lab_test_crew(struct kunit *test, unsigned int nr,
		   void (*work)(struct lab_crew *crew, unsigned int member), void *data);

#endif /* _LABYRINTH_KUNIT_FIXTURE_H */
