// SPDX-License-Identifier: GPL-2.0
/*
 * Record samples of the tables for "labyrinth report". Each line is written whole or not at
 * all, and the last one is marked as the end, so an interrupted recording can be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../command.h"
#include "../memory.h"
#include "../message.h"
#include "../read/kept.h"
#include "../read/recording.h"
#include "../read/watch_table.h"
#include "../show/json.h"
#include "../wait.h"
#include "writer.h"

#define INTERVAL	1000	/* ms */
#define INTERVAL_LEAST	10
#define WORDS_EVERY	60000	/* ms, if there are new rows */
#define ROOM_KEPT	(3 * SAMPLE_MOST)	/* for a sample and two text records */
#define ROWS_MOST	1024	/* refusals or violations per sample */
#define HELD		(2 * SAMPLE_MOST)	/* memory for samples and the lines that wait */

struct recorder {
	const struct source *source;
	const char *file;
	struct kept owners, zones, refusal_table, violation_table;
	struct writer writer;
	size_t size;
	int64_t begun, said;	/* ms */
	int64_t refusals, violations;	/* last seq written */
	sigset_t held;
	bool news;		/* rows since the last text record */
	bool dry;		/* a zone is below its min mark */
};

/* ---- lines */

static void put_line(struct recorder *recorder, json_t *line)
{
	char *text = json_dumps(line, JSON_ENSURE_ASCII | JSON_COMPACT);
	size_t size = text ? strlen(text) + 1 : 0;

	json_decref(line);
	if (!text)
		die(FAILED, "There is not enough memory.");
	if (size > SAMPLE_MOST)
		die(FAILED, "%s: A line would be longer than %lu MiB.", recorder->file,
		    SAMPLE_MOST >> 20);
	text[size - 1] = '\n';
	recorder->size += size;
	writer_put(&recorder->writer, text, size);
}

static json_t *first_number(const char *file)
{
	int64_t value = UNKNOWN;
	FILE *in = fopen(file, "re");

	if (in && fscanf(in, "%" SCNd64, &value) != 1)
		value = UNKNOWN;
	if (in)
		fclose(in);
	return json_count(value);
}

/* A saved folder describes the machine that saved it. */
static void add_machine(const struct source *source, json_t *line)
{
	struct utsname machine;
	struct table saved;
	char word[64];

	if (source->live) {
		uname(&machine);
		first_word("/sys/module/labyrinth/srcversion", word);
		json_add(line, "srcversion", json_text(word));
		first_word("/sys/module/labyrinth/version", word);
		json_add(line, "module", json_text(word));
		json_add(line, "kernel", json_text(machine.release));
		json_add(line, "machine", json_text(machine.machine));
		json_add(line, "min_free_kbytes", first_number("/proc/sys/vm/min_free_kbytes"));
	} else if (source_table(source, "saved", &saved)) {
		need_pairs(&saved);
		json_add(line, "srcversion", json_text(table_value(&saved, "srcversion") ?: "-"));
		json_add(line, "module", json_text(table_value(&saved, "module") ?: "-"));
		json_add(line, "kernel", json_text(table_value(&saved, "kernel") ?: "-"));
		json_add(line, "machine", json_text(table_value(&saved, "machine") ?: "-"));
		json_add(line, "min_free_kbytes",
			 json_count(table_value_number(&saved, "min_free_kbytes")));
		table_free(&saved);
	}
}

static void put_head(struct recorder *recorder, int64_t interval)
{
	json_t *line = json_object();
	time_t today = time(NULL);
	char date[32];

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&today));
	json_add(line, "labyrinth_recording", json_count(RECORDING_FORMAT));
	json_add(line, "command", json_text(VERSION));
	json_add(line, "date", json_text(date));
	json_add(line, "interval_ms", json_count(interval));
	add_machine(recorder->source, line);
	put_line(recorder, line);
}

/* ---- samples */

