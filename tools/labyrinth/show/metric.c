// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "../cell.h"
#include "../message.h"
#include "metric.h"

void metric_label(FILE *out, const char *name, const char *value)
{
	char *plain = NULL, *at;
	size_t size;
	FILE *memory = open_memstream(&plain, &size);

	if (!memory)
		die(FAILED, "There is not enough memory.");
	cell_put(memory, value);
	fclose(memory);
	fprintf(out, "%s=\"", name);
	for (at = plain; *at; at++) {
		if (*at == '"' || *at == '\\')
			fputc('\\', out);
		fputc(*at, out);
	}
	fputc('"', out);
	free(plain);
}

void metric_head(FILE *out, const struct metric *metric)
{
	fprintf(out, "# HELP labyrinth_%s %s\n# TYPE labyrinth_%s %s\n", metric->name, metric->help,
		metric->name, metric->type);
}

void metric_value(FILE *out, const struct metric *metric, int64_t value)
{
	if (metric->per > 1)
		fprintf(out, " %.10g\n", (double)value / metric->per);
	else
		fprintf(out, " %" PRId64 "\n", value);
}
