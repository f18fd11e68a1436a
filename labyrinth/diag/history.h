/* SPDX-License-Identifier: GPL-2.0 */
/* The history of an owner: refusals by the minute, pages from the reserve by depth. */
#ifndef _LABYRINTH_DIAG_HISTORY_H
#define _LABYRINTH_DIAG_HISTORY_H

#include <linux/atomic.h>
#include <linux/types.h>

struct seq_file;

/* Minutes that are shown, and slots for minutes: a power of 2. */
#define LAB_HISTORY_MINUTES	60
#define LAB_HISTORY_SLOTS	64

/* Tenths of the atomic reserve. */
#define LAB_DEPTHS		10

struct lab_history {
	/* The minute in the upper bits, its refusals in the lower; see LAB_HISTORY_COUNT. */
	atomic64_t minutes[LAB_HISTORY_SLOTS];
	atomic_t depths[LAB_DEPTHS];
};

/* Context: any. */
void lab_history_note(struct lab_history *history, u64 minute);
void lab_history_note_depth(struct lab_history *history, unsigned int pct);
u64 lab_history_count(const struct lab_history *history, u64 minute);
u64 lab_history_minute(void);

void lab_history_reset(struct lab_history *history);
void lab_history_show(struct seq_file *m, const struct lab_history *history, u64 minute);
void lab_history_show_depths(struct seq_file *m, const struct lab_history *history);

#endif /* _LABYRINTH_DIAG_HISTORY_H */
