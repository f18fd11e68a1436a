// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../message.h"
#include "recording.h"
#include "source.h"

static const char * const owner_values[NR_OWNER_VALUES] = {
	[OWNED] = "owned", [STOCKED] = "stocked", [FROM_RESERVE] = "from_reserve",
	[REFUSED] = "refused", [BUDGET] = "budget", [STOCK] = "stock",
	[QUARANTINED] = "quarantined", [VIOLATIONS] = "violations",
	[RESERVE_PCT] = "reserve_pct", [ALLOCS] = "allocs", [ID] = "id",
};

static const char * const zone_values[NR_ZONE_VALUES] = {
	[FREE] = "free", [MIN] = "min", [LOW] = "low", [HIGH] = "high",
	[LOWMEM_RESERVE] = "lowmem_reserve", [CMA] = "cma", [ATOMIC_FLOOR] = "atomic_floor",
	[DEPTH_PCT] = "depth_pct", [OUT] = "from_reserve",
};

/* ---- errors */

struct reader {
	struct recording *recording;
	const char *file;
	unsigned long line;
};

__attribute__((noreturn, format(printf, 2, 3)))
static void refuse(const struct reader *reader, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	die(BAD_DATA, "%s:%lu: %s", reader->file, reader->line, what);
}

static json_t *need_memory(json_t *value)
{
	if (!value)
		die(FAILED, "There is not enough memory.");
	return value;
}

/* ---- values */

static int64_t number_of(const struct reader *reader, const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	int64_t integer;

	if (!value || json_is_null(value))
		return UNKNOWN;
	integer = json_integer_value(value);
	if (!json_is_integer(value) || integer > NUMBER_MOST || integer < -NUMBER_MOST)
		refuse(reader, "\"%s\" is no number that fits.", name);
	return integer;
}

const char *recording_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name)) ?: "-";
}

int64_t recording_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? json_integer_value(value) : UNKNOWN;
}

static const char *text_of(const struct reader *reader, const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (value && !json_is_string(value) && !json_is_null(value))
		refuse(reader, "\"%s\" is no text.", name);
	return recording_text(object, name);
}

/* NULL if the sample has no such table. */
static const json_t *rows(const struct reader *reader, const json_t *sample, const char *name)
{
	const json_t *value = json_object_get(sample, name);
	size_t i;

	if (!value)
		return NULL;
	if (!json_is_array(value))
		refuse(reader, "\"%s\" is no array.", name);
	for (i = 0; i < json_array_size(value); i++)
		if (!json_is_object(json_array_get(value, i)))
			refuse(reader, "\"%s\" has a row that is no object.", name);
	return value;
}

/* ---- storage */

/* Copy @text; the copy lives as long as the recording. */
static const char *keep(struct recording *recording, const char *text)
{
	json_t *copy = need_memory(json_string(text));

	if (json_array_append_new(recording->kept, copy))
		need_memory(NULL);
	return json_string_value(copy);
}

/* The index of @key; a new key gets @nr. */
static size_t place(json_t *at, const char *key, size_t nr)
{
	json_t *known = json_object_get(at, key);

	if (known)
		return json_integer_value(known);
	if (json_object_set_new(at, key, json_integer(nr)))
		need_memory(NULL);
	return nr;
}

static void *grow(void *array, size_t nr, size_t *room, size_t size)
{
	if (nr < *room)
		return array;
	*room = *room ? 2 * *room : 16;
	return allocate(array, *room, size);
}

static void add_point(struct reader *reader, struct all_series *all, const char *name,
		      const char *beside, const json_t *row, const char * const *values, int nr)
{
	struct recording *recording = reader->recording;
	size_t at = place(all->at, name, all->nr);
	struct series *series;
	struct point *point;
	int i;

	if (at == SERIES_MOST)
		refuse(reader, "There are more than %lu owners or zones.", SERIES_MOST);
	if (at == all->nr) {
		all->one = grow(all->one, all->nr, &all->room, sizeof(*all->one));
		all->one[all->nr++] = (struct series){
			.name = keep(recording, name), .beside = keep(recording, beside)
		};
	}
	series = &all->one[at];
	if (series->nr && series->point[series->nr - 1].sample == recording->nr - 1)
		refuse(reader, "\"%.64s\" is there twice.", name);
	series->point = grow(series->point, series->nr, &series->room, sizeof(*series->point));
	point = &series->point[series->nr++];
	*point = (struct point){ .sample = recording->nr - 1 };
	for (i = 0; i < nr; i++)
		point->value[i] = number_of(reader, row, values[i]);
}

