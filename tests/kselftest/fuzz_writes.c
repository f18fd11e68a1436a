// SPDX-License-Identifier: GPL-2.0
/*
 * Usage: fuzz_writes SEED ROUNDS KIND FILE
 *
 * Write random text to FILE, ROUNDS times, and check each result. KIND defines which text
 * is valid and which result a write must have:
 *
 *	pct		0 to 100; FILE then reads as the number written
 *	stock=BUDGET	0 to BUDGET, or -ENOSPC; FILE then reads as the number written
 *	reset		1
 *	lookup		a number, or one after "pfn", "phys" or "addr"; may be -EINVAL
 *
 * With "+racing" after KIND, other processes write as well and the file may be removed and
 * created again: FILE may be missing, and may read as any valid value.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST	1048576	/* bytes in one write */
#define LONGEST	64		/* bytes that a file accepts */

enum kind { PCT, STOCK, RESET, LOOKUP };

static enum kind kind;
static unsigned long long most_valid;
static bool racing;
static const char *path, *seed;
static unsigned long long state;
static char text[MOST];
static size_t size;
static char value[32];		/* expected contents of the file */
static unsigned long taken, refused, gone;

static unsigned int rnd(unsigned int below)
{
	/* xorshift64*: one seed gives the same numbers on every machine. */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned int)(state * 2685821657736338717ULL >> 32) % below;
}

static void say(const char *what, int err)
{
	size_t i;

	printf("%s: seed %s: %s, errno %d, %zu bytes: ", path, seed, what, err, size);
	for (i = 0; i < size && i < 80; i++)
		printf(text[i] >= ' ' && text[i] <= '~' ? "%c" : "\\x%02x", text[i] & 0xff);
	printf("\n");
	exit(1);
}

static void print(const char *format, unsigned long long n)
{
	size = snprintf(text, sizeof(text), format, n);
}

static void random_bytes(size_t nr)
{
	for (size = 0; size < nr; size++)
		text[size] = rnd(256);
}

static unsigned long long number(void)
{
	unsigned long long n = (unsigned long long)rnd(1u << 31) << 32 | rnd(1u << 31);

	return n >> rnd(64);
}

static void mutate(void)
{
	size_t at = size ? rnd(size) : 0;

	switch (rnd(6)) {
	case 0:
		text[at] = rnd(256);
		break;
	case 1:
		size = at;
		break;
	case 2:
		text[size++] = rnd(256);
		break;
	case 3:
		text[size++] = '\0';
		break;
	case 4:
		memmove(text + 1, text, size++);
		text[0] = "-+0x \t"[rnd(6)];
		break;
	default:
		memset(text + size, "\n \t1"[rnd(4)], 70);
		size += rnd(70);
	}
}

#define NR_WORDS	16

static void make_text(void)
{
	static const char * const words[NR_WORDS] = {
		"%llu", "%llu\n", "0x%llx", "-%llu", "+%llu", " %llu ", "%llu 1", "%llux",
		"%llu.0", "pfn %llu", "phys %llu", "addr 0x%llx", "addr 0xffff888%09llx", "pfn",
		"99999999999%llu", "pfx %llu",
	};

	switch (rnd(8)) {
	case 0:
		random_bytes(rnd(LONGEST * 2));
		break;
	case 1:
		random_bytes(rnd(20) ? rnd(4096) : MOST);
		break;
	case 2:
		/* A valid beginning. */
		print("1\n", 0);
		memset(text + size, rnd(2) ? ' ' : '1', LONGEST);
		size += rnd(LONGEST);
		break;
	case 3:
		print(words[rnd(NR_WORDS)], number());
		mutate();
		break;
	case 4:
	case 5:
		print(words[rnd(NR_WORDS)], number());
		break;
	default:
		print(rnd(2) ? "%llu" : "0x%llx\n", rnd(most_valid + 2));
	}
}

/* A number as the kernel accepts it: decimal or 0x, no sign, no other character. */
static bool parse(const char *from, const char *end, unsigned long long *n)
{
	unsigned int base = 10, digit;

	if (from == end || *from < '0' || *from > '9')
		return false;
	if (end - from > 2 && from[0] == '0' && (from[1] | 32) == 'x') {
		base = 16;
		from += 2;
	}
	for (*n = 0; from < end; from++) {
		if (*from >= '0' && *from <= '9')
			digit = *from - '0';
		else if ((*from | 32) >= 'a' && (*from | 32) <= 'f')
			digit = (*from | 32) - 'a' + 10;
		else
			return false;
		if (digit >= base || *n > (~0ULL - digit) / base)
			return false;
		*n = *n * base + digit;
	}
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (c & 0xff) == 0xa0;
}

