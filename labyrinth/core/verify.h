/* SPDX-License-Identifier: GPL-2.0 */
/* May this caller use this page? See verify.c. */
#ifndef _LABYRINTH_CORE_VERIFY_H
#define _LABYRINTH_CORE_VERIFY_H

#include "page.h"

/* What is known of the page that a call was made with. */
struct lab_finding {
	struct lab_table *table;
	struct lab_tag *tag;
	u64 meta;
	struct lab_violation_info info;
};

int lab_bad_argument(struct labyrinth_owner *owner, struct page *page, unsigned long caller);
int lab_examine(struct labyrinth_owner *owner, struct page *page, unsigned long caller,
		struct lab_finding *found);
int lab_examine_mapping(struct page *page, struct lab_finding *found);
int lab_commit(struct lab_finding *found, u32 state);
void lab_refuse(struct lab_finding *found);

#endif /* _LABYRINTH_CORE_VERIFY_H */
