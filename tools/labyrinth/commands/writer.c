// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../message.h"
#include "../read/recording.h"
#include "writer.h"

#define QUEUED_MOST	SAMPLE_MOST

/* Returns 0 or an errno. The file has whole lines in either case. */
static int put(int fd, const struct line *line)
{
	off_t begin = lseek(fd, 0, SEEK_END);
	ssize_t put = write(fd, line->text, line->size);
	int error = put < 0 ? errno : ENOSPC;

	if (put == (ssize_t)line->size)
		return 0;
	if (ftruncate(fd, begin))
		error = errno;
	return error;
}

static void *write_lines(void *data)
{
	struct writer *writer = data;

	pthread_mutex_lock(&writer->lock);
	for (;;) {
		struct line *line = writer->first;
		int error;

		if (!line && writer->finish)
			break;
		if (!line) {
			pthread_cond_wait(&writer->changed, &writer->lock);
			continue;
		}
		pthread_mutex_unlock(&writer->lock);
		error = writer->error ?: put(writer->fd, line);
		pthread_mutex_lock(&writer->lock);
		writer->error = error;
		writer->queued -= line->size;
		writer->first = line->next;
		if (!writer->first)
			writer->end = &writer->first;
		free(line->text);
		free(line);
		pthread_cond_broadcast(&writer->changed);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

void writer_start(struct writer *writer, int fd, const char *file)
{
	int error;

	*writer = (struct writer){ .fd = fd, .file = file, .end = &writer->first };
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->changed, NULL);
	error = pthread_create(&writer->thread, NULL, write_lines, writer);
	if (error)
		die(FAILED, "A thread cannot be created: %s.", strerror(error));
}

void writer_put(struct writer *writer, char *text, size_t size)
{
	struct line *line = allocate(NULL, 1, sizeof(*line));
	int error;

	*line = (struct line){ .text = text, .size = size };
	pthread_mutex_lock(&writer->lock);
	while (writer->queued && writer->queued + size > QUEUED_MOST && !writer->error)
		pthread_cond_wait(&writer->changed, &writer->lock);
	*writer->end = line;
	writer->end = &line->next;
	writer->queued += size;
	error = writer->error;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	if (error)
		die(FAILED, "%s: %s.", writer->file, strerror(error));
}

int writer_finish(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->finish = true;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->thread, NULL);
	return writer->error;
}
