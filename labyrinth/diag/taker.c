// SPDX-License-Identifier: GPL-2.0
/*
 * A bounded table of callers of the page allocator, lock-free in any context. A row is claimed
 * by a cmpxchg of its key, and stays until the table is cleared. Callers that find no row are
 * counted in the last one. Figures of a row are not read as of one instant.
 */
#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "../core/context.h"
#include "../core/tag.h"
#include "symbol.h"
#include "taker.h"
#include "words.h"

/* Rows that are tried for a key. */
#define LAB_TAKER_TRIES		16

/* Attempts to raise a greatest value that other CPUs raise as well. */
#define LAB_RAISE_TRIES		8

/*
 *	63      32 31    4 3     0
 *	+---------+-------+-------+
 *	| caller  |  gfp  | order |
 *	+---------+-------+-------+
 */
#define LAB_KEY_CALLER_SHIFT	32
#define LAB_KEY_GFP_SHIFT	4
#define LAB_KEY_ORDER_MASK	(BIT(LAB_KEY_GFP_SHIFT) - 1)

static_assert(LAB_KEY_CALLER_SHIFT - LAB_KEY_GFP_SHIFT >= __GFP_BITS_SHIFT);

static u64 lab_taker_key(const struct lab_take *take)
{
	return (u64)lab_caller_pack(take->caller) << LAB_KEY_CALLER_SHIFT |
	       (u64)(__force u32)(take->gfp & __GFP_BITS_MASK) << LAB_KEY_GFP_SHIFT | take->order;
}

static unsigned long lab_key_caller(u64 key)
{
	return lab_caller_unpack(key >> LAB_KEY_CALLER_SHIFT);
}

static gfp_t lab_key_gfp(u64 key)
{
	return (__force gfp_t)((u32)key >> LAB_KEY_GFP_SHIFT);
}

/* Not concurrently with the other functions, except those that show. */
void lab_takers_clear(struct lab_takers *takers)
{
	/* A reader may see some figures cleared and others not. */
	data_race(memset(takers, 0, sizeof(*takers)));
}

static unsigned int lab_takers_row(struct lab_takers *takers, u64 key)
{
	unsigned int first = hash_64(key, ilog2(LAB_TAKERS)), i;

	for (i = 0; i < LAB_TAKER_TRIES; i++) {
		unsigned int row = (first + i) % LAB_TAKERS;
		s64 was = atomic64_read(&takers->rows[row].key);

		if (!was)
			was = atomic64_cmpxchg(&takers->rows[row].key, 0, key) ?: key;
		if (was == (s64)key)
			return row;
	}
	return LAB_TAKERS;
}

static void lab_raise(atomic_long_t *most, long value)
{
	long was = atomic_long_read(most);
	unsigned int tries = LAB_RAISE_TRIES;

	while (value > was && tries-- && !atomic_long_try_cmpxchg(most, &was, value))
		;
}

static struct lab_taker *lab_taker_note(struct lab_takers *takers, const struct lab_take *take)
{
	struct lab_taker *taker = &takers->rows[lab_takers_row(takers, lab_taker_key(take))];
	int was = atomic_read(&taker->depth_pct);

	/* A deeper one that is noted at the same instant may be lost. */
	if ((int)take->depth_pct > was)
		atomic_cmpxchg(&taker->depth_pct, was, take->depth_pct);
	WRITE_ONCE(taker->last, jiffies);
	WRITE_ONCE(taker->context, lab_context_decode(lab_context_bits()));
	return taker;
}

/* A request got pages. Returns its row. Context: any, as of the functions below. */
unsigned int lab_takers_note(struct lab_takers *takers, const struct lab_take *take)
{
	struct lab_taker *taker = lab_taker_note(takers, take);

	atomic_long_inc(&taker->times);
	atomic_long_add(BIT(take->order), &taker->pages);
	if (take->below_min)
		atomic_long_add(BIT(take->order), &taker->below_min);
	return taker - takers->rows;
}

/* The free of these pages will be seen. */
void lab_takers_held(struct lab_takers *takers, unsigned int row, unsigned int order)
{
	atomic_long_add(BIT(order), &takers->rows[row].held);
	if (!order)
		lab_raise(&takers->peak, atomic_long_inc_return(&takers->held));
}

void lab_takers_unseen(struct lab_takers *takers, unsigned int row, unsigned int order)
{
	atomic_long_add(BIT(order), &takers->rows[row].unseen);
	if (!order)
		atomic_long_inc(&takers->unseen);
}

void lab_takers_freed(struct lab_takers *takers, unsigned int row, unsigned int order)
{
	atomic_long_sub(BIT(order), &takers->rows[row].held);
	if (!order)
		atomic_long_dec(&takers->held);
}

