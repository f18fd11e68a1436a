// SPDX-License-Identifier: GPL-2.0
/*
 * What an owner has been through, in a few words beside its handle: so that a call
 * which comes too late, with a handle whose owner is dead, can write there as well.
 *
 * A minute's refusals are counted in its slot of a ring. The slot says whose they
 * are, and the first refusal of a new minute begins it anew: by one cmpxchg,
 * which fails only where another has done it. Refusals that come just as the history
 * is reset may count as before it.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>

#include "history.h"

/* Refusals of one minute that there is room for: no machine is as fast. */
#define LAB_HISTORY_SHIFT	36
#define LAB_HISTORY_COUNT	GENMASK_ULL(LAB_HISTORY_SHIFT - 1, 0)

/* Minutes of uptime, without those asleep. */
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

/* Context: any. @pct may be above 100: there is more below the floor of GFP_ATOMIC. */
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

/* The last minutes before the end of @minute, the newest first. */
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
