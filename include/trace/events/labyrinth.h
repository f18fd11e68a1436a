/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of labyrinth. Owners are shown by name, or as "-" if there is none; callers are
 * return addresses.
 *
 * The fast path has no tracepoints, so that they cost nothing while they are off. While
 * "alloc", "free" or "release" is on, the fast path of all owners is disabled.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM labyrinth

#if !defined(_TRACE_LABYRINTH_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_LABYRINTH_H

#include <linux/labyrinth.h>
#include <linux/tracepoint.h>

int labyrinth_trace_begin(void);
void labyrinth_trace_end(void);

DECLARE_EVENT_CLASS(labyrinth_page,
	TP_PROTO(const char *owner, unsigned long pfn, unsigned long caller),
	TP_ARGS(owner, pfn, caller),
	TP_STRUCT__entry(
		__array(char,		owner,	LABYRINTH_NAME_LEN)
		__field(unsigned long,	pfn)
		__field(unsigned long,	caller)
	),
	TP_fast_assign(
		strscpy(__entry->owner, owner, LABYRINTH_NAME_LEN);
		__entry->pfn = pfn;
		__entry->caller = caller;
	),
	TP_printk("owner=%s pfn=%lu caller=%pS", __entry->owner, __entry->pfn,
		  (void *)__entry->caller)
);

/* A page was handed out. */
DEFINE_EVENT_FN(labyrinth_page, alloc,
	TP_PROTO(const char *owner, unsigned long pfn, unsigned long caller),
	TP_ARGS(owner, pfn, caller),
	labyrinth_trace_begin, labyrinth_trace_end
);

/* A page was freed, and is exclusive. */
DEFINE_EVENT_FN(labyrinth_page, free,
	TP_PROTO(const char *owner, unsigned long pfn, unsigned long caller),
	TP_ARGS(owner, pfn, caller),
	labyrinth_trace_begin, labyrinth_trace_end
);

/* A page was released: it is an ordinary page now. */
DEFINE_EVENT_FN(labyrinth_page, release,
	TP_PROTO(const char *owner, unsigned long pfn, unsigned long caller),
	TP_ARGS(owner, pfn, caller),
	labyrinth_trace_begin, labyrinth_trace_end
);

/* A page was transferred to another owner. */
TRACE_EVENT(transfer,
	TP_PROTO(const char *from, const char *to, unsigned long pfn, unsigned long caller),
	TP_ARGS(from, to, pfn, caller),
	TP_STRUCT__entry(
		__array(char,		from,	LABYRINTH_NAME_LEN)
		__array(char,		to,	LABYRINTH_NAME_LEN)
		__field(unsigned long,	pfn)
		__field(unsigned long,	caller)
	),
	TP_fast_assign(
		strscpy(__entry->from, from, LABYRINTH_NAME_LEN);
		strscpy(__entry->to, to, LABYRINTH_NAME_LEN);
		__entry->pfn = pfn;
		__entry->caller = caller;
	),
	TP_printk("from=%s to=%s pfn=%lu caller=%pS", __entry->from, __entry->to,
		  __entry->pfn, (void *)__entry->caller)
);

/* No page was handed out; @reason as in debugfs "refusals". */
TRACE_EVENT(refuse,
	TP_PROTO(const char *owner, const char *reason, unsigned long caller),
	TP_ARGS(owner, reason, caller),
	TP_STRUCT__entry(
		__array(char,		owner,	LABYRINTH_NAME_LEN)
		__array(char,		reason,	16)
		__field(unsigned long,	caller)
	),
	TP_fast_assign(
		strscpy(__entry->owner, owner, LABYRINTH_NAME_LEN);
		strscpy(__entry->reason, reason, 16);
		__entry->caller = caller;
	),
	TP_printk("owner=%s reason=%s caller=%pS", __entry->owner, __entry->reason,
		  (void *)__entry->caller)
);

/* A rule was broken; @kind as in debugfs "violations". 0 means an unknown pfn or caller. */
TRACE_EVENT(violation,
	TP_PROTO(const char *kind, const char *owner, const char *offender, unsigned long pfn,
		 unsigned long alloc_caller, unsigned long caller),
	TP_ARGS(kind, owner, offender, pfn, alloc_caller, caller),
	TP_STRUCT__entry(
		__array(char,		kind,	16)
		__array(char,		owner,	LABYRINTH_NAME_LEN)
		__array(char,		offender, LABYRINTH_NAME_LEN)
		__field(unsigned long,	pfn)
		__field(unsigned long,	alloc_caller)
		__field(unsigned long,	caller)
	),
	TP_fast_assign(
		strscpy(__entry->kind, kind, 16);
		strscpy(__entry->owner, owner, LABYRINTH_NAME_LEN);
		strscpy(__entry->offender, offender, LABYRINTH_NAME_LEN);
		__entry->pfn = pfn;
		__entry->alloc_caller = alloc_caller;
		__entry->caller = caller;
	),
	TP_printk("kind=%s owner=%s offender=%s pfn=%lu alloc_caller=%pS caller=%pS",
		  __entry->kind, __entry->owner, __entry->offender, __entry->pfn,
		  (void *)__entry->alloc_caller, (void *)__entry->caller)
);

/* The stock was filled as far as budget and memory permit. All numbers are in pages. */
TRACE_EVENT(refill,
	TP_PROTO(const char *owner, int before, int after, unsigned int stock),
	TP_ARGS(owner, before, after, stock),
	TP_STRUCT__entry(
		__array(char,		owner,	LABYRINTH_NAME_LEN)
		__field(int,		before)
		__field(int,		after)
		__field(unsigned int,	stock)
	),
	TP_fast_assign(
		strscpy(__entry->owner, owner, LABYRINTH_NAME_LEN);
		__entry->before = before;
		__entry->after = after;
		__entry->stock = stock;
	),
	TP_printk("owner=%s before=%d after=%d stock=%u", __entry->owner, __entry->before,
		  __entry->after, __entry->stock)
);

/* An audit checked all tags. @us is its duration in microseconds. */
TRACE_EVENT(audit,
	TP_PROTO(unsigned long tags, unsigned long found, unsigned long us),
	TP_ARGS(tags, found, us),
	TP_STRUCT__entry(
		__field(unsigned long,	tags)
		__field(unsigned long,	found)
		__field(unsigned long,	us)
	),
	TP_fast_assign(
		__entry->tags = tags;
		__entry->found = found;
		__entry->us = us;
	),
	TP_printk("tags=%lu found=%lu us=%lu", __entry->tags, __entry->found, __entry->us)
);

#endif /* _TRACE_LABYRINTH_H */

#include <trace/define_trace.h>
