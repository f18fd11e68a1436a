// SPDX-License-Identifier: GPL-2.0
/*
 * Real NMIs, sent by a thread through the APIC to one CPU after the other.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>

#include "torture.h"

#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/apic.h>
#include <asm/nmi.h>

#define LT_NMI_OPS	6
#define LT_NMI_SPINS	2000	/* spins until the sender sleeps */
#define LT_NMI_WAIT_US	2000000

enum lt_nmi_call { LT_NMI_NONE, LT_NMI_SENT, LT_NMI_RUNS };

static atomic_long_t lt_nr_nmis;
static int lt_nmi_calls[LT_CPUS_MAX];
static struct lt_user *lt_nmi_users;	/* by CPU */
static struct task_struct *lt_nmi_thread;
static struct rnd_state lt_nmi_random;

static int lt_nmi_run(unsigned int type, struct pt_regs *regs)
{
	unsigned int cpu = raw_smp_processor_id();

	if (cpu >= LT_CPUS_MAX ||
	    cmpxchg(&lt_nmi_calls[cpu], LT_NMI_SENT, LT_NMI_RUNS) != LT_NMI_SENT)
		return NMI_DONE;
	atomic_long_inc(&lt_nr_nmis);
	lt_work(&lt_nmi_users[cpu], LT_NMI, LT_NMI_OPS);
	/* Pairs with lt_nmi_send(): the user is idle again. */
	smp_store_release(&lt_nmi_calls[cpu], LT_NMI_NONE);
	return NMI_HANDLED;
}

/* The CPU stays online until its NMI is done. */
static bool lt_nmi_send(unsigned int cpu)
{
	unsigned int waited = 0, spins = 0;

	cpus_read_lock();
	if (cpu_online(cpu)) {
		WRITE_ONCE(lt_nmi_calls[cpu], LT_NMI_SENT);
		preempt_disable();
		apic->send_IPI(cpu, NMI_VECTOR);
		preempt_enable();
		/* Pairs with lt_nmi_run(). */
		while (smp_load_acquire(&lt_nmi_calls[cpu]) != LT_NMI_NONE &&
		       waited < LT_NMI_WAIT_US) {
			cpu_relax();
			if (++spins % LT_NMI_SPINS)
				continue;
			usleep_range(20, 50);
			waited += 20;
		}
	}
	cpus_read_unlock();
	return waited < LT_NMI_WAIT_US;
}

static int lt_nmi_loop(void *unused)
{
	unsigned int cpu, nr = min_t(unsigned int, nr_cpu_ids, LT_CPUS_MAX);

	while (!kthread_should_stop()) {
		for (cpu = 0; cpu < nr; cpu++)
			if (!lt_stopping() && !lt_nmi_send(cpu))
				lt_fail(LT_ANSWER, "NMI was not handled", NULL, cpu, 0);
		usleep_range(100, 100 + prandom_u32_state(&lt_nmi_random) % 300);
	}
	return 0;
}

int lt_nmi_start(struct lt_user *users)
{
	int err;

	prandom_seed_state(&lt_nmi_random, lt_seed);
	lt_nmi_users = users;
	err = register_nmi_handler(NMI_LOCAL, lt_nmi_run, 0, "lab_torture");
	if (err)
		return err;
	lt_nmi_thread = kthread_run(lt_nmi_loop, NULL, "torture_nmi");
	if (IS_ERR(lt_nmi_thread)) {
		unregister_nmi_handler(NMI_LOCAL, "lab_torture");
		return PTR_ERR(lt_nmi_thread);
	}
	return 0;
}

void lt_nmi_stop(void)
{
	if (IS_ERR_OR_NULL(lt_nmi_thread))
		return;
	kthread_stop(lt_nmi_thread);
	lt_nmi_thread = NULL;
	unregister_nmi_handler(NMI_LOCAL, "lab_torture");
}

unsigned long lt_nmis(void)
{
	return atomic_long_read(&lt_nr_nmis);
}

#else

int lt_nmi_start(struct lt_user *users)
{
	return 0;
}

void lt_nmi_stop(void)
{
}

unsigned long lt_nmis(void)
{
	return 0;
}

#endif
