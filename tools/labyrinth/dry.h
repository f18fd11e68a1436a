/* SPDX-License-Identifier: GPL-2.0 */
/* A machine at the moment of a refusal, and by how much its marks were too high. */
#ifndef DRY_H
#define DRY_H

#include "verdict.h"

#define DRY_ZONES	6	/* as many as a verdict has */

struct dry_zone {
	char name[64];
	int64_t node, min, usable;	/* above what is protected */
};

struct dry {
	char owner[64], reason[64];
	bool told;		/* by a verdict */
	bool at_creation;	/* its stock can grow only there */
	int64_t times;		/* so many refusals did the verdict count; UNKNOWN: not yet */
	int64_t budget, owned, quarantined, stock, reserve_pct;	/* the owner's, then */
	int64_t marks;		/* what all min marks added up to, in kB */
	int nr_zones;
	struct dry_zone zone[DRY_ZONES];
};

/* False: @verdict is of something else. */
bool dry_tell(struct dry *dry, const struct verdict *verdict);

/* Did a zone have so many pages above the floor of @pct all the same? */
bool dry_had(const struct dry *dry, int64_t pct, int64_t pages);
/* reserve_pct with which a zone would have had them; UNKNOWN where there is none. */
int64_t dry_pct(const struct dry *dry, int64_t pages, const struct dry_zone **zone);
/*
 * By how many pages a zone's min mark was too low for that, and in *@more all of them
 * together where each grows by its share.
 */
int64_t dry_mark(const struct dry *dry, int64_t pct, int64_t pages, int64_t page_kb,
		 const struct dry_zone **zone, int64_t *more);

#endif
