// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/labyrinth: the figures of owners and zones, a value per file, for any user and
 * without debugfs. No file has an address. None walks the tags or takes lab_owners_lock: reading
 * them all the time must not delay drivers or the shrinker.
 *
 * A file finds its owner or zone by the name of its folder, so the folder keeps no reference to
 * either. An owner and its table stay for a grace period after it left the list.
 */
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../core/owner.h"
#include "../core/watermark.h"
#include "figures.h"
#include "owner_diag.h"
#include "sysfs.h"
#include "words.h"

static struct kobject *lab_sysfs, *lab_sysfs_owners, *lab_sysfs_zones;

/* ---- owners */

#define LAB_NR_OWNER_FILES	(LAB_NR_OWNER_FIGURES + LAB_NR_REFUSALS + LAB_NR_VIOLATIONS)

/* In the order of figures, refusals and violations. */
static struct lab_owner_file {
	struct kobj_attribute file;
	char name[40];
} lab_owner_files[LAB_NR_OWNER_FILES];

static struct attribute *lab_owner_attrs[LAB_NR_OWNER_FILES + 1];
static const struct attribute_group lab_owner_group = { .attrs = lab_owner_attrs };

static int lab_owner_file_emit(const struct labyrinth_owner *owner, unsigned int i, char *buf)
{
	const struct lab_owner_diag *diag = owner->diag;
	int size;

	if (i < LAB_NR_OWNER_FIGURES) {
		size = lab_owner_figures[i].emit(owner, buf);
		return size + sysfs_emit_at(buf, size, "\n");
	}
	i -= LAB_NR_OWNER_FIGURES;
	if (i < LAB_NR_REFUSALS)
		return sysfs_emit(buf, "%ld\n", atomic_long_read(&diag->refused[i].nr));
	i -= LAB_NR_REFUSALS;
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&diag->violated[i].nr));
}

static ssize_t lab_owner_file_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned int i = container_of(attr, struct lab_owner_file, file) - lab_owner_files;
	const struct labyrinth_owner *owner;
	ssize_t size = -ENODEV;

	rcu_read_lock();
	list_for_each_entry_rcu(owner, &lab_owners, list)
		if (!strcmp(owner->name, kobject_name(kobj))) {
			size = lab_owner_file_emit(owner, i, buf);
			break;
		}
	rcu_read_unlock();
	return size;
}

static void lab_owner_file_init(unsigned int i, const char *prefix, const char *name)
{
	struct lab_owner_file *file = &lab_owner_files[i];

	snprintf(file->name, sizeof(file->name), "%s%s", prefix, name);
	file->file = (struct kobj_attribute){
		.attr = { .name = file->name, .mode = 0444 },
		.show = lab_owner_file_show,
	};
	lab_owner_attrs[i] = &file->file.attr;
}

static void lab_owner_files_init(void)
{
	unsigned int i, at = 0;

	for (i = 0; i < LAB_NR_OWNER_FIGURES; i++)
		lab_owner_file_init(at++, "", lab_owner_figures[i].name);
	for (i = 0; i < LAB_NR_REFUSALS; i++)
		lab_owner_file_init(at++, "refused_", lab_refusal_name(i));
	for (i = 0; i < LAB_NR_VIOLATIONS; i++)
		lab_owner_file_init(at++, "violations_", lab_violation_name(i));
}

/* The owner works without its folder: ignore errors. */
static struct kobject *lab_sysfs_folder(const char *name, struct kobject *parent,
					const struct attribute_group *group)
{
	struct kobject *folder = parent ? kobject_create_and_add(name, parent) : NULL;

	if (!folder || !group || !sysfs_create_group(folder, group))
		return folder;
	kobject_put(folder);
	return NULL;
}

/* Waits until none of its files is being read. */
static void lab_sysfs_folder_remove(struct kobject *folder)
{
	/* The last put may free it later. */
	kobject_del(folder);
	kobject_put(folder);
}

