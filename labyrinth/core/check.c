// SPDX-License-Identifier: GPL-2.0
/* What changes nothing: check, and query. */
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
	/* A page that is just being transferred has an owner at this instant, too. */
	if (err == -EALREADY && lab_word_state(found.word) == LAB_ARRIVING)
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
	       likely(lab_peek(tag->head) == lab_peek(owner->owned_state));
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
	u64 word;

	if (lab_no_pointer(page) || lab_no_pointer(info))
		return -EINVAL;
	if (unlikely(in_nmi()))
		return -EOPNOTSUPP;
	preempt_disable();
	tag = lab_tag_find(NULL, page, &table);
	word = tag && lab_page_marked(page) ? READ_ONCE(tag->word) : 0;
	if (word) {
		lab_owner_name(lab_word_owner(word), info->owner);
		info->state = lab_state_public(lab_word_state(word));
		info->context = lab_word_context(word);
		info->cpu = lab_word_cpu(word);
		info->node = page_to_nid(page);
		info->from_reserve = lab_word_from_reserve(word);
		info->age_ms = lab_time_age_ms(READ_ONCE(tag->time));
		info->caller = lab_tag_caller(tag);
		err = 0;
	}
	preempt_enable();
	return err;
}
EXPORT_SYMBOL_GPL(labyrinth_query_page);
