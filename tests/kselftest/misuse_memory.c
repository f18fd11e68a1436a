// SPDX-License-Identifier: GPL-2.0
/* Map a page into a process, and count the machine's memory. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/vmstat.h>

#include "misuse.h"

static int misuse_mmap(struct file *file, struct vm_area_struct *vma)
{
	return vm_insert_page(vma, vma->vm_start, file->private_data);
}

static const struct file_operations misuse_mapped_fops = {
	.owner = THIS_MODULE,
	.mmap = misuse_mmap,
};

/* Map the page into the calling process, as a driver's mmap() would. */
bool misuse_map(struct misuse *p)
{
	if (!current->mm)
		return false;
	p->file = anon_inode_getfile("lab_test_misuse", &misuse_mapped_fops, p->page, O_RDWR);
	if (IS_ERR(p->file)) {
		p->file = NULL;
		return false;
	}
	p->mm = current->mm;
	p->address = vm_mmap(p->file, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	if (!IS_ERR_VALUE(p->address))
		return true;
	fput(p->file);
	p->file = NULL;
	return false;
}

/* In another process do nothing: the mapping ends with the process that it is in. */
bool misuse_unmap(struct misuse *p)
{
	bool done;

	if (!p->file)
		return false;
	done = p->mm == current->mm && !vm_munmap(p->address, PAGE_SIZE);
	fput(p->file);
	p->file = NULL;
	return done;
}

static long misuse_zone_pages(struct zone *zone)
{
	int cpu;
	/* Other CPUs may change the counters: then the sum is approximate. */
	long nr = data_race(zone_page_state_snapshot(zone, NR_FREE_PAGES));

	for_each_possible_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return nr;
}

static long misuse_node_pages(const struct pglist_data *node, enum node_stat_item item)
{
	long nr = atomic_long_read(&node->vm_stat[item]);
	int cpu;

	for_each_possible_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(node->per_cpu_nodestats, cpu)->vm_node_stat_diff[item]);
	return nr;
}

/*
 * The number of free pages, including per-CPU lists, plus the pages of slabs, because slab
 * caches grow and shrink with handles of destroyed owners and other objects. Exact if the
 * machine is otherwise idle.
 */
long misuse_memory(void)
{
	long nr = 0;
	int nid, i;

	/* Page tables are freed after a grace period. */
	rcu_barrier();
	for_each_online_node(nid) {
		struct pglist_data *node = NODE_DATA(nid);

		for (i = 0; i < MAX_NR_ZONES; i++)
			if (populated_zone(&node->node_zones[i]))
				nr += misuse_zone_pages(&node->node_zones[i]);
		nr += misuse_node_pages(node, NR_SLAB_RECLAIMABLE_B);
		nr += misuse_node_pages(node, NR_SLAB_UNRECLAIMABLE_B);
	}
	return nr;
}