static json_t *all_rows(const struct table *table)
{
	json_t *rows = json_array();
	size_t row;

	for (row = 0; row < table->nr_rows; row++)
		json_array_append_new(rows, json_row(table, row));
	return rows;
}

/* Rows with a seq above @last. A lower seq means that the module was loaded again. */
static json_t *new_rows(struct recorder *recorder, struct kept *kept, int64_t *last)
{
	json_t *rows = json_array();
	struct table table;
	int64_t seq = UNKNOWN;
	int column;
	size_t row;

	if (!kept_table(recorder->source, kept, &table))
		return rows;
	column = need_column(&table, "seq");
	if (table.nr_rows)
		seq = table_number(&table, table.nr_rows - 1, column);
	if (seq < *last)
		*last = 0;
	row = table.nr_rows > ROWS_MOST ? table.nr_rows - ROWS_MOST : 0;
	for (; row < table.nr_rows; row++)
		if (table_number(&table, row, column) > *last)
			json_array_append_new(rows, json_row(&table, row));
	if (seq > *last)
		*last = seq;
	if (json_array_size(rows))
		recorder->news = true;
	table_free(&table);
	return rows;
}

static bool is_dry(const struct table *zones)
{
	int column = table_column(zones, "depth_pct");
	size_t row;

	for (row = 0; row < zones->nr_rows; row++)
		if (table_number(zones, row, column) > 0)
			return true;
	return false;
}

static json_t *take_sample(struct recorder *recorder)
{
	json_t *line = json_object();
	struct table table;

	json_add(line, "ms", json_count(clock_ms() - recorder->begun));
	kept_need_table(recorder->source, &recorder->owners, &table);
	need_column(&table, "name");
	json_add(line, "owners", all_rows(&table));
	table_free(&table);
	kept_need_table(recorder->source, &recorder->zones, &table);
	need_column(&table, "zone");
	recorder->dry = is_dry(&table);
	json_add(line, "zones", all_rows(&table));
	table_free(&table);
	json_add(line, "refusals",
		 new_rows(recorder, &recorder->refusal_table, &recorder->refusals));
	json_add(line, "violations",
		 new_rows(recorder, &recorder->violation_table, &recorder->violations));
	return line;
}

/* ---- words */

/* Read the pipe to its end and keep the last lines, up to WORDS_MOST bytes. */
static char *read_end(int fd)
{
	size_t room = 2 * WORDS_MOST, size = 0, over;
	char *text = allocate(NULL, room + 1, 1), *line;
	ssize_t got;

	while ((got = read(fd, text + size, room - size)) > 0 || (got < 0 && errno == EINTR)) {
		size += got > 0 ? got : 0;
		if (size < room)
			continue;
		memmove(text, text + room - WORDS_MOST, WORDS_MOST);
		size = WORDS_MOST;
	}
	text[size] = 0;
	if (size <= WORDS_MOST)
		return text;
	over = size - WORDS_MOST;
	line = memchr(text + over, '\n', size - over);
	if (line)
		memmove(text, line + 1, size - (line - text));
	return text;
}

/*
 * The output of a command, or null if it failed. It runs in a child process, because it exits
 * if a table is missing.
 */
