// SPDX-License-Identifier: GPL-2.0
/* Entering a page's tag in a table, finding it in any, moving it; its stack trace. */
#include <linux/stacktrace.h>

#include "bind.h"
#include "last_table.h"

/* Most frames of labyrinth between a caller and stack_trace_save(). */
#define LAB_OWN_FRAMES	8

struct lab_tag *lab_tag_find_elsewhere(const struct lab_table *first, const struct page *page,
				       struct lab_table **where)
{
	unsigned int i, nr = READ_ONCE(lab_nr_tables);

	for (i = 0; i < nr; i++) {
		struct lab_table *table = lab_table_nth(i);
		struct lab_tag *tag;

		if (!table || table == first)
			continue;
		tag = lab_table_find(table, page);
		if (tag) {
			*where = table;
			return tag;
		}
	}
	return NULL;
}

static __always_inline struct lab_tag *
lab_table_claim_hidden(struct lab_table *table, struct page *page, u64 meta, unsigned long caller)
{
	struct lab_tag *home = lab_table_home(table, page);
	unsigned int i;

	for (i = 0; i < LAB_HOP_RANGE; i++) {
		struct lab_tag *tag = home + i;

		if (READ_ONCE(tag->page) || cmpxchg(&tag->page, NULL, page))
			continue;
		if (unlikely(table->stacks))
			WRITE_ONCE(table->stacks[tag - table->slots.tags][0], 0);
		lab_tag_fill(tag, meta, caller);
		return tag;
	}
	return NULL;
}

static __always_inline struct lab_tag *
lab_table_claim(struct lab_table *table, struct page *page, u64 meta, unsigned long caller)
{
	struct lab_tag *tag = lab_table_claim_hidden(table, page, meta, caller);

	if (likely(tag))
		lab_tag_show(lab_table_home(table, page), tag);
	return tag;
}

/*
 * A copy of @page's @tag in another @table with @state, without its hop bit; NULL if there is no
 * room. Another call may drop @tag meanwhile.
 */
struct lab_tag *lab_tag_copy(struct lab_table *table, struct page *page,
			     const struct lab_tag *tag, u32 state)
{
	struct lab_tag *copy = lab_table_claim_hidden(table, page,
						     lab_meta(state, READ_ONCE(tag->where)),
						     lab_tag_caller(tag));

	if (copy)
		WRITE_ONCE(copy->time, READ_ONCE(tag->time));
	return copy;
}

/*
 * Replace @tag of @from by @copy. One or both are there at any time, but a concurrent look-up
 * may miss both and answer -ENOENT.
 */
void lab_tag_replace(struct lab_table *from, struct lab_tag *tag, struct lab_table *to,
		     struct lab_tag *copy, u32 state)
{
	/* Not @copy's, which the receiver may drop once it is shown. */
	struct page *page = tag->page;

	/* Not before this CPU has won the tag: until then, others may record its table. */
	lab_last_erase(page);
	WRITE_ONCE(copy->state, state);
	lab_tag_show(lab_table_home(to, page), copy);
	/* T3: a full barrier. Pairs with lab_tag_moves_before() and lab_tag_moved_since(). */
	atomic_inc_return(&lab_tag_moves);
	lab_tag_unbind(from, tag, page);
}

static noinline struct lab_tag *lab_tag_bind_elsewhere(struct lab_table *first, struct page *page,
						       u64 meta, unsigned long caller,
						       struct lab_table **where)
{
	unsigned int i;

	for (i = 0; i < READ_ONCE(lab_nr_tables); i++) {
		struct lab_table *table = lab_table_nth(i);
		struct lab_tag *tag;

		if (!table || table == first || READ_ONCE(table->closed))
			continue;
		lab_last_set(page, table);
		tag = lab_table_claim(table, page, meta | (u64)LAB_AWAY << 32, caller);
		if (tag) {
			*where = table;
			return tag;
		}
	}
	return NULL;
}

/*
 * Enter @page, fresh from the kernel, in table @first if there is room near its home, else in any
 * other. NULL if no table has room there; another page will fit.
 */
struct lab_tag *lab_tag_bind(struct lab_table *first, struct page *page, u64 meta,
			     unsigned long caller, struct lab_table **where)
{
	struct lab_tag *tag = lab_table_claim(first, page, meta, caller);

	*where = first;
	return tag ?: lab_tag_bind_elsewhere(first, page, meta, caller, where);
}

/* Returns the number of addresses; 0 without CONFIG_STACKTRACE. */
static unsigned int lab_stack_trace(unsigned long *trace, unsigned int size)
{
#ifdef CONFIG_STACKTRACE
	return stack_trace_save(trace, size, 0);
#else
	return 0;
#endif
}

/* Save the stack trace of an allocation, from the caller on. */
void lab_tag_save_stack(struct lab_table *table, struct lab_tag *tag)
{
	unsigned long (*stacks)[LAB_STACK_DEPTH] = table->stacks;
	unsigned long trace[LAB_STACK_DEPTH + LAB_OWN_FRAMES] = {};
	unsigned int i, nr;

	if (!stacks)
		return;
	nr = lab_stack_trace(trace, ARRAY_SIZE(trace));
	for (i = 0; i < LAB_OWN_FRAMES && i < nr; i++)
		if (trace[i] == lab_tag_caller(tag))
			break;
	/* A concurrent report of the page may show either trace. */
	data_race(memcpy(stacks[tag - table->slots.tags], &trace[i], sizeof(stacks[0])));
}

/* LAB_STACK_DEPTH return addresses, ended by 0 if fewer; NULL if none are kept. */
const unsigned long *lab_tag_stack(const struct lab_table *table, const struct lab_tag *tag)
{
	unsigned long (*stacks)[LAB_STACK_DEPTH] = table->stacks;

	return stacks ? stacks[tag - table->slots.tags] : NULL;
}
