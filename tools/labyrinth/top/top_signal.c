// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "../message.h"
#include "top.h"

_Atomic int ended_by;

static void note_signal(int signal)
{
	ended_by = signal;
}

static const int endings[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };

#define NR_ENDINGS	(sizeof(endings) / sizeof(*endings))

void hold_signals(sigset_t *waiting)
{
	struct sigaction action = { .sa_handler = note_signal };
	sigset_t held;
	size_t i;

	sigemptyset(&held);
	for (i = 0; i < NR_ENDINGS; i++) {
		sigaction(endings[i], &action, NULL);
		sigaddset(&held, endings[i]);
	}
	sigprocmask(SIG_BLOCK, &held, waiting);
	for (i = 0; i < NR_ENDINGS; i++)
		sigdelset(waiting, endings[i]);
}

void hear_signals(const sigset_t *waiting)
{
	sigset_t held;

	sigprocmask(SIG_SETMASK, waiting, &held);
	sigprocmask(SIG_SETMASK, &held, NULL);
}

void end_by_signal(void)
{
	int ending = ended_by;
	sigset_t set;

	signal(ending, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, ending);
	raise(ending);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(FAILED);
}
