/* SPDX-License-Identifier: GPL-2.0 */
/* A driver that does as it is told. See puppet.c. */
#ifndef _LAB_PUPPET_H
#define _LAB_PUPPET_H

#include <linux/labyrinth.h>
#include <linux/mm.h>

#define PUPPET_OWNERS	64
#define PUPPET_PAGES	4096

/* Handles and pages as the API gave them, or as misuse wants them; kept after their end. */
extern struct labyrinth_owner *puppet_owners[PUPPET_OWNERS];
extern struct page *puppet_pages[PUPPET_PAGES];

enum puppet_verb {
	PUPPET_ALLOC,
	PUPPET_BULK,
	PUPPET_FREEBULK,
	PUPPET_FREE,
	PUPPET_RELEASE,
	PUPPET_TRANSFER,
	PUPPET_CHECK,
	PUPPET_QUERY,
	PUPPET_NR_CALLS,
};

/* One call of the API's any-context part, with its result. */
struct puppet_call {
	enum puppet_verb verb;
	struct labyrinth_owner *owner;
	struct labyrinth_owner *to;
	struct page **page;
	unsigned int nr;
	unsigned int times;		/* how often; ends with the first failure */
	struct labyrinth_page_info info;
	long ret;			/* errno; or the number of pages got */
};

enum puppet_context {
	PUPPET_TASK,
	PUPPET_RAW,
	PUPPET_SOFTIRQ,
	PUPPET_HARDIRQ,
	PUPPET_HRTIMER,
	PUPPET_NMI,
	PUPPET_NR_CONTEXTS,
};

bool puppet_call_in(enum puppet_context context, int cpu, struct puppet_call *call);
void puppet_nmi_begin(void);
void puppet_nmi_call(struct puppet_call *call);
void puppet_nmi_end(void);

/* One page every so often, in NMI, until so many are there or it is stopped. */
bool puppet_timer_start(struct labyrinth_owner *owner, struct page **pages, unsigned int nr,
			unsigned int period_us);
bool puppet_timer_stop(unsigned int *got, unsigned int *refused);

/* A device that takes its time before it goes to sleep. */
int puppet_sleep_init(void);
void puppet_sleep_exit(void);

/* A verb that the API does not have. False where this is none; else its answer is in *@answer. */
bool puppet_misuse(const char *verb, const long *args, long *answer);

/* The device for devm owners, made when it is first asked for. */
struct device *puppet_device(void);
void puppet_device_remove(void);

#endif /* _LAB_PUPPET_H */
