/* SPDX-License-Identifier: GPL-2.0 */
/* The figures of owners and zones, as debugfs and sysfs show them. See figures.c. */
#ifndef _LABYRINTH_DIAG_FIGURES_H
#define _LABYRINTH_DIAG_FIGURES_H

#include <linux/labyrinth.h>
#include <linux/types.h>

struct lab_level;
struct labyrinth_owner;
struct zone;

/* The longest value, including the terminating NUL. */
#define LAB_FIGURE_LEN	64

struct lab_owner_figure {
	const char *name;
	/* Needs the owner on lab_owners, under its lock or RCU. Returns the length. */
	int (*emit)(const struct labyrinth_owner *owner, char *buf);
};

struct lab_zone_figure {
	const char *name;
	long (*get)(const struct zone *zone, const struct lab_level *level);
	bool walks;		/* reads all tags, under lab_owners_lock */
};

#define LAB_NR_OWNER_FIGURES	20
#define LAB_NR_ZONE_FIGURES	11

extern const struct lab_owner_figure lab_owner_figures[LAB_NR_OWNER_FIGURES];
extern const struct lab_zone_figure lab_zone_figures[LAB_NR_ZONE_FIGURES];

size_t lab_owner_bytes(const struct labyrinth_owner *owner);
const char *lab_scope_name(enum labyrinth_scope scope);

#endif /* _LABYRINTH_DIAG_FIGURES_H */
