/* SPDX-License-Identifier: GPL-2.0 */
/* Private to the kernel's half of the torture: see torture.c. */
#ifndef _LABYRINTH_TESTS_NATIVE_TORTURE_H
#define _LABYRINTH_TESTS_NATIVE_TORTURE_H

#include <linux/atomic.h>
#include <linux/labyrinth.h>
#include <linux/limits.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>

#include "native.h"

enum nt_level {
	NT_TASK,
	NT_SOFTIRQ,
	NT_HARDIRQ,
	NT_NMI,
	NT_NR_LEVELS,
};

#define NT_SLOTS	48	/* through which the CPUs pass an owner's pages */
#define NT_MOST		32	/* pages that one call takes */
#define NT_NO_CAP	INT_MAX

struct nt_owner {
	const char *name;
	unsigned int budget, stock, flags;
	struct labyrinth_owner *lab;
	/* Pages out: at least these, as a page is counted after it came and until it goes. */
	atomic_t out;
	/* The same at most, as a page is counted before it comes and until it has gone. */
	atomic_t reserved;
	int cap;		/* of @reserved; with one, no call may be refused */
	struct page *slots[NT_SLOTS];
};

/* One for each CPU and level, as calls of these nest. */
struct nt_context {
	u64 random;
	enum nt_level level;
	unsigned int cpu;
	struct native_counts counts;
} ____cacheline_aligned;

extern struct nt_owner nt_owners[];
extern const unsigned int nt_nr_owners;
#define nt_mortal	(nt_owners[nt_nr_owners])	/* all of torture_mortal.c, for the books */
extern bool nt_strangers;	/* some come in this round */

struct nt_context *nt_context(void);
u32 nt_random(struct nt_context *c, u32 below);
struct nt_owner *nt_any_owner(struct nt_context *c);

/* torture_books.c */
void nt_fail(const char *what, const struct nt_owner *owner, long got, long wanted);
bool nt_expect(const char *what, const struct nt_owner *owner, long got, long wanted);
bool nt_stopped(void);
bool nt_reserve(struct nt_owner *owner, int nr);
void nt_unreserve(struct nt_owner *owner, int nr);
void nt_taken(struct nt_context *c, struct nt_owner *owner, struct page *page);
void nt_given(struct nt_context *c, struct nt_owner *owner, struct page *page);
void nt_books_boot(void);

/* torture_calls.c: calls whose results are checked */
struct page *nt_alloc(struct nt_context *c, struct nt_owner *owner);
unsigned int nt_alloc_bulk(struct nt_context *c, struct nt_owner *owner, unsigned int nr,
			   struct page **pages);
void nt_free(struct nt_context *c, struct nt_owner *owner, struct page *page);
void nt_free_bulk(struct nt_context *c, struct nt_owner *owner, unsigned int nr,
		  struct page **pages);
void nt_release(struct nt_context *c, struct nt_owner *owner, struct page *page);
struct nt_owner *nt_transfer(struct nt_context *c, struct nt_owner *from, struct page *page);
void nt_check(struct nt_context *c, struct nt_owner *owner, struct page *page);
void nt_misuse(struct nt_context *c, struct nt_owner *owner, struct page *page);
void nt_misuse_ordinary(struct nt_context *c);

/* torture_duel.c */
int nt_duels_boot(unsigned int nr_cpus);
void nt_duel_defend(struct nt_context *c);
void nt_duel_attack(struct nt_context *c);
struct labyrinth_owner *nt_duel_owner(unsigned int i);

/* torture_mortal.c */
int nt_mortal_create(void);
struct labyrinth_owner *nt_mortal_owner(void);
void nt_mortal_end(struct nt_context *c);
void nt_mortal_use(struct nt_context *c);
long nt_mortal_out(const struct labyrinth_owner *owner);
void nt_mortal_exit(struct nt_context *c);

/* torture_round.c */
void nt_round_begin(struct nt_context *c);
void nt_round_check(struct nt_context *c);

#endif /* _LABYRINTH_TESTS_NATIVE_TORTURE_H */