static bool parse_lookup(const char *from, const char *end, unsigned long long *n)
{
	static const char * const words[] = { "pfn", "phys", "addr" };
	const char *gap = from;
	size_t i;

	while (gap < end && *gap != ' ' && *gap != '\t')
		gap++;
	if (gap == end)
		return parse(from, end, n);
	for (i = 0; i < 3; i++)
		if (strlen(words[i]) == (size_t)(gap - from) && !memcmp(words[i], from, gap - from))
			break;
	while (gap < end && is_space(*gap))
		gap++;
	return i < 3 && parse(gap, end, n);
}

/* Is the text valid for the file? Only the kernel can tell whether the page exists. */
static bool valid(unsigned long long *n)
{
	const char *from = text, *end = text + size;

	if (size > LONGEST || memchr(text, 0, size))
		return false;
	while (from < end && is_space(*from))
		from++;
	while (from < end && is_space(end[-1]))
		end--;
	if (kind == LOOKUP)
		return parse_lookup(from, end, n);
	if (kind == RESET)
		return end - from == 1 && *from == '1';
	return parse(from, end, n) && *n <= most_valid;
}

static bool file_gone(int err)
{
	return racing && (err == ENOENT || err == EIO);
}

static void read_value(char *into)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, into, sizeof(value) - 1);
	int err = errno;

	if (len < 0)
		into[0] = '\0';
	else
		into[len] = '\0';
	if (fd >= 0)
		close(fd);
	if (len < 0 && !file_gone(err))
		say("cannot be read", err);
}

static void check_value(bool was_taken, unsigned long long n)
{
	unsigned long long now;
	char after[32];

	if (kind == LOOKUP || kind == RESET)
		return;
	read_value(after);
	if (racing) {
		if (*after && (!parse(after, after + strlen(after) - 1, &now) || now > most_valid))
			say("reads as an invalid value", 0);
		return;
	}
	if (was_taken)
		snprintf(value, sizeof(value), "%llu\n", n);
	if (strcmp(value, after))
		say("reads as another value than the last one accepted", 0);
}

/* Write the text at the beginning or at an offset, then try to write more. */
static void write_once(void)
{
	unsigned long long n = 0;
	off_t at = rnd(10) ? 0 : 1 + rnd(70);
	bool may = valid(&n) && !at, was_taken;
	int fd = open(path, rnd(2) ? O_WRONLY : O_RDWR), err;
	ssize_t ret;

	if (fd < 0) {
		if (!file_gone(errno))
			say("cannot be opened", errno);
		gone++;
		usleep(1000);	/* until the owner is created again */
		return;
	}
	ret = rnd(3) ? pwrite(fd, text, size, at) :
	      lseek(fd, at, SEEK_SET) == at ? write(fd, text, size) : -1;
	err = ret < 0 ? errno : 0;
	was_taken = ret >= 0;
	if (was_taken && ret != (ssize_t)size)
		say("accepted a part", 0);
	if (file_gone(err))
		gone++;
	else if (was_taken && !may)
		say("accepted invalid text", 0);
	else if (!was_taken && may && kind != LOOKUP && !(kind == STOCK && err == ENOSPC))
		say("refused valid text", err);
	else if (!was_taken && err != EINVAL && !(kind == STOCK && err == ENOSPC))
		say("refused with another errno than EINVAL", err);
	else if (was_taken)
		taken++;
	else
		refused++;
	/* The second part of a number in two writes must be refused. */
	if (was_taken && lseek(fd, 0, SEEK_CUR) > 0 && write(fd, "1", 1) >= 0)
		say("accepted a second write", 0);
	close(fd);
	check_value(was_taken, n);
}

static bool parse_kind(char *word)
{
	char *plus = strchr(word, '+');

	racing = plus && !strcmp(plus, "+racing");
	if (plus)
		*plus = '\0';
	if (!strcmp(word, "pct")) {
		kind = PCT;
		most_valid = 100;
	} else if (sscanf(word, "stock=%llu", &most_valid) == 1) {
		kind = STOCK;
	} else if (!strcmp(word, "reset")) {
		kind = RESET;
		most_valid = 1;
	} else if (!strcmp(word, "lookup")) {
		kind = LOOKUP;
		most_valid = 100000;
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned long rounds;

	if (argc != 5 || !parse_kind(argv[3])) {
		fprintf(stderr, "usage: fuzz_writes SEED ROUNDS KIND FILE\n");
		return 2;
	}
	state = strtoull(argv[1], NULL, 0) * 0x9e3779b97f4a7c15ULL + 1;
	seed = argv[1];
	path = argv[4];
	if (kind == PCT || kind == STOCK)
		read_value(value);
	for (rounds = strtoul(argv[2], NULL, 0); rounds; rounds--) {
		make_text();
		write_once();
	}
	printf("%s: seed %s, %lu taken, %lu refused, %lu gone\n", path, seed, taken, refused,
	       gone);
	/* A run that is all accepted or all refused tests little, unless the file was missing. */
	return !racing && (!refused || !taken);
}