static void add_owners(struct reader *reader, const json_t *sample)
{
	const json_t *owners = rows(reader, sample, "owners"), *row;
	size_t i;

	for (i = 0; (row = json_array_get(owners, i)); i++)
		add_point(reader, &reader->recording->owners, text_of(reader, row, "name"),
			  text_of(reader, row, "module"), row, owner_values, NR_OWNER_VALUES);
}

static void add_zones(struct reader *reader, const json_t *sample)
{
	const json_t *zones = rows(reader, sample, "zones"), *row;
	char *name;
	size_t i;

	for (i = 0; (row = json_array_get(zones, i)); i++) {
		int64_t node = number_of(reader, row, "node");

		if (asprintf(&name, "node %" PRId64 " %s", node == UNKNOWN ? 0 : node,
			     text_of(reader, row, "zone")) < 0)
			die(FAILED, "There is not enough memory.");
		add_point(reader, &reader->recording->zones, name, "", row, zone_values,
			  NR_ZONE_VALUES);
		free(name);
	}
}

static void add_tallies(struct reader *reader, struct all_tallies *all, const json_t *rows,
			const char *what, const char *by)
{
	struct recording *recording = reader->recording;
	const json_t *row;
	char *key, *kind;
	size_t i;

	for (i = 0; (row = json_array_get(rows, i)); i++) {
		struct tally tally = {
			.owner = text_of(reader, row, "owner"), .by = text_of(reader, row, by),
			.caller = text_of(reader, row, "caller"),
		};
		size_t at;

		if (asprintf(&kind, "%s%s", text_of(reader, row, what),
			     number_of(reader, row, "caught") == 1 ? ", caught in the act" : "") < 0)
			die(FAILED, "There is not enough memory.");
		tally.what = kind;
		if (asprintf(&key, "%s\n%s\n%s\n%s", tally.owner, tally.what, tally.by,
			     tally.caller) < 0)
			die(FAILED, "There is not enough memory.");
		at = place(all->at, key, all->nr);
		free(key);
		if (at == TALLIES_MOST)
			refuse(reader, "There are more than %lu kinds of refusals or violations.",
			       TALLIES_MOST);
		if (at == all->nr) {
			tally.owner = keep(recording, tally.owner);
			tally.what = keep(recording, tally.what);
			tally.by = keep(recording, tally.by);
			tally.caller = keep(recording, tally.caller);
			all->one = grow(all->one, all->nr, &all->room, sizeof(*all->one));
			all->one[all->nr++] = tally;
		}
		free(kind);
		if (recording->nr == 1) {
			all->one[at].before++;
			continue;
		}
		all->one[at].count++;
		all->one[at].ms = recording->ms[recording->nr - 1];
	}
}

/* ---- lines */

static void read_head(struct reader *reader, json_t *line)
{
	int64_t format = number_of(reader, line, "labyrinth_recording");

	if (format == UNKNOWN)
		refuse(reader, "This is no recording: it has no \"labyrinth_recording\".");
	if (format != RECORDING_FORMAT)
		refuse(reader, "Its format is %" PRId64 ", and this command knows %d.", format,
		       RECORDING_FORMAT);
	reader->recording->head = json_incref(line);
}

static void read_sample(struct reader *reader, json_t *line)
{
	struct recording *recording = reader->recording;
	int64_t ms = number_of(reader, line, "ms");

	if (ms < 0)
		refuse(reader, "It has no \"ms\", or one below 0.");
	if (recording->nr && ms < recording->ms[recording->nr - 1])
		refuse(reader, "Its \"ms\" is before the last one.");
	recording->ms = grow(recording->ms, recording->nr, &recording->room,
			     sizeof(*recording->ms));
	recording->ms[recording->nr++] = ms;
	add_owners(reader, line);
	add_zones(reader, line);
	add_tallies(reader, &recording->refusals, rows(reader, line, "refusals"), "reason",
		    "context");
	add_tallies(reader, &recording->violations, rows(reader, line, "violations"), "kind",
		    "offender");
}

