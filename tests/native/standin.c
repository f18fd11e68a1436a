// SPDX-License-Identifier: GPL-2.0
/*
 * Stand-ins for what labyrinth's and the peers' slow paths call, but for memory: see memory.c.
 * Each does as much as the tests here need. What has none stops the process and is named, see
 * missing.sh.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/page_pool/types.h>

#include "native.h"

struct cpumask __cpu_possible_mask, __cpu_online_mask;
unsigned int nr_cpu_ids;
struct cpuinfo_x86 boot_cpu_data;
struct static_key_true init_on_alloc;
struct static_key_false init_on_free, hugetlb_optimize_vmemmap_key;
struct srcu_struct tracepoint_srcu;

ssize_t sized_strscpy(char *to, const char *from, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i];
	to[i] = '\0';
	return i;
}

unsigned int cpumask_next_wrap(int n, const struct cpumask *mask, int start, bool wrap)
{
	unsigned int next = cpumask_next(n, mask);

	return next < nr_cpu_ids ? next : cpumask_first(mask);
}

unsigned int __bitmap_weight(const unsigned long *bits, unsigned int nr)
{
	unsigned int i, weight = 0;

	for (i = 0; i < nr; i++)
		weight += bits[i / BITS_PER_LONG] >> i % BITS_PER_LONG & 1;
	return weight;
}

void *memchr_inv(const void *mem, int byte, size_t size)
{
	const u8 *at;

	for (at = mem; size; at++, size--)
		if (*at != (u8)byte)
			return (void *)at;
	return NULL;
}

/* The files that tell of an owner are not made. */
struct dentry *debugfs_create_dir(const char *name, struct dentry *parent)
{
	return ERR_PTR(-ENODEV);
}

u64 jiffies64_to_msecs(u64 j)
{
	return j * (MSEC_PER_SEC / HZ);
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	return pfn_to_page(pfn);
}

void native_tick(void)
{
	jiffies++;
}

/* ---- locks: a byte that is 0 or 1 */

void _raw_spin_lock(raw_spinlock_t *lock)
{
	while (atomic_cmpxchg_acquire(&lock->raw_lock.val, 0, 1))
		cpu_relax();
}

void _raw_spin_lock_bh(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
}

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	_raw_spin_lock(lock);
	return 0;
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	atomic_set_release(&lock->raw_lock.val, 0);
}

void _raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	_raw_spin_unlock(lock);
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	_raw_spin_unlock(lock);
}

/* Owners are created and destroyed by one thread. */
void mutex_lock(struct mutex *lock)
{
}

void mutex_unlock(struct mutex *lock)
{
}

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
}

void __rcu_read_lock(void)
{
}

void __rcu_read_unlock(void)
{
}

/* ---- numbers of owners and of pools */

static void *numbered[1U << 16];
static int last_number;

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	if (last_number + 1 == ARRAY_SIZE(numbered))
		native_die("idr: the numbers are used up");
	numbered[++last_number] = ptr;
	return last_number;
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	return id < ARRAY_SIZE(numbered) ? READ_ONCE(numbered[id]) : NULL;
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	return xchg(&numbered[id], NULL);
}

/* As in net/core/page_pool_priv.h. */
int page_pool_list(struct page_pool *pool);

int page_pool_list(struct page_pool *pool)
{
	return 0;
}

/* ---- timers: a delayed work needs none, see work.c */

void init_timer_key(struct timer_list *timer, void (*func)(struct timer_list *), unsigned int flags,
		    const char *name, struct lock_class_key *key)
{
}

void delayed_work_timer_fn(struct timer_list *timer)
{
}

/* ---- what a call of the kernel's own checks answers here */

bool __list_add_valid_or_report(struct list_head *new, struct list_head *prev,
				struct list_head *next)
{
	return true;
}

bool __list_del_entry_valid_or_report(struct list_head *entry)
{
	return true;
}

void __module_get(struct module *module)
{
}

void module_put(struct module *module)
{
}

void put_pid(struct pid *pid)
{
}

/* No such function is anywhere. */
void native_no_stand_in(void);

void native_call_missing(void)
{
	native_no_stand_in();
}

/* A thread serves a softirq, as when a network driver polls. */
static void native_cpu_boot(unsigned int cpu)
{
	unsigned long base = native_cpu_base(cpu);

	*(unsigned long *)(base + (unsigned long)&this_cpu_off) = base;
	((struct pcpu_hot *)(base + (unsigned long)&pcpu_hot))->current_task =
		native_memory(sizeof(struct task_struct), 64);
	((struct pcpu_hot *)(base + (unsigned long)&pcpu_hot))->preempt_count = SOFTIRQ_OFFSET;
	((struct pcpu_hot *)(base + (unsigned long)&pcpu_hot))->cpu_number = cpu;
}

void native_boot(unsigned int nr_cpus)
{
	unsigned int cpu;

	native_memory_boot();
	jiffies = INITIAL_JIFFIES;
	nr_cpu_ids = nr_cpus;
	for (cpu = 0; cpu < nr_cpus; cpu++) {
		cpumask_set_cpu(cpu, &__cpu_possible_mask);
		cpumask_set_cpu(cpu, &__cpu_online_mask);
		native_cpu_boot(cpu);
	}
}

MODULE_DESCRIPTION("Kernel code for a process: not to be loaded");
MODULE_LICENSE("GPL");
