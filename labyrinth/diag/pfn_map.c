// SPDX-License-Identifier: GPL-2.0
/*
 * A bounded map from page frame numbers to small values, lock-free in any context. A bucket is a
 * cache line; a page that finds its bucket full is not entered. A page is entered after it was
 * allocated and removed before it is free, so at most one CPU adds or removes its number.
 */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "pfn_map.h"

/*
 *	63       14 13    4 3     0
 *	+----------+-------+-------+
 *	|   pfn    | taker | order |
 *	+----------+-------+-------+
 *
 * 0: vacant. The number is plus one, so that it is never 0.
 */
#define LAB_PFN_SHIFT		14
#define LAB_TAKER_SHIFT		4
#define LAB_ORDER_MASK		(BIT(LAB_TAKER_SHIFT) - 1)

#define LAB_BUCKET		8

/* Words of the smallest and largest map: 8 KiB and 512 KiB. */
#define LAB_PFN_MAP_MIN		1024UL
#define LAB_PFN_MAP_MAX		65536UL

static_assert(LAB_PFN_TAKERS << LAB_TAKER_SHIFT == BIT(LAB_PFN_SHIFT));

/* A word for every fourth page of a small machine. 0 or -ENOMEM. Context: process. */
int lab_pfn_map_init(struct lab_pfn_map *map)
{
	unsigned long nr = clamp(roundup_pow_of_two(totalram_pages() / 4 + 1), LAB_PFN_MAP_MIN,
				 LAB_PFN_MAP_MAX);

	map->bits = ilog2(nr / LAB_BUCKET);
	map->words = kvcalloc(nr, sizeof(*map->words), GFP_KERNEL);
	return map->words ? 0 : -ENOMEM;
}

void lab_pfn_map_exit(struct lab_pfn_map *map)
{
	kvfree(map->words);
	map->words = NULL;
}

static u16 lab_word_taker(u64 word)
{
	return word >> LAB_TAKER_SHIFT & (LAB_PFN_TAKERS - 1);
}

/* Remove an entry. False if it is gone. */
static bool lab_word_remove(struct lab_pfn_map *map, u64 *word, u64 old)
{
	if (cmpxchg(word, old, 0) != old)
		return false;
	atomic_dec(&map->nr);
	return true;
}

static u64 *lab_pfn_bucket(const struct lab_pfn_map *map, unsigned long pfn)
{
	return &map->words[hash_long(pfn, map->bits) * LAB_BUCKET];
}

/* False if there is no room. Context: any. */
bool lab_pfn_map_add(struct lab_pfn_map *map, unsigned long pfn, struct lab_pfn_value value)
{
	u64 *word = lab_pfn_bucket(map, pfn), *end = word + LAB_BUCKET;
	u64 new = (u64)(pfn + 1) << LAB_PFN_SHIFT | value.taker << LAB_TAKER_SHIFT | value.order;

	for (; word < end; word++)
		if (!READ_ONCE(*word) && !cmpxchg(word, 0, new)) {
			atomic_inc(&map->nr);
			return true;
		}
	return false;
}

/* Remove an entry of @pfn. False if there is none. Context: any. */
bool lab_pfn_map_take(struct lab_pfn_map *map, unsigned long pfn, struct lab_pfn_value *value)
{
	u64 *word = lab_pfn_bucket(map, pfn), *end = word + LAB_BUCKET;

	for (; word < end; word++) {
		u64 old = READ_ONCE(*word);

		if (old >> LAB_PFN_SHIFT != pfn + 1 || !lab_word_remove(map, word, old))
			continue;
		value->taker = lab_word_taker(old);
		value->order = old & LAB_ORDER_MASK;
		return true;
	}
	return false;
}

/* Remove the entries of takers from @first to @last. Context: process. */
void lab_pfn_map_purge(struct lab_pfn_map *map, u16 first, u16 last)
{
	u64 *word = map->words, *end = word + (LAB_BUCKET << map->bits);

	for (; word < end; word++) {
		u64 old = READ_ONCE(*word);

		if (old && lab_word_taker(old) >= first && lab_word_taker(old) <= last)
			lab_word_remove(map, word, old);
		cond_resched();
	}
}
