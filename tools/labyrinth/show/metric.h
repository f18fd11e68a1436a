/* SPDX-License-Identifier: GPL-2.0 */
/* Prometheus' text format. */
#ifndef METRIC_H
#define METRIC_H

#include <stdint.h>
#include <stdio.h>

struct metric {
	const char *column, *name, *type, *help;
	int64_t per;	/* divisor to the unit */
};

void metric_head(FILE *out, const struct metric *metric);
/* A label's quoted value must be UTF-8, so it is escaped as in all lists. */
void metric_label(FILE *out, const char *name, const char *value);
/* A blank, the value, and the end of the line. */
void metric_value(FILE *out, const struct metric *metric, int64_t value);

#endif