static json_t *said_by(const struct source *source, const struct command *command)
{
	const struct options options = { .older_than = UNKNOWN, .limit = UNKNOWN };
	int ends[2], status = -1;
	json_t *said;
	char *text;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		die(FAILED, "A pipe cannot be created: %s.", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die(FAILED, "A process cannot be created: %s.", strerror(errno));
	if (!pid) {
		int none = open("/dev/null", O_WRONLY | O_CLOEXEC);

		die_first = NULL;
		dup2(none, STDERR_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		command->run(source, &options, NULL);
		_exit(fflush(stdout) ? FAILED : DONE);
	}
	close(ends[1]);
	text = read_end(ends[0]);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	said = status ? json_null() : json_text(text);
	free(text);
	return said;
}

/* Not in each sample: the table is long, and most of its figures only grow. */
static void add_dippers(const struct source *source, json_t *line)
{
	struct table dippers;

	if (!watch_table(source, "dippers", &dippers))
		return;
	json_add(line, "dippers", all_rows(&dippers));
	table_free(&dippers);
}

static void put_words(struct recorder *recorder, const char *end)
{
	json_t *line = json_object();

	recorder->said = clock_ms();
	recorder->news = false;
	json_add(line, "ms", json_count(recorder->said - recorder->begun));
	json_add(line, "verdicts", said_by(recorder->source, &verdicts_command));
	json_add(line, "advise", said_by(recorder->source, &advise_command));
	add_dippers(recorder->source, line);
	if (end) {
		json_add(line, "end", json_true());
		json_add(line, "why", json_text(end));
	}
	put_line(recorder, line);
}

/* ---- the command */

/* Time of the first sample after @last that is not yet due. */
static int64_t next_sample(int64_t last, int64_t interval)
{
	int64_t late = clock_ms() - last;

	return last + (late / interval + 1) * interval;
}

/* Returns the reason why the recording ended. */
static const char *put_samples(struct recorder *recorder, const struct options *options,
			       int64_t interval, json_t *sample)
{
	int64_t nr = 0, next = recorder->begun;

	for (;;) {
		put_line(recorder, sample);
		nr++;
		/* A process needs memory. */
		if (recorder->news && !recorder->dry && clock_ms() - recorder->said >= WORDS_EVERY)
			put_words(recorder, NULL);
		if (options->count != UNKNOWN && nr >= options->count)
			return "count";
		next = next_sample(next, interval);
		if (options->time != UNKNOWN && next - recorder->begun > options->time)
			return "time";
		if (!wait_until(&recorder->held, next))
			return "interrupted";
		sample = take_sample(recorder);
		if (recorder->size + ROOM_KEPT > RECORDING_MOST) {
			json_decref(sample);
			return "size";
		}
	}
}

static struct writer *being_written;

/* The samples up to an error are kept. */
static void finish_writing(void)
{
	die_first = NULL;
	writer_finish(being_written);
}

static void run(const struct source *source, const struct options *options, char **args)
{
	struct recorder recorder = {
		.source = source, .file = args[0], .begun = clock_ms(),
		.owners.path = "owners", .zones.path = "zones",
		.refusal_table.path = "refusals", .violation_table.path = "violations",
	};
	int64_t interval = options->interval == UNKNOWN ? INTERVAL : options->interval;
	const char *why;
	json_t *sample;
	int fd;

	if (interval < INTERVAL_LEAST)
		die(USAGE, "--interval must be at least %dms.", INTERVAL_LEAST);
	if (!options->count)
		die(USAGE, "--count must be at least 1.");
	source_note_closed(source, "refusals and violations");
	memory_hold(HELD);
	/* Before the file is created, so that a failure leaves no file. */
	sample = take_sample(&recorder);
	block_signals(&recorder.held);
	fd = open(args[0], O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		die(FAILED, "%s: %s.", args[0], strerror(errno));
	writer_start(&recorder.writer, fd, args[0]);
	being_written = &recorder.writer;
	die_first = finish_writing;
	recorder.said = recorder.begun;
	put_head(&recorder, interval);
	why = put_samples(&recorder, options, interval, sample);
	put_words(&recorder, why);
	die_first = NULL;
	errno = writer_finish(&recorder.writer);
	if (errno || close(fd))
		die(FAILED, "%s: %s.", args[0], strerror(errno));
	if (!strcmp(why, "size"))
		fprintf(stderr, "labyrinth: The recording has reached its greatest size and ends here.\n");
}

const struct command record_command = {
	.name = "record",
	.args = "FILE",
	.summary = "take samples of owners and zones, for report",
	.takes = TAKES_SAMPLES,
	.least = 1,
	.most = 1,
	.run = run,
	.example = "record --time=15m night.jsonl",
};
