/* SPDX-License-Identifier: GPL-2.0 */
/* The probes of watch.c. See watch_probe.c. */
#ifndef _LABYRINTH_DIAG_WATCH_PROBE_H
#define _LABYRINTH_DIAG_WATCH_PROBE_H

#include <linux/gfp.h>

struct page;

void lab_watch_free(void *data, struct page *page, unsigned int order);
void lab_watch_give_back(void *data, struct page *page, unsigned int order);
void lab_watch_dip(void *data, struct page *page, unsigned int order, gfp_t gfp, int migratetype);
void lab_watch_atomic(void *data, struct page *page, unsigned int order, gfp_t gfp,
		      int migratetype);

#endif /* _LABYRINTH_DIAG_WATCH_PROBE_H */
