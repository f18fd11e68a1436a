// SPDX-License-Identifier: GPL-2.0
/*
 * sink - keep the frames that a network driver receives
 *
 * usage: sink COUNTER NUMBER [COMMAND]
 *
 * Bind a UDP socket that is never read, and wait until the number in the file COUNTER has grown
 * by NUMBER, or no longer grows. Print a line, and keep the socket and its frames until killed.
 *
 * COMMAND is the command file of lab_reserve: the machine is drained to min before the frames
 * are awaited, an owner is refused after them, and the machine is no longer drained when the
 * line is printed. Without COMMAND, the kernel log says that frames are awaited.
 *
 * On a drained machine no call here may need a page: the memory is locked, and all files are
 * opened and have been read before.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SINK_PORT		9
#define SINK_BYTES		(512 << 20)
#define SINK_TIMEOUT_S		100
#define SINK_QUIET_S		5
#define SINK_LOOKS_A_SECOND	20

static void check(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void sink_bind(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(SINK_PORT),
	};
	int bytes = SINK_BYTES, fd = socket(AF_INET, SOCK_DGRAM, 0);

	check(fd >= 0, "socket");
	check(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)), "rcvbuf");
	check(!bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
}

static long sink_count(int counter)
{
	char text[32] = "";

	check(pread(counter, text, sizeof(text) - 1, 0) > 0, "counter");
	return atol(text);
}

static void sink_wait(int counter, long before, long number)
{
	struct timespec pause = { .tv_nsec = 1000000000 / SINK_LOOKS_A_SECOND };
	long last = before, now = before;
	int i, same = 0;

	for (i = 0; i < SINK_TIMEOUT_S * SINK_LOOKS_A_SECOND && now - before < number; i++) {
		nanosleep(&pause, NULL);
		now = sink_count(counter);
		same = now == last && now != before ? same + 1 : 0;
		if (same == SINK_QUIET_S * SINK_LOOKS_A_SECOND)
			break;
		last = now;
	}
}

static void sink_tell(int fd, const char *words)
{
	check(write(fd, words, strlen(words)) == (ssize_t)strlen(words), words);
}

int main(int argc, char **argv)
{
	int counter, told;
	long before;

	if (argc < 3 || argc > 4)
		return 2;
	counter = open(argv[1], O_RDONLY);
	check(counter >= 0, argv[1]);
	told = open(argc == 4 ? argv[3] : "/dev/kmsg", O_WRONLY);
	check(told >= 0, "told");
	sink_bind();
	check(!mlockall(MCL_CURRENT | MCL_FUTURE), "mlockall");
	before = sink_count(counter);
	sink_tell(told, argc == 4 ? "hold" : "watch: frames are awaited\n");
	sink_wait(counter, before, atol(argv[2]));
	if (argc == 4) {
		sink_tell(told, "ask");
		sink_tell(told, "release");
	}
	puts("done");
	fflush(stdout);
	pause();
	return 0;
}
