// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: two_threads DIR COMMAND COMMAND
 *
 * Write the first command to DIR/command from one thread and the second from another
 * thread of the process, and print the answers.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *dir;

static int open_in_dir(const char *name, int how)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, how);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void *say(void *command)
{
	char answer[512];
	ssize_t len;
	int fd;

	fd = open_in_dir("command", O_WRONLY);
	if (write(fd, command, strlen(command)) < 0)
		perror(command);
	close(fd);
	fd = open_in_dir("answer", O_RDONLY);
	len = read(fd, answer, sizeof(answer));
	close(fd);
	if (len > 0)
		fwrite(answer, len, 1, stdout);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t other;

	if (argc != 4) {
		fprintf(stderr, "usage: two_threads DIR COMMAND COMMAND\n");
		return 2;
	}
	dir = argv[1];
	say(argv[2]);
	if (pthread_create(&other, NULL, say, argv[3]))
		return 1;
	pthread_join(other, NULL);
	return 0;
}
