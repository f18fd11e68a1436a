/* SPDX-License-Identifier: GPL-2.0 */
/* A page from the kernel. See fresh.c. */
#ifndef _LABYRINTH_FRESH_H
#define _LABYRINTH_FRESH_H

#include <linux/gfp.h>

#include "owner.h"
#include "report.h"

/* Never goes below min, whoever asks. */
#define LAB_GFP_ABOVE_MIN	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

struct page *lab_take_fresh(struct labyrinth_owner *owner, struct page *page, bool ahead,
			    unsigned long caller, enum lab_refusal *reason);

struct page *lab_take_nolock(struct labyrinth_owner *owner, unsigned long caller);

#endif /* _LABYRINTH_FRESH_H */
