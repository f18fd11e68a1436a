// SPDX-License-Identifier: GPL-2.0
/*
 * lab_sample - how a driver uses labyrinth
 *
 * A kernel thread simulates the device: it raises a hard interrupt, by irq_work, "rate" times a
 * second. The interrupt allocates pages, fills them and transfers them to the consumer, a work
 * item that checks and frees them:
 *
 *	interrupt (hardirq)                        worker (task)
 *	alloc, fill, transfer --> sample_queue --> check, free
 *	    producer                                  consumer
 *
 * Nothing here takes a lock, so all of it is legal on PREEMPT_RT as well.
 * See Documentation/using-in-a-driver.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/labyrinth.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#define SAMPLE_RATE_MAX		10000U
#define SAMPLE_BURST_MAX	64U
#define SAMPLE_BUDGET_MAX	65536U

static unsigned int rate = 100;
module_param(rate, uint, 0444);
MODULE_PARM_DESC(rate, "Interrupts a second, 1 to 10000 (default 100)");

static unsigned int burst = 8;
module_param(burst, uint, 0444);
MODULE_PARM_DESC(burst, "Pages taken at each interrupt, 1 to 64 (default 8)");

static unsigned int budget = 1024;
module_param(budget, uint, 0444);
MODULE_PARM_DESC(budget, "Most pages that each of the two owners may own, 1 to 65536 (default 1024)");

static unsigned int stock = 64;
module_param(stock, uint, 0444);
MODULE_PARM_DESC(stock, "Pages kept ready for the producer, at most budget (default 64)");

static int reserve_pct;
module_param(reserve_pct, int, 0444);
MODULE_PARM_DESC(reserve_pct, "Share of the atomic reserve that the producer may use, 1 to 100 percent; 0 for labyrinth's default, -1 for none (default 0)");

static bool stall;
module_param(stall, bool, 0644);
MODULE_PARM_DESC(stall, "Let the consumer sleep, so that pages pile up (default no)");

static int sample_counter_set(const char *val, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops sample_counter_ops = {
	.set = sample_counter_set,
	.get = param_get_ulong,
};

/* Written by the interrupt only. */
static unsigned long taken;
module_param_cb(taken, &sample_counter_ops, &taken, 0444);
MODULE_PARM_DESC(taken, "Number of pages allocated");

static unsigned long refused;
module_param_cb(refused, &sample_counter_ops, &refused, 0444);
MODULE_PARM_DESC(refused, "Number of failed allocations");

static unsigned long late;
module_param_cb(late, &sample_counter_ops, &late, 0444);
MODULE_PARM_DESC(late, "Number of interrupts cut short because the consumer's budget was used up");

/* Written by the worker only. */
static unsigned long consumed;
module_param_cb(consumed, &sample_counter_ops, &consumed, 0444);
MODULE_PARM_DESC(consumed, "Number of pages checked and freed");

static unsigned long wrong;
module_param_cb(wrong, &sample_counter_ops, &wrong, 0444);
MODULE_PARM_DESC(wrong, "Number of damaged pages and unexpected errors");

/* The contents of a page. The queue's link is in the page as well. */
struct sample_frame {
	struct llist_node node;
	unsigned long seq;
	u8 data[PAGE_SIZE - sizeof(struct llist_node) - sizeof(unsigned long)];
};

static_assert(sizeof(struct sample_frame) == PAGE_SIZE);

static struct labyrinth_owner *sample_producer;
static struct labyrinth_owner *sample_consumer;
static LLIST_HEAD(sample_queue);
static atomic_t sample_queued;		/* pages that the consumer owns; the interrupt alone adds */
static struct workqueue_struct *sample_wq;
static struct task_struct *sample_device;

static void sample_count(unsigned long *counter)
{
	WRITE_ONCE(*counter, *counter + 1);
}

static void sample_fill(struct sample_frame *frame, unsigned long seq)
{
	frame->seq = seq;
	memset(frame->data, (u8)seq, sizeof(frame->data));
}

static bool sample_intact(const struct sample_frame *frame, unsigned long seq)
{
	return frame->seq == seq && !memchr_inv(frame->data, (u8)seq, sizeof(frame->data));
}

/* On success the page is the consumer's: the producer must not use it again. */
static int sample_hand_over(struct page *page, struct sample_frame *frame)
{
	int err = labyrinth_transfer_page(sample_producer, sample_consumer, page);

	if (err)
		return err;
	atomic_inc(&sample_queued);
	llist_add(&frame->node, &sample_queue);
	return 0;
}

