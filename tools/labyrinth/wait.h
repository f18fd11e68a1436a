/* SPDX-License-Identifier: GPL-2.0 */
/* Waiting that a signal ends early. */
#ifndef WAIT_H
#define WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Milliseconds, of which those in suspend are a part. */
int64_t clock_ms(void);

/* Block SIGINT, SIGTERM and SIGHUP unless they are ignored; only wait_until() accepts them. */
void block_signals(sigset_t *held);
/* Wait until clock_ms() is @ms. Returns false if one of the blocked signals came. */
bool wait_until(const sigset_t *held, int64_t ms);

#endif
