/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rule by which a stock adapts, on plain numbers: the module, a KUnit suite and the
 * simulator of tests/adapt compile it. Documentation/adaptive-stock.rst has its reasons.
 */
#ifndef _LABYRINTH_CORE_ADAPT_RULE_H
#define _LABYRINTH_CORE_ADAPT_RULE_H

/* What was wanted is kept for one to two of these periods, in milliseconds. */
#define LAB_ADAPT_KEEP_MS	(5U * 60 * 1000)

/* Afterwards the excess shrinks by this time constant. */
#define LAB_ADAPT_DECAY_MS	(60U * 1000)

/* A stock above what the driver asked for is looked at this often, load or not. */
#define LAB_ADAPT_LOOK_MS	(10U * 1000)

/* The margin is one part in so many of the burst. */
#define LAB_ADAPT_MARGIN	4U

/* With so few refusals their number does not tell how long the burst would have been. */
#define LAB_ADAPT_FEW		8U

/* One part in so many of the memory, for all stocks above what their drivers asked for. */
#define LAB_ADAPT_SHARE		64U

struct lab_adapt_state {
	unsigned int stock;		/* pages to keep ready */
	unsigned int peak;		/* most pages wanted in this period */
	unsigned int last_peak;		/* and in the one before */
	unsigned int period_ms;		/* time of this period that has passed */
	unsigned int decay_ms;		/* time since the last page of the decay */
};

struct lab_adapt_load {
	unsigned int least;		/* the driver asked for them */
	unsigned int most;		/* as budget, tags and memory permit */
	unsigned int taken;		/* from the stock, since the last step */
	unsigned int refused;		/* for want of a stock, the same */
	unsigned int elapsed_ms;	/* the same */
};

static inline unsigned int lab_adapt_min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static inline unsigned int lab_adapt_max(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/*
 * The refill of an adaptive stock starts at this many pages. If it does not start, at least the
 * burst is left that the stock without its margin is for.
 */
static inline unsigned int lab_adapt_refill_at(unsigned int stock)
{
	return stock - stock / (LAB_ADAPT_MARGIN + 1);
}

/* The burst and a margin. After few refusals, double: the caller may have given up at one. */
static inline unsigned int lab_adapt_wanted(unsigned int stock, const struct lab_adapt_load *load)
{
	/* No burst can use more than @most, so the sums cannot overflow. */
	unsigned int burst = lab_adapt_min(load->taken, load->most) +
			     lab_adapt_min(load->refused, load->most);
	unsigned int wanted = burst + (burst + LAB_ADAPT_MARGIN - 1) / LAB_ADAPT_MARGIN;

	if (load->refused && load->refused <= LAB_ADAPT_FEW)
		wanted = lab_adapt_max(wanted, 2 * stock);
	return wanted;
}

/* Grow at once, to what is wanted now. Shrink slowly, to what was wanted of late. */
static inline void lab_adapt_step(struct lab_adapt_state *state, const struct lab_adapt_load *load)
{
	unsigned int elapsed_ms = lab_adapt_min(load->elapsed_ms, 2 * LAB_ADAPT_KEEP_MS);
	unsigned int wanted = lab_adapt_wanted(state->stock, load);
	unsigned int excess, floor, gone;

	state->period_ms += elapsed_ms;
	if (state->period_ms >= LAB_ADAPT_KEEP_MS) {
		state->last_peak = state->period_ms < 2 * LAB_ADAPT_KEEP_MS ? state->peak : 0;
		state->peak = 0;
		state->period_ms = 0;
	}
	state->peak = lab_adapt_max(state->peak, wanted);
	floor = lab_adapt_max(lab_adapt_max(state->peak, state->last_peak), load->least);
	floor = lab_adapt_min(floor, load->most);
	state->stock = lab_adapt_min(state->stock, load->most);
	if (state->stock <= floor) {
		state->stock = floor;
		state->decay_ms = 0;
		return;
	}
	/* Steps may be short: wait until a whole page is due, but so that it ends. */
	state->decay_ms = lab_adapt_min(state->decay_ms + elapsed_ms, LAB_ADAPT_DECAY_MS);
	excess = state->stock - floor;
	gone = (unsigned long long)excess * state->decay_ms / LAB_ADAPT_DECAY_MS;
	if (!gone && state->decay_ms >= LAB_ADAPT_LOOK_MS)
		gone = 1;
	if (gone)
		state->decay_ms = 0;
	state->stock -= gone;
}

/* Memory is short, and only @left pages remain: forget what was wanted before. */
static inline void lab_adapt_cut(struct lab_adapt_state *state, unsigned int left)
{
	state->stock = lab_adapt_min(state->stock, left);
	state->peak = lab_adapt_min(state->peak, left);
	state->last_peak = lab_adapt_min(state->last_peak, left);
}

#endif /* _LABYRINTH_CORE_ADAPT_RULE_H */