/* Produce one page. Returns false if another attempt in this interrupt cannot succeed. */
static bool sample_produce(void)
{
	struct sample_frame *frame;
	struct page *page;

	/* The consumer's budget is used up: a transfer would fail with -ENOSPC. */
	if (atomic_read(&sample_queued) >= budget) {
		sample_count(&late);
		return false;
	}
	page = labyrinth_alloc_page(sample_producer);
	if (!page) {
		/* Never fatal: the frame is dropped, and labyrinth records the reason. */
		sample_count(&refused);
		return false;
	}
	frame = page_address(page);
	sample_fill(frame, taken);
	if (sample_hand_over(page, frame)) {
		sample_count(&wrong);
		labyrinth_free_page(sample_producer, page);
		return false;
	}
	sample_count(&taken);
	return true;
}

static void sample_consume(struct sample_frame *frame)
{
	int err;

	if (!sample_intact(frame, consumed))
		sample_count(&wrong);
	err = labyrinth_free_page(sample_consumer, virt_to_page(frame));
	if (err)
		sample_count(&wrong);
	sample_count(&consumed);
	atomic_dec(&sample_queued);
}

static void sample_work(struct work_struct *work)
{
	struct sample_frame *frame, *next;
	struct llist_node *batch = llist_reverse_order(llist_del_all(&sample_queue));

	llist_for_each_entry_safe(frame, next, batch, node) {
		sample_consume(frame);
		cond_resched();
	}
}

static DECLARE_WORK(sample_worker, sample_work);

static void sample_interrupt(struct irq_work *work)
{
	unsigned int i;

	for (i = 0; i < burst; i++)
		if (!sample_produce())
			break;
	/* Legal in hard interrupts on PREEMPT_RT too: workqueues use a raw spinlock. */
	if (!READ_ONCE(stall))
		queue_work(sample_wq, &sample_worker);
}

/* HARD: it runs in hard interrupt context on PREEMPT_RT as well. */
static struct irq_work sample_irq = IRQ_WORK_INIT_HARD(sample_interrupt);

static int sample_run_device(void *unused)
{
	while (!kthread_should_stop()) {
		irq_work_queue(&sample_irq);
		irq_work_sync(&sample_irq);
		usleep_range(USEC_PER_SEC / rate, USEC_PER_SEC / rate + 20);
	}
	return 0;
}

static int sample_owners_create(void)
{
	const struct labyrinth_owner_params producer = {
		.name = "lab_sample.producer",
		.budget = budget,
		.stock = stock,
		.reserve_pct = reserve_pct,
		.nid = NUMA_NO_NODE,
	};
	const struct labyrinth_owner_params consumer = {
		.name = "lab_sample.consumer",
		.budget = budget,
		.reserve_pct = LABYRINTH_RESERVE_NONE,
		.nid = NUMA_NO_NODE,
	};

	sample_producer = labyrinth_owner_create(&producer);
	if (IS_ERR(sample_producer))
		return PTR_ERR(sample_producer);

	sample_consumer = labyrinth_owner_create(&consumer);
	if (IS_ERR(sample_consumer)) {
		labyrinth_owner_destroy(sample_producer);
		return PTR_ERR(sample_consumer);
	}
	return 0;
}

/* The device is stopped: consume all queued pages, then destroy the owners. */
static void sample_end(void)
{
	queue_work(sample_wq, &sample_worker);
	destroy_workqueue(sample_wq);

	/* Returns the number of pages still owned, 0 here. labyrinth reports each. */
	WARN_ON(labyrinth_owner_destroy(sample_consumer));
	WARN_ON(labyrinth_owner_destroy(sample_producer));
}

static int __init sample_init(void)
{
	int err;

	if (!rate || rate > SAMPLE_RATE_MAX || !burst || burst > SAMPLE_BURST_MAX ||
	    !budget || budget > SAMPLE_BUDGET_MAX) {
		pr_err("rate, burst or budget out of range, see modinfo\n");
		return -EINVAL;
	}
	/* WQ_MEM_RECLAIM: the worker frees memory, so it must run when there is none. */
	sample_wq = alloc_workqueue("lab_sample", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	if (!sample_wq)
		return -ENOMEM;
	err = sample_owners_create();
	if (err) {
		destroy_workqueue(sample_wq);
		return err;
	}
	sample_device = kthread_run(sample_run_device, NULL, "lab_sample");
	if (IS_ERR(sample_device)) {
		sample_end();
		return PTR_ERR(sample_device);
	}
	return 0;
}

static void __exit sample_exit(void)
{
	kthread_stop(sample_device);
	sample_end();

	pr_info("taken %lu, consumed %lu, refused %lu, late %lu, wrong %lu\n",
		taken, consumed, refused, late, wrong);
}

module_init(sample_init);
module_exit(sample_exit);

MODULE_DESCRIPTION("Sample user of labyrinth: pages from an interrupt to a work item");
MODULE_AUTHOR("The labyrinth authors");
MODULE_LICENSE("GPL");