void lab_sysfs_owner_create(struct labyrinth_owner *owner)
{
	owner->diag->folder = lab_sysfs_folder(owner->name, lab_sysfs_owners, &lab_owner_group);
}

void lab_sysfs_owner_remove(struct labyrinth_owner *owner)
{
	lab_sysfs_folder_remove(owner->diag->folder);
	owner->diag->folder = NULL;
}

/* ---- zones */

static struct kobj_attribute lab_zone_files[LAB_NR_ZONE_FIGURES];
static struct attribute *lab_zone_attrs[LAB_NR_ZONE_FIGURES + 1];
static const struct attribute_group lab_zone_group = { .attrs = lab_zone_attrs };

/* The zone of a folder named NODE-ZONE, or NULL. */
static struct zone *lab_sysfs_zone(const char *name)
{
	int nid = 0, i;

	if (sscanf(name, "%d-", &nid) != 1 || !node_online(nid))
		return NULL;
	name = strchr(name, '-') + 1;
	for (i = 0; i <= LAB_HIGHEST_ZONE; i++)
		if (!strcmp(NODE_DATA(nid)->node_zones[i].name, name))
			return &NODE_DATA(nid)->node_zones[i];
	return NULL;
}

static ssize_t lab_zone_file_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct lab_zone_figure *figure = &lab_zone_figures[attr - lab_zone_files];
	struct zone *zone = lab_sysfs_zone(kobject_name(kobj));
	struct lab_level level;

	if (!zone)
		return -ENODEV;
	lab_level_read(zone, LAB_HIGHEST_ZONE, &level);
	return sysfs_emit(buf, "%ld\n", figure->get(zone, &level));
}

static void lab_zone_files_init(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < LAB_NR_ZONE_FIGURES; i++) {
		if (lab_zone_figures[i].walks)
			continue;
		lab_zone_files[i] = (struct kobj_attribute){
			.attr = { .name = lab_zone_figures[i].name, .mode = 0444 },
			.show = lab_zone_file_show,
		};
		lab_zone_attrs[nr++] = &lab_zone_files[i].attr;
	}
}

static struct kobject **lab_zone_folders;
static unsigned int lab_nr_zone_folders;

/*
 * A folder for each zone that has memory now. One that gets its first memory later is in debugfs
 * only.
 */
static void lab_sysfs_zones_make(void)
{
	char name[32];
	int nid, i;

	lab_zone_folders = kcalloc(nr_node_ids * (LAB_HIGHEST_ZONE + 1),
				   sizeof(*lab_zone_folders), GFP_KERNEL);
	if (!lab_zone_folders)
		return;
	for_each_online_node(nid)
		for (i = 0; i <= LAB_HIGHEST_ZONE; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (!populated_zone(zone))
				continue;
			snprintf(name, sizeof(name), "%d-%s", nid, zone->name);
			lab_zone_folders[lab_nr_zone_folders++] =
				lab_sysfs_folder(name, lab_sysfs_zones, &lab_zone_group);
		}
}

void lab_sysfs_init(void)
{
	lab_owner_files_init();
	lab_zone_files_init();
	lab_sysfs = lab_sysfs_folder("labyrinth", kernel_kobj, NULL);
	lab_sysfs_owners = lab_sysfs_folder("owners", lab_sysfs, NULL);
	lab_sysfs_zones = lab_sysfs_folder("zones", lab_sysfs, NULL);
	lab_sysfs_zones_make();
}

/* No owner is left, and their folders are removed. */
void lab_sysfs_exit(void)
{
	while (lab_nr_zone_folders)
		lab_sysfs_folder_remove(lab_zone_folders[--lab_nr_zone_folders]);
	kfree(lab_zone_folders);
	lab_sysfs_folder_remove(lab_sysfs_zones);
	lab_sysfs_folder_remove(lab_sysfs_owners);
	lab_sysfs_folder_remove(lab_sysfs);
}
