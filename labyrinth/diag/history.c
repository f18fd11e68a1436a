// SPDX-License-Identifier: GPL-2.0
/*
 * The history of an owner. It lives as long as the handle, so that a call with the handle of
 * a dead owner can write it as well.
 *
 * The refusals of a minute are counted in its slot of a ring. The slot holds its minute, and
 * the first refusal of a new minute restarts it with one cmpxchg, which fails only if another
 * CPU has done so. Refusals during a reset of the history may count as before it.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>

#include "history.h"

/* Bits for the refusals of one minute: more than any machine can make. */
#define LAB_HISTORY_SHIFT	36
#define LAB_HISTORY_COUNT	GENMASK_ULL(LAB_HISTORY_SHIFT - 1, 0)

/* Minutes of uptime, without suspend. */
u64 lab_history_minute(void)
{
	return get_jiffies_64() / (60 * HZ);
}

static atomic64_t *lab_history_slot(struct lab_history *history, u64 minute)
{
	return &history->minutes[minute % LAB_HISTORY_SLOTS];
}

/* Context: any. */
void lab_history_note(struct lab_history *history, u64 minute)
{
	atomic64_t *slot = lab_history_slot(history, minute);
	u64 old = atomic64_read(slot);

	if (old >> LAB_HISTORY_SHIFT < minute &&
	    atomic64_cmpxchg(slot, old, minute << LAB_HISTORY_SHIFT | 1) == old)
		return;
	atomic64_inc(slot);
}

u64 lab_history_count(const struct lab_history *history, u64 minute)
{
	u64 slot = atomic64_read(&history->minutes[minute % LAB_HISTORY_SLOTS]);

	return slot >> LAB_HISTORY_SHIFT == minute ? slot & LAB_HISTORY_COUNT : 0;
}

/* Context: any. @pct is above 100 below the floor of GFP_ATOMIC. */
void lab_history_note_depth(struct lab_history *history, unsigned int pct)
{
	unsigned int row = pct ? (pct - 1) / (100 / LAB_DEPTHS) : 0;

	atomic_inc(&history->depths[min(row, LAB_DEPTHS - 1U)]);
}

void lab_history_reset(struct lab_history *history)
{
	unsigned int i;

	for (i = 0; i < LAB_HISTORY_SLOTS; i++)
		atomic64_set(&history->minutes[i], 0);
	for (i = 0; i < LAB_DEPTHS; i++)
		atomic_set(&history->depths[i], 0);
}

/* The last minutes up to and including @minute, newest first. */
void lab_history_show(struct seq_file *m, const struct lab_history *history, u64 minute)
{
	unsigned int ago;

	seq_puts(m, "minutes_ago refused\n");
	for (ago = 0; ago < LAB_HISTORY_MINUTES; ago++)
		seq_printf(m, "%u %llu\n", ago, lab_history_count(history, minute - ago));
}

void lab_history_show_depths(struct seq_file *m, const struct lab_history *history)
{
	unsigned int i;

	seq_puts(m, "depth_pct pages\n");
	for (i = 0; i < LAB_DEPTHS; i++)
		seq_printf(m, "%u %u\n", (i + 1) * (100 / LAB_DEPTHS),
			   (u32)atomic_read(&history->depths[i]));
}
