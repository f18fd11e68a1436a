/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing of a recording. The file's cache needs memory, and a write waits for it: lines wait in
 * memory meanwhile, so that samples are taken on time.
 */
#ifndef WRITER_H
#define WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct line {
	struct line *next;
	size_t size;
	char *text;		/* freed once it is written */
};

struct writer {
	const char *file;
	int fd;
	int error;		/* errno of a write that failed; nothing is written after it */
	size_t queued;		/* bytes */
	struct line *first, **end;
	bool finish;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* Signals that must not be delivered to the writer's thread are blocked by now. */
void writer_start(struct writer *writer, int fd, const char *file);
/* Append a line, which has a newline. Takes @text. Waits if too much is queued. */
void writer_put(struct writer *writer, char *text, size_t size);
/* Wait until all is written. Returns 0 or an errno. */
int writer_finish(struct writer *writer);

#endif
