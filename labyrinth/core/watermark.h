/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's check of an order-0 GFP_ATOMIC request, and the owner's. See watermark.c. */
#ifndef _LABYRINTH_CORE_WATERMARK_H
#define _LABYRINTH_CORE_WATERMARK_H

#include <linux/mmzone.h>
#include <linux/types.h>

/* One zone's figures, in pages, as one request sees them. */
struct lab_level {
	long free;		/* NR_FREE_PAGES, without the per-CPU lists */
	long cma;		/* of these in CMA areas, not for unmovable pages */
	unsigned long min;	/* _watermark[WMARK_MIN]: an atomic request ignores the boost */
	unsigned long reserve;	/* lowmem_reserve against the request's highest zone */
};

/* Free pages that are not protected from this kind of request. */
static inline long lab_level_usable(const struct lab_level *level)
{
	return level->free - level->cma - (long)level->reserve;
}

enum lab_floor {
	LAB_FLOOR_PERMITS,
	LAB_FLOOR_REFUSES,	/* the kernel would serve it, the owner's floor does not */
	LAB_FLOOR_EMPTY,	/* the kernel itself would refuse */
};

/* Where a page may come from. */
struct lab_choice {
	struct zone *zone;
	gfp_t steer;		/* added to GFP_ATOMIC: start there, stay on the node */
	bool below_min;		/* a page from there belongs to the reserve */
};

unsigned long lab_floor_atomic_min(unsigned long min);
unsigned long lab_floor_mark(unsigned long min, int reserve_pct);
bool lab_floor_permits(const struct lab_level *level, unsigned long mark);
unsigned int lab_floor_depth_pct(const struct lab_level *level);
unsigned long lab_floor_pct_needed(const struct lab_level *level, unsigned long pages);

void lab_level_read(struct zone *zone, enum zone_type highest, struct lab_level *level);
enum lab_floor lab_floor_choose(int nid, int reserve_pct, struct lab_choice *choice);
struct zoneref *lab_floor_zonerefs(int nid);
struct zone *lab_floor_first_zone(int nid);
gfp_t lab_floor_zone_gfp(const struct zone *zone);

/* The highest zone that a request without zone modifiers may take from. */
#define LAB_HIGHEST_ZONE	ZONE_NORMAL

#endif /* _LABYRINTH_CORE_WATERMARK_H */
