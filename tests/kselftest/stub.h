/* SPDX-License-Identifier: GPL-2.0 */
/* A driver that makes the calls given by the shell. See stub.c. */
#ifndef _LAB_STUB_H
#define _LAB_STUB_H

#include <linux/labyrinth.h>
#include <linux/mm.h>

#define STUB_OWNERS	64
#define STUB_PAGES	4096

/* Handles and pages from the API or from verbs of stub_misuse.c; kept after destroy and free. */
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
	STUB_PUT,			/* put_page(), not of the API */
	STUB_NR_CALLS,
};

/* A call of the API and its result. */
struct stub_call {
	enum stub_verb verb;
	struct labyrinth_owner *owner;
	struct labyrinth_owner *to;
	struct page **page;
	unsigned int nr;
	unsigned int times;		/* repetitions; the first failure ends them */
	struct labyrinth_page_info info;
	long ret;			/* errno, or the number of pages */
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

/* Allocate a page every @period_us in NMI, until @nr calls are made or it is stopped. */
bool stub_timer_start(struct labyrinth_owner *owner, struct page **pages, unsigned int nr,
			unsigned int period_us);
bool stub_timer_stop(unsigned int *got, unsigned int *refused);

/* A device with a delay before it is suspended. */
int stub_sleep_init(void);
void stub_sleep_exit(void);

/* Run a verb outside of the API. Returns false if there is none; else the result is in *@answer. */
bool stub_misuse(const char *verb, const long *args, long *answer);

/* The device for devm owners, created by the first call. */
struct device *stub_device(void);
void stub_device_remove(void);

#endif /* _LAB_STUB_H */