/* A request got no page. */
void lab_takers_refused(struct lab_takers *takers, const struct lab_take *take)
{
	long now = jiffies / HZ, second = atomic_long_read(&takers->second);

	atomic_long_inc(&lab_taker_note(takers, take)->refused);
	if (take->order)
		return;
	if (now != second && atomic_long_cmpxchg(&takers->second, second, now) == second)
		atomic_long_set(&takers->burst, 0);
	lab_raise(&takers->worst, atomic_long_inc_return(&takers->burst));
}

/*
 * Replace the callers in @leaving, which makes no more calls, by LAB_CALLER_GONE. Rows of such
 * callers are not found again.
 */
void lab_takers_forget(struct lab_takers *takers, const struct lab_leaving *leaving)
{
	struct lab_taker *taker;

	for (taker = takers->rows; taker < takers->rows + LAB_TAKERS; taker++) {
		u64 key = atomic64_read(&taker->key);

		if (key && lab_leaving_has(leaving, lab_key_caller(key)))
			atomic64_set(&taker->key, (u64)lab_caller_pack(LAB_CALLER_GONE) <<
						  LAB_KEY_CALLER_SHIFT | (u32)key);
	}
}

static void lab_taker_show(struct seq_file *m, const struct lab_taker *taker, u64 key,
			   bool on)
{
	gfp_t gfp = lab_key_gfp(key);

	if (key)
		seq_printf(m, "%llu %pGg", key & LAB_KEY_ORDER_MASK, &gfp);
	else
		seq_puts(m, "- -");
	seq_printf(m, " %s %ld %ld ", lab_context_name(READ_ONCE(taker->context)),
		   atomic_long_read(&taker->times), atomic_long_read(&taker->pages));
	if (on)
		seq_printf(m, "%ld", atomic_long_read(&taker->held));
	else
		seq_putc(m, '-');
	seq_printf(m, " %ld %ld %ld %d %u ",
		   atomic_long_read(&taker->unseen), atomic_long_read(&taker->below_min),
		   atomic_long_read(&taker->refused), atomic_read(&taker->depth_pct),
		   jiffies_to_msecs(jiffies - READ_ONCE(taker->last)));
	if (key)
		lab_seq_caller(m, lab_key_caller(key));
	else
		seq_puts(m, "others");
	seq_putc(m, '\n');
}

/* @takers may be NULL: nothing was ever counted. */
void lab_takers_show(struct seq_file *m, const struct lab_takers *takers)
{
	unsigned int row;

	seq_puts(m, "order gfp context times pages held unseen below_min refused depth_pct age_ms caller\n");
	for (row = 0; takers && row <= LAB_TAKERS; row++) {
		const struct lab_taker *taker = &takers->rows[row];
		u64 key = atomic64_read(&taker->key);

		/* A row that was claimed at this instant has no figures yet. */
		if (atomic_long_read(&taker->times) || atomic_long_read(&taker->refused))
			lab_taker_show(m, taker, key, READ_ONCE(takers->on));
	}
}

/* ---- the largest, as text */

#define LAB_TAKERS_SAID		5

struct lab_said {
	long held;
	char name[64];
};

static int lab_said_cmp(const void *a, const void *b)
{
	const struct lab_said *x = a, *y = b;

	return x->held == y->held ? 0 : x->held < y->held ? 1 : -1;
}

/* A function may have several rows: sum them up by its name. Returns the number of functions. */
static unsigned int lab_said_collect(struct lab_said *said, const struct lab_takers *takers)
{
	unsigned int row, i, nr = 0;

	for (row = 0; row <= LAB_TAKERS; row++) {
		u64 key = atomic64_read(&takers->rows[row].key);
		long held = atomic_long_read(&takers->rows[row].held);
		struct lab_said *next = &said[nr];

		if (held <= 0)
			continue;
		if (key && lab_key_caller(key) != LAB_CALLER_GONE)
			snprintf(next->name, sizeof(next->name), "%ps",
				 (void *)lab_key_caller(key));
		else
			strscpy(next->name, key ? "modules that are gone" : "others",
				sizeof(next->name));
		next->held = 0;
		for (i = 0; strcmp(said[i].name, next->name); i++)
			;
		said[i].held += held;
		nr += i == nr;
	}
	return nr;
}

/* "name [module] 3011, ..." in the order of pages held. For one work item only. */
void lab_takers_say(struct seq_buf *text, const struct lab_takers *takers)
{
	static struct lab_said said[LAB_TAKERS + 1];
	unsigned int i, nr = lab_said_collect(said, takers);

	sort(said, nr, sizeof(*said), lab_said_cmp, NULL);
	for (i = 0; i < nr && i < LAB_TAKERS_SAID; i++)
		seq_buf_printf(text, "%s%s %ld", i ? ", " : "", said[i].name, said[i].held);
	if (!nr)
		seq_buf_printf(text, "nobody that was seen");
}