static void read_words(struct reader *reader, json_t *line)
{
	struct recording *recording = reader->recording;

	number_of(reader, line, "ms");
	text_of(reader, line, "verdicts");
	text_of(reader, line, "advise");
	rows(reader, line, "dippers");
	json_decref(recording->words);
	recording->words = json_incref(line);
	recording->ended = json_is_true(json_object_get(line, "end"));
}

static void read_line(struct reader *reader, const char *data, size_t size)
{
	json_error_t error;
	json_t *line;

	if (memchr(data, 0, size))
		refuse(reader, "A byte is 0: this is no text.");
	line = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
	if (!line)
		refuse(reader, "This is no JSON: %s, at byte %d.", error.text, error.position);
	if (!json_is_object(line))
		refuse(reader, "This is no object.");
	if (reader->line == 1)
		read_head(reader, line);
	else if (json_object_get(line, "advise"))
		read_words(reader, line);
	else
		read_sample(reader, line);
	json_decref(line);
}

void recording_read(struct recording *recording, const char *file)
{
	struct reader reader = { recording, file, 0 };
	struct text text;
	const char *why, *end;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*recording = (struct recording){ .kept = need_memory(json_array()) };
	recording->owners.at = need_memory(json_object());
	recording->zones.at = need_memory(json_object());
	recording->refusals.at = need_memory(json_object());
	recording->violations.at = need_memory(json_object());
	if (fd < 0)
		die(FAILED, "%s: %s.", file, strerror(errno));
	if (!read_all(fd, &text, &why))
		die(why ? BAD_DATA : FAILED, "%s: %s", file, why ?: strerror(errno));
	close(fd);
	if (text.size > RECORDING_MOST)
		die(BAD_DATA, "%s: The file is larger than %lu MiB.", file, RECORDING_MOST >> 20);
	while (text.at < text.size) {
		const char *line = text.data + text.at;
		size_t left = text.size - text.at;

		reader.line++;
		end = memchr(line, '\n', left < SAMPLE_MOST ? left : SAMPLE_MOST);
		if (!end && left >= SAMPLE_MOST)
			refuse(&reader, "The line is longer than %lu MiB.", SAMPLE_MOST >> 20);
		if (!end)
			refuse(&reader, "The line is cut off.");
		read_line(&reader, line, end - line);
		text.at += end - line + 1;
	}
	free(text.data);
	reader.line++;
	if (!recording->nr)
		refuse(&reader, "There is no sample.");
}

static void series_free(struct all_series *all)
{
	size_t i;

	for (i = 0; i < all->nr; i++)
		free(all->one[i].point);
	free(all->one);
	json_decref(all->at);
}

void recording_free(struct recording *recording)
{
	series_free(&recording->owners);
	series_free(&recording->zones);
	free(recording->refusals.one);
	json_decref(recording->refusals.at);
	free(recording->violations.one);
	json_decref(recording->violations.at);
	json_decref(recording->head);
	json_decref(recording->words);
	json_decref(recording->kept);
	free(recording->ms);
	*recording = (struct recording){};
}

/* ---- aggregates */

int64_t point_growth(const struct series *series, size_t point, int value)
{
	const struct point *at = &series->point[point], *last = at - 1;
	int64_t now = at->value[value], before;

	if (now == UNKNOWN || !at->sample)
		return 0;
	/* A new owner of the same name counts from zero. */
	if (!point || at->value[ID] != last->value[ID])
		return now;
	before = last->value[value];
	if (before == UNKNOWN)
		return 0;
	return now < before ? now : now - before;
}

int64_t series_growth(const struct series *series, int value)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < series->nr; i++)
		if (__builtin_add_overflow(sum, point_growth(series, i, value), &sum))
			return NUMBER_MOST;
	return sum;
}

int64_t series_most(const struct series *series, int value)
{
	int64_t most = UNKNOWN;
	size_t i;

	for (i = 0; i < series->nr; i++)
		if (series->point[i].value[value] > most)
			most = series->point[i].value[value];
	return most;
}

int64_t series_last(const struct series *series, int value)
{
	return series->point[series->nr - 1].value[value];
}
