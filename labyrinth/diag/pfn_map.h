/* SPDX-License-Identifier: GPL-2.0 */
/* Which entry of a table took a page. See pfn_map.c. */
#ifndef _LABYRINTH_DIAG_PFN_MAP_H
#define _LABYRINTH_DIAG_PFN_MAP_H

#include <linux/atomic.h>
#include <linux/types.h>

struct lab_pfn_map {
	u64 *words;
	unsigned int bits;	/* of the number of buckets */
	atomic_t nr;		/* entries */
};

/* What a page frame number stands for. */
struct lab_pfn_value {
	u16 taker;
	u8 order;
};

#define LAB_PFN_TAKERS		BIT(10)

/* Any entry? A caller that has just added one sees it. */
static inline bool lab_pfn_map_any(const struct lab_pfn_map *map)
{
	return atomic_read(&map->nr);
}

int lab_pfn_map_init(struct lab_pfn_map *map);
void lab_pfn_map_purge(struct lab_pfn_map *map, u16 first, u16 last);
void lab_pfn_map_exit(struct lab_pfn_map *map);
bool lab_pfn_map_add(struct lab_pfn_map *map, unsigned long pfn, struct lab_pfn_value value);
bool lab_pfn_map_take(struct lab_pfn_map *map, unsigned long pfn, struct lab_pfn_value *value);

#endif /* _LABYRINTH_DIAG_PFN_MAP_H */
