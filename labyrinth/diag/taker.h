/* SPDX-License-Identifier: GPL-2.0 */
/* Callers of the page allocator, and what they took. See taker.c. */
#ifndef _LABYRINTH_DIAG_TAKER_H
#define _LABYRINTH_DIAG_TAKER_H

#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/types.h>

struct lab_leaving;
struct seq_buf;
struct seq_file;

/* A power of 2. */
#define LAB_TAKERS		256

/* A caller's requests of one order and one set of flags. */
struct lab_taker {
	atomic64_t key;			/* 0: vacant; see lab_taker_key() */
	atomic_long_t times;		/* requests that got pages */
	atomic_long_t pages;		/* these pages */
	atomic_long_t held;		/* of them not freed yet, as far as was seen */
	atomic_long_t unseen;		/* of them those whose free cannot be seen */
	atomic_long_t below_min;	/* of them from a zone below its min mark */
	atomic_long_t refused;		/* requests that got none */
	atomic_t depth_pct;		/* deepest level of a zone, in percent of its reserve */
	unsigned long last;		/* jiffies */
	u8 context;			/* of the last */
};

struct lab_takers {
	struct lab_taker rows[LAB_TAKERS + 1];	/* the last is all that have no row */
	/* Of order 0, which is what an owner could serve: */
	atomic_long_t held;			/* sum of lab_taker::held */
	atomic_long_t peak;			/* its greatest value */
	atomic_long_t unseen;			/* sum of lab_taker::unseen */
	atomic_long_t second, burst;		/* refusals of the second of the last one */
	atomic_long_t worst;			/* the most in a second */
	bool on;				/* requests and frees are counted */
};

/* What one request did. */
struct lab_take {
	unsigned long caller;
	gfp_t gfp;
	unsigned int order;
	unsigned int depth_pct;
	bool below_min;
};

void lab_takers_clear(struct lab_takers *takers);
unsigned int lab_takers_note(struct lab_takers *takers, const struct lab_take *take);
void lab_takers_held(struct lab_takers *takers, unsigned int row, unsigned int order);
void lab_takers_unseen(struct lab_takers *takers, unsigned int row, unsigned int order);
void lab_takers_freed(struct lab_takers *takers, unsigned int row, unsigned int order);
void lab_takers_refused(struct lab_takers *takers, const struct lab_take *take);
void lab_takers_forget(struct lab_takers *takers, const struct lab_leaving *leaving);
void lab_takers_show(struct seq_file *m, const struct lab_takers *takers);
void lab_takers_say(struct seq_buf *text, const struct lab_takers *takers);

#endif /* _LABYRINTH_DIAG_TAKER_H */
