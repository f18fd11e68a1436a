// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that take turns, see turns.h. Each makes a turn for a byte that it reads, and answers
 * with a byte. At the end of what it reads, it finishes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"
#include "measure.h"
#include "native.h"
#include "turns.h"

#define MOST	16

struct process {
	int ask[2], answer[2];
	pid_t child;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void serve(const struct turns *what, const struct process *p, unsigned int nr)
{
	void *data = what->start(nr);
	char byte;

	while (read(p->ask[0], &byte, 1) == 1) {
		what->turn(data);
		if (write(p->answer[1], &byte, 1) != 1)
			die("write");
	}
	what->finish(data, nr);
	exit(0);
}

/* A process inherits the ends of those before it, and would keep them open. */
static void start(const struct turns *what, struct process *all, unsigned int nr)
{
	struct process *p = &all[nr];
	unsigned int i;

	if (pipe(p->ask) || pipe(p->answer))
		die("pipe");
	fflush(stdout);
	p->child = fork();
	if (p->child < 0)
		die("fork");
	if (!p->child) {
		for (i = 0; i <= nr; i++)
			close(all[i].ask[1]);
		close(p->answer[0]);
		cpu_become(0);
		serve(what, p, nr);
	}
	close(p->answer[1]);
}

static void turn(const struct process *p)
{
	char byte = 0;

	if (write(p->ask[1], &byte, 1) != 1 || read(p->answer[0], &byte, 1) != 1)
		native_die("a process that took turns has ended");
}

static void finish(const struct process *p)
{
	int status;

	close(p->ask[1]);
	if (waitpid(p->child, &status, 0) != p->child || status)
		native_die("a process that took turns has failed");
	close(p->answer[0]);
}

void take_turns(const struct turns *what, unsigned int nr_processes, unsigned int turns,
		double seconds)
{
	struct process all[MOST];
	double end;
	unsigned int i;

	if (nr_processes > MOST)
		native_die("too many processes to take turns");
	for (i = 0; i < nr_processes; i++)
		start(what, all, i);
	end = now() + seconds;
	do {
		for (i = 0; i < nr_processes; i++)
			turn(&all[i]);
	} while (--turns && now() < end);
	for (i = 0; i < nr_processes; i++)
		finish(&all[i]);
}
