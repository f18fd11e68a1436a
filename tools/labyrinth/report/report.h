/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the page. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "../read/recording.h"
#include "time_axis.h"

/*
 * The style sheet. Classes of lines: "a", "b" and "c" for values; "mark", "d", "d2" and "bad"
 * for limits; "bar" for bars; "event" for marks.
 */
extern const char report_style[];

void report_zones(FILE *out, const struct recording *recording, const struct time_axis *time);
void report_owners(FILE *out, const struct recording *recording, const struct time_axis *time);
void report_dippers(FILE *out, const struct recording *recording);

/* A sentence that says from which time the ages in the last text record count. */
void report_put_anchor(FILE *out, const struct recording *recording);

#endif
