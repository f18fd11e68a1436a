/* SPDX-License-Identifier: GPL-2.0 */
/* A driver that does as it is told. See stub.c. */
#ifndef _LAB_STUB_H
#define _LAB_STUB_H

#include <linux/labyrinth.h>
#include <linux/mm.h>

#define STUB_OWNERS	64
#define STUB_PAGES	4096

/* Handles and pages as the API gave them, or as misuse wants them; kept after their end. */
extern struct labyrinth_owner *stub_owners[STUB_OWNERS];
extern struct page *stub_pages[STUB_PAGES];

enum stub_verb {
	STUB_ALLOC,
	STUB_BULK,
	STUB_FREEBULK,
	STUB_FREE,
	STUB_RELEASE,
	STUB_TRANSFER,
	STUB_CHECK,
	STUB_QUERY,
	STUB_NR_CALLS,
};

/* One call of the API's any-context part, with its result. */
struct stub_call {
	enum stub_verb verb;
	struct labyrinth_owner *owner;
	struct labyrinth_owner *to;
	struct page **page;
	unsigned int nr;
	unsigned int times;		/* how often; ends with the first failure */
	struct labyrinth_page_info info;
	long ret;			/* errno; or the number of pages got */
};

enum stub_context {
	STUB_TASK,
	STUB_RAW,
	STUB_SOFTIRQ,
	STUB_HARDIRQ,
	STUB_HRTIMER,
	STUB_NMI,
	STUB_NR_CONTEXTS,
};

bool stub_call_in(enum stub_context context, int cpu, struct stub_call *call);
void stub_nmi_begin(void);
void stub_nmi_call(struct stub_call *call);
void stub_nmi_end(void);

/* One page every so often, in NMI, until so many are there or it is stopped. */
bool stub_timer_start(struct labyrinth_owner *owner, struct page **pages, unsigned int nr,
			unsigned int period_us);
bool stub_timer_stop(unsigned int *got, unsigned int *refused);

/* A device that takes its time before it goes to sleep. */
int stub_sleep_init(void);
void stub_sleep_exit(void);

/* A verb that the API does not have. False where this is none; else its answer is in *@answer. */
bool stub_misuse(const char *verb, const long *args, long *answer);

/* The device for devm owners, made when it is first asked for. */
struct device *stub_device(void);
void stub_device_remove(void);

#endif /* _LAB_STUB_H */
