/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lab_torture: users of labyrinth in every context at once. They keep counters of
 * their own and misuse labyrinth at a rate; at the end labyrinth's counters must agree.
 */
#ifndef _LAB_TORTURE_H
#define _LAB_TORTURE_H

#include <linux/atomic.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#define LT_HELD_MAX	16	/* pages that a user may hold at once */
#define LT_BULK_MAX	8
#define LT_DEBTS	6	/* a user's pages that may still be in quarantine */
#define LT_OWNERS_MAX	96
#define LT_CPUS_MAX	8	/* other CPUs have no timer, tasklet or NMI user */
#define LT_NR_CHURN	2

/* The context of an operation. */
enum lt_context { LT_TASK, LT_RAW, LT_IRQSOFF, LT_SOFTIRQ, LT_HARDIRQ, LT_NMI, LT_NR_CONTEXTS };

/* The users of an owner. */
enum lt_kind {
	LT_SHARED,	/* all users */
	LT_PRIVATE,	/* one user only */
	LT_SCOPED,	/* the creating thread; others are refused */
	LT_CHURN,	/* all users; destroyed and created again all the time */
};

struct lt_owner {
	struct labyrinth_owner *lab;
	char name[LABYRINTH_NAME_LEN];
	unsigned int nr;
	enum lt_kind kind;
	unsigned int budget, stock, flags;
	bool polite;		/* its users never ask for more than the budget */
	bool whole;		/* stock is budget and no page leaves: the budget is always ready */
	bool dying;		/* labyrinth_owner_destroy() may have been called */

	atomic64_t claims;	/* see lt_claim() */
	atomic_t sure;		/* pages certainly out */
	atomic_t disputed;	/* pages in quarantine because of this test */
	atomic_t orphans;	/* pages whose free came after destroy */
	/* Expected cells of "owners". */
	atomic_long_t allocs, frees, refused, violations;
};

struct lt_held {
	struct page *page;
	struct lt_owner *owner;
	unsigned long stamp;
};

enum lt_debt_state {
	LT_DEBT_NONE,
	LT_DEBT_REFERENCED,	/* quarantined, the test has a reference */
	LT_DEBT_DROPPED,	/* quarantined, for labyrinth to recycle */
	LT_DEBT_BACK,		/* out of quarantine */
};

/* A disputed page. The user fills it, the sweeper settles it: @state passes ownership. */
struct lt_debt {
	struct page *page;
	struct lt_owner *owner;
	unsigned long since;	/* jiffies: when its reference was or will be dropped */
	enum lt_debt_state state;
};

/* One flow of control: a thread, or the timer, tasklet or NMIs of a CPU. */
struct lt_user {
	unsigned int nr;
	struct lt_owner *exact;		/* private: whole */
	struct lt_owner *poisoning;	/* private: LABYRINTH_POISON */
	struct page *plain;		/* a page that labyrinth never saw */
	enum lt_context context;
	unsigned int nr_held;
	struct lt_held held[LT_HELD_MAX];
	struct lt_debt debts[LT_DEBTS];
	unsigned long seq;
	struct rnd_state random;
	unsigned long ops[LT_NR_CONTEXTS];
};

/* ---- torture.c */

extern unsigned int lt_slack, lt_misuse_rate;
extern bool lt_faults, lt_nmi;
extern unsigned long lt_seed;
bool lt_stopping(void);
void lt_stop_all(void);

/* ---- owners.c */

extern struct lt_owner lt_owners[LT_OWNERS_MAX];
extern unsigned int lt_nr_owners, lt_nr_shared;
extern struct lt_owner *lt_scoped, *lt_churn[LT_NR_CHURN];

struct lt_owner *lt_owner_any(struct lt_user *user);
int lt_owner_open(struct lt_owner *owner);
int lt_owners_create(unsigned int nr_shared);
int lt_owners_create_private(struct lt_user *user);
void lt_owners_exhaust(void);
void lt_owners_destroy(void);

/* ---- books.c */

enum lt_fault {
	LT_DOUBLED,	/* a page handed out twice */
	LT_SPOILED,	/* a page's stamp changed while it was held */
	LT_OVER,	/* more pages out than the budget */
	LT_REFUSED,	/* a refusal without a reason */
	LT_ANSWER,	/* a call with the wrong result */
	LT_UNZEROED,
	LT_LOST,	/* a lost page */
	LT_LEFT,	/* destroy returned a wrong count of pages still out */
	LT_TABLE,	/* a cell of "owners" is wrong */
	LT_REPORT,	/* a violation not reported as often as it happened */
	LT_NR_FAULTS,
};

