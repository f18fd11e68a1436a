// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "../read/recording.h"
#include "../read/table.h"
#include "../show/print.h"
#include "report.h"

void report_put_anchor(FILE *out, const struct recording *recording)
{
	int64_t ms = recording_number(recording->words, "ms");
	char buf[32];

	if (ms != UNKNOWN)
		fprintf(out, " Ages were read %s after the first sample.",
			age_text(buf, ms - recording->ms[0]));
}
