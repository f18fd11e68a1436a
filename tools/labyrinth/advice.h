/* SPDX-License-Identifier: GPL-2.0 */
/* What would have helped, to be said in lines or as JSON. */
#ifndef ADVICE_H
#define ADVICE_H

#include <stdbool.h>
#include <stdint.h>

/* A thing to be changed, or one of some, each of which is enough. */
struct change {
	const char *what;
	int64_t from, to, now;	/* UNKNOWN: there is none */
	char why[512];
};

struct advice {
	const char *owner, *reason;
	int64_t count, told;	/* of them, by the verdict */
	const char *caller;
	int nr;
	struct change change[4];
};

void advice_open(bool json);
void advice_close(void);

/* Of whom, and what happened; unlike JSON, which repeats that in each object. */
__attribute__((format(printf, 3, 4)))
void advice_head(const char *owner, const char *module, const char *format, ...);
__attribute__((format(printf, 1, 2)))
void advice_remark(const char *format, ...);
__attribute__((format(printf, 6, 7)))
void advice_add(struct advice *advice, const char *what, int64_t from, int64_t to, int64_t now,
		const char *format, ...);
/* Where one of them was done since, only that. */
void advice_say(const struct advice *advice);

#endif