/* The reason of a refusal, as seen from outside labyrinth. */
enum lt_reason {
	LT_BY_BUDGET, LT_BY_CONTEXT, LT_BY_KERNEL, LT_BY_SCOPE, LT_BY_DEATH, LT_NR_REASONS,
};

extern atomic_long_t lt_reasons[LT_NR_REASONS];

void lt_fail(enum lt_fault fault, const char *what, const struct lt_owner *owner, long got,
	     long wanted);
unsigned long lt_faults_reported(void);
unsigned long lt_faults_of(enum lt_fault first, enum lt_fault last);

bool lt_claim(struct lt_owner *owner, unsigned int nr, u64 *claimed);
void lt_unclaim(struct lt_owner *owner, unsigned int nr);
bool lt_crowded(const struct lt_owner *owner, u64 claimed);
unsigned int lt_claims(const struct lt_owner *owner);
bool lt_may_allocate(void);
bool lt_kernel_may_refuse(void);
void lt_judge_refusal(struct lt_owner *owner, const struct labyrinth_owner *lab, u64 claimed);

void lt_hold(struct lt_user *user, struct lt_owner *owner, struct page *page);
void lt_rehold(struct lt_user *user, struct lt_held *held, struct lt_owner *owner);
struct lt_held lt_let_go(struct lt_user *user, unsigned int i);

/* ---- calls.c: labyrinth's calls, with all checks of their results */

unsigned int lt_get(struct lt_user *user, struct lt_owner *owner, unsigned int nr);
struct page *lt_give(struct lt_user *user, unsigned int i, bool force);
bool lt_give_many(struct lt_user *user);
void lt_give_all(struct lt_user *user);
void lt_release(struct lt_user *user, unsigned int i);
void lt_transfer(struct lt_user *user, unsigned int i, struct lt_owner *to);
void lt_check(struct lt_user *user, unsigned int i);
void lt_query(struct lt_user *user, unsigned int i);
bool lt_answered(const char *what, const struct lt_owner *owner, long got, long wanted);

/* ---- work.c */

void lt_work(struct lt_user *user, enum lt_context context, unsigned int ops);

/* ---- misuse.c */

void lt_misuse(struct lt_user *user);
unsigned long lt_misused(void);

/* ---- race.c */

struct page *lt_race_first(struct lt_user *user, unsigned int i, bool referenced);
void lt_race_second(struct lt_user *user);

/* ---- contexts.c, nmi.c */

extern struct lt_user *lt_users;
extern unsigned int lt_nr_users;
extern atomic_long_t lt_hotplugs;

int lt_users_init(unsigned int nr_threads);
int lt_users_start(void);
void lt_users_stop(void);
void lt_users_exit(void);
int lt_nmi_start(struct lt_user *users);
void lt_nmi_stop(void);
unsigned long lt_nmis(void);

/* ---- sweeper.c: pages that cannot be freed in the user's context, and disputed pages */

struct lt_debt *lt_debt_find(struct lt_user *user, struct lt_owner *owner);
void lt_debt_owe(struct lt_debt *debt, struct lt_owner *owner, struct page *page,
		 enum lt_debt_state state);
void lt_page_away(struct page *page);
int lt_sweeper_start(void);
void lt_sweeper_stop(void);

/* ---- churn.c */

void lt_churn_orphan(struct lt_owner *owner, struct page *page);
int lt_churn_start(void);
void lt_churn_stop(void);
void lt_churn_judge(void);
unsigned long lt_churned(void);

/* ---- stranger.c */

void lt_stranger_may_get(const struct page *page);
unsigned long lt_strange_pages(unsigned long *met);
int lt_strangers_start(void);
void lt_strangers_stop(void);

/* ---- reports.c: labyrinth's violations, read while the test runs */

enum lt_violation {
	LT_BAD_ARGUMENT, LT_DOUBLE_FREE, LT_FOREIGN_FREE, LT_PLAIN_PAGE, LT_SHARED_PAGE,
	LT_FREED_BEHIND, LT_USE_AFTER_FREE, LT_WRONG_SCOPE, LT_DEAD_OWNER, LT_RECEIVER_FULL,
	LT_ORPHAN, LT_MODULE_GONE, LT_NR_VIOLATIONS,
};

bool lt_reserve_reports(unsigned int nr, bool force);
void lt_return_reports(unsigned int nr);
void lt_expect(enum lt_violation kind, struct lt_owner *owner, struct lt_owner *offender);
unsigned long lt_reported(void);
unsigned long lt_reported_of(enum lt_violation kind, const struct lt_owner *owner);
int lt_reports_start(void);
void lt_reports_stop(void);
void lt_reports_judge(void);
void lt_reports_exit(void);
void lt_table_judge(void);
void lt_refusals_tell(void);

#endif /* _LAB_TORTURE_H */
