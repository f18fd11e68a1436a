// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <time.h>

#include "wait.h"

#define WAIT_MOST	10000	/* ms per sleep */

int64_t clock_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

void block_signals(sigset_t *held)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	size_t i;

	sigemptyset(held);
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(held, signals[i]);
	sigprocmask(SIG_BLOCK, held, NULL);
}

bool wait_until(const sigset_t *held, int64_t ms)
{
	int64_t left;

	do {
		struct timespec time = {};

		left = ms - clock_ms();
		/* Sleep in short steps: time spent suspended counts as well. */
		if (left > WAIT_MOST)
			time.tv_sec = WAIT_MOST / 1000;
		else if (left > 0)
			time = (struct timespec){ left / 1000, left % 1000 * 1000000 };
		if (sigtimedwait(held, NULL, &time) >= 0)
			return false;
	} while (clock_ms() < ms);
	return true;
}
