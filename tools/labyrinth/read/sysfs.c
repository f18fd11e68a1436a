// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../message.h"
#include "parameter.h"
#include "sysfs.h"

#define OWNERS	SYSFS_FOLDER "/owners"
#define ZONES	SYSFS_FOLDER "/zones"

/* As in debugfs; the names are in the folders' names. */
static const char * const owner_columns[] = {
	"id", "module", "scope", "budget", "owned", "stocked", "stock", "peak", "from_reserve",
	"allocs", "frees", "refused", "violations", "quarantined", "reserve_pct", "bytes",
	"could_sleep", NULL
};

static const char * const zone_columns[] = {
	"free", "min", "low", "high", "lowmem_reserve", "cma", "highatomic", "atomic_floor",
	"depth_pct", "boost", NULL
};

bool sysfs_exists(void)
{
	return !access(SYSFS_FOLDER, F_OK);
}

/* The first word of a file, or "-" if there is none: an owner may be destroyed at any time. */
static void put_value(FILE *out, const char *folder, const char *name, const char *file)
{
	char path[512], word[64];
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, name, file);
	in = fopen(path, "re");
	fputs(in && fscanf(in, "%63s", word) == 1 ? word : "-", out);
	if (in)
		fclose(in);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	char path[512];
	long id[2] = {};
	int i;

	for (i = 0; i < 2; i++) {
		FILE *in;

		snprintf(path, sizeof(path), OWNERS "/%s/id", (i ? *b : *a)->d_name);
		in = fopen(path, "re");
		if (in && fscanf(in, "%ld", &id[i]) != 1)
			id[i] = 0;
		if (in)
			fclose(in);
	}
	return (id[0] > id[1]) - (id[0] < id[1]);
}

static int is_visible(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

static bool put_owners(FILE *out)
{
	struct dirent **found;
	int nr = scandir(OWNERS, &found, is_visible, by_number), row, i;

	fputs("name", out);
	for (i = 0; owner_columns[i]; i++)
		fprintf(out, " %s", owner_columns[i]);
	for (row = 0; row < nr; row++) {
		fprintf(out, "\n%s", found[row]->d_name);
		for (i = 0; owner_columns[i]; i++) {
			fputc(' ', out);
			put_value(out, OWNERS, found[row]->d_name, owner_columns[i]);
		}
		free(found[row]);
	}
	fputc('\n', out);
	if (nr >= 0)
		free(found);
	return nr >= 0;
}

/* The folders are called NODE-ZONE. */
static bool put_zones(FILE *out)
{
	struct dirent **found;
	int nr = scandir(ZONES, &found, is_visible, versionsort), row, i;

	fputs("node zone", out);
	for (i = 0; zone_columns[i]; i++)
		fprintf(out, " %s", zone_columns[i]);
	for (row = 0; row < nr; row++) {
		const char *name = found[row]->d_name;
		int node = strcspn(name, "-");

		fprintf(out, "\n%.*s %s", node, name, name[node] ? name + node + 1 : "-");
		for (i = 0; zone_columns[i]; i++) {
			fputc(' ', out);
			put_value(out, ZONES, name, zone_columns[i]);
		}
		free(found[row]);
	}
	fputc('\n', out);
	if (nr >= 0)
		free(found);
	return nr >= 0;
}

/* @path is owner/NAME/stats. */
static bool put_stats(FILE *out, const char *path)
{
	char folder[512], name[64] = "";
	struct dirent **found;
	int nr, row;

	if (sscanf(path, "owner/%63[^/]", name) != 1 || strcmp(path + 6 + strlen(name), "/stats"))
		return false;
	snprintf(folder, sizeof(folder), OWNERS "/%s", name);
	nr = scandir(folder, &found, is_visible, alphasort);
	fputs("name value\n", out);
	for (row = 0; row < nr; row++) {
		fprintf(out, "%s ", found[row]->d_name);
		put_value(out, OWNERS, name, found[row]->d_name);
		fputc('\n', out);
		free(found[row]);
	}
	if (nr >= 0)
		free(found);
	return nr > 0;
}

static bool put_watch(FILE *out)
{
	char *mode = parameter_read("watch");

	if (!mode)
		return false;
	fprintf(out, "%s\n", mode);
	free(mode);
	return true;
}

bool sysfs_read(const char *path, struct text *text)
{
	bool known = false;
	FILE *out;

	*text = (struct text){ .line = 1 };
	out = open_memstream(&text->data, &text->size);
	if (!out)
		die(FAILED, "There is not enough memory.");
	if (!strcmp(path, "owners"))
		known = put_owners(out);
	else if (!strcmp(path, "zones"))
		known = put_zones(out);
	else if (!strcmp(path, "watch"))
		known = put_watch(out);
	else if (!strncmp(path, "owner/", 6))
		known = put_stats(out, path);
	if (fclose(out))
		die(FAILED, "There is not enough memory.");
	if (!known) {
		free(text->data);
		*text = (struct text){};
	}
	return known;
}
