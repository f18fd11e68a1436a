// SPDX-License-Identifier: GPL-2.0
/* Giving pages back to the kernel, from any context. */
#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "page.h"
#include "work.h"

#ifdef CONFIG_LOCKDEP
DEFINE_WAIT_OVERRIDE_MAP(lab_allocator_map, LD_WAIT_SLEEP);
#endif

/* Pages to be freed, linked through page->lru, which is unused again. */
static LLIST_HEAD(lab_leaving);

static void lab_page_free(struct page *page)
{
	/* The owner may have used these; the page allocator wants them clean. */
	if (likely(lab_page_sole(page))) {
		page->mapping = NULL;
		set_page_private(page, 0);
	}
	lab_allocator_enter();
	__free_page(page);
	lab_allocator_leave();
}

static void lab_leaving_work(struct work_struct *work)
{
	struct llist_node *node, *next;

	llist_for_each_safe(node, next, llist_del_all(&lab_leaving))
		lab_page_free(container_of((struct list_head *)node, struct page, lru));
}

static DECLARE_WORK(lab_leaving_worker, lab_leaving_work);

static void lab_leaving_kicked(struct irq_work *kick)
{
	queue_work(lab_wq, &lab_leaving_worker);
}

static struct irq_work lab_leaving_kick = IRQ_WORK_INIT_HARD(lab_leaving_kicked);

/* Drop labyrinth's reference. Context: any. */
void lab_page_to_kernel(struct page *page)
{
	if (lab_context_may_allocate()) {
		lab_page_free(page);
		return;
	}
	if (llist_add((struct llist_node *)&page->lru, &lab_leaving))
		irq_work_queue(&lab_leaving_kick);
}

/* Wait until all pages passed to lab_page_to_kernel() are freed. */
void lab_page_flush(void)
{
	irq_work_sync(&lab_leaving_kick);
	flush_work(&lab_leaving_worker);
}
