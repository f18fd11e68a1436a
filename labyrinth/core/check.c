// SPDX-License-Identifier: GPL-2.0
/* Check and query, which change nothing. */
#include <linux/export.h>
#include <linux/mm.h>

#include "fast.h"
#include "verify.h"

static noinline int lab_check_slow(struct labyrinth_owner *owner, struct page *page,
				   unsigned long caller)
{
	struct lab_finding found;
	int err;

	if (lab_no_owner(owner) || lab_no_pointer(page))
		return -EINVAL;
	preempt_disable();
	err = lab_examine(owner, page, caller, &found);
	/* A page that is being transferred has an owner at this instant, too. */
	if (err == -EALREADY && lab_meta_phase(found.meta) == LAB_ARRIVING)
		err = 0;
	if (!err && !lab_page_sole(page))
		err = -EBUSY;
	preempt_enable();
	return err;
}

int labyrinth_check_page(struct labyrinth_owner *owner, struct page *page)
{
	struct lab_tag *tag;
	bool mine;

	if (lab_no_owner(owner))
		goto slow;
	preempt_disable();
	mine = lab_ordinary(owner, page, &tag) &&
	       likely(lab_peek(tag->state) == lab_peek(owner->owned_state));
	preempt_enable();
	if (likely(mine))
		return 0;
slow:
	return lab_check_slow(owner, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(labyrinth_check_page);

int labyrinth_query_page(struct page *page, struct labyrinth_page_info *info)
{
	struct lab_table *table;
	struct lab_tag *tag;
	int err = -ENOENT;
	u64 meta;

	if (lab_no_pointer(page) || lab_no_pointer(info))
		return -EINVAL;
	if (unlikely(in_nmi()))
		return -EOPNOTSUPP;
	preempt_disable();
	tag = lab_tag_find(NULL, page, &table);
	meta = tag && lab_page_marked(page) ? READ_ONCE(tag->meta) : 0;
	if (meta) {
		lab_owner_name(lab_meta_owner(meta), info->owner);
		info->state = lab_phase_public(lab_meta_phase(meta));
		info->context = lab_meta_context(meta);
		info->cpu = lab_meta_cpu(meta);
		info->node = page_to_nid(page);
		info->from_reserve = lab_meta_from_reserve(meta);
		info->age_ms = lab_time_age_ms(READ_ONCE(tag->time));
		info->caller = lab_tag_caller(tag);
		err = 0;
	}
	preempt_enable();
	return err;
}
EXPORT_SYMBOL_GPL(labyrinth_query_page);
