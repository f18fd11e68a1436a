// SPDX-License-Identifier: GPL-2.0
/*
 * The instructions that a call executes, and the registers before each: the CPU traps
 * after each instruction while its trap flag is set. tests/bench/path.py derives the
 * locked instructions and the cache lines from this.
 *
 * Loading the module records; debugfs lab_path/steps then holds for each operation
 *
 *	path NAME page=ADDRESS gs=ADDRESS
 *	step FUNCTION+OFFSET RAX RCX RDX RBX RSP RBP RSI RDI R8 ... R15
 *	kernel FUNCTION STEPS
 *
 * where "kernel" stands for consecutive steps outside labyrinth.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kdebug.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <asm/debugreg.h>
#include <asm/processor-flags.h>

#define PATH_STEPS	4096
#define PATH_REGS	16
#define PATH_BULK	2
#define PATH_STOCK	32

struct path_step {
	unsigned long ip;
	unsigned long regs[PATH_REGS];	/* before the instruction at @ip */
};

static struct labyrinth_owner *owner, *zeroing;
static struct page *page, *pages[PATH_BULK];
static unsigned int nr_pages;
static int result;

static void nothing(void)
{
}

static noinline void take(void)
{
	page = labyrinth_alloc_page(owner);
}

static noinline void take_zeroed(void)
{
	page = labyrinth_alloc_page(zeroing);
}

static noinline void check(void)
{
	result = labyrinth_check_page(owner, page);
}

static noinline void release(void)
{
	result = labyrinth_release_page(owner, page);
}

static noinline void give(void)
{
	result = labyrinth_free_page(owner, page);
}

static noinline void take_bulk(void)
{
	nr_pages = labyrinth_alloc_pages_bulk(owner, PATH_BULK, pages);
}

static noinline void give_bulk(void)
{
	nr_pages -= labyrinth_free_pages_bulk(owner, nr_pages, pages);
}

static struct labyrinth_owner *path_owner(const char *name, unsigned int stock, unsigned int flags)
{
	return labyrinth_owner_create(&(struct labyrinth_owner_params){
		.name = name, .budget = PATH_STOCK, .stock = stock, .flags = flags,
		.nid = NUMA_NO_NODE,
	});
}

/* Created late, because cold pages cost more beside the tags of other owners. */
static void begin_zeroing(void)
{
	zeroing = path_owner("path.zeroing", PATH_STOCK, LABYRINTH_ZERO);
}

static void end_zeroing(void)
{
	if (page)
		labyrinth_free_page(zeroing, page);
	labyrinth_owner_destroy(zeroing);
}

static void put(void)
{
	if (!result)
		__free_page(page);
}

static void part(void)
{
	release();
	put();
}

static void part_bulk(void)
{
	while (nr_pages) {
		page = pages[--nr_pages];
		part();
	}
}

static void recycle(void)
{
	take();
	give();
}

static void recycle_bulk(void)
{
	take_bulk();
	give_bulk();
}

/* The cold paths come first, while the owner has no page. */
static struct lab_path {
	const char *name;
	void (*before)(void);
	void (*op)(void);
	void (*after)(void);
	struct path_step *steps;
	unsigned int nr_steps;
	struct page *page;
} paths[] = {
	{ "cold_alloc",		nothing,	take,		part },
	{ "cold_release",	take,		release,	put },
	{ "cold_bulk_alloc",	nothing,	take_bulk,	part_bulk },
	{ "alloc",		recycle,	take,		give },
	{ "check",		take,		check,		give },
	{ "free",		take,		give,		nothing },
	{ "bulk_alloc",		recycle_bulk,	take_bulk,	give_bulk },
	{ "bulk_free",		take_bulk,	give_bulk,	nothing },
	{ "stock_zero_alloc",	begin_zeroing,	take_zeroed,	end_zeroing },
};

static struct lab_path *stepping;

static void path_step(const struct pt_regs *regs)
{
	struct path_step *step = &stepping->steps[stepping->nr_steps];
	const unsigned long all[PATH_REGS] = {
		regs->ax, regs->cx, regs->dx, regs->bx, regs->sp, regs->bp, regs->si, regs->di,
		regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13, regs->r14,
		regs->r15,
	};

	if (stepping->nr_steps == PATH_STEPS)
		return;
	step->ip = regs->ip;
	memcpy(step->regs, all, sizeof(all));
	stepping->nr_steps++;
}

/* Called from the debug exception after each instruction, a context like NMI. */
static int path_trap(struct notifier_block *block, unsigned long event, void *data)
{
	struct die_args *args = data;
	unsigned long *why = (unsigned long *)ERR_PTR(args->err);

	if (event != DIE_DEBUG || !stepping || !(*why & DR_STEP))
		return NOTIFY_DONE;
	path_step(args->regs);
	*why &= ~DR_STEP;
	return NOTIFY_STOP;
}

static struct notifier_block path_notifier = { .notifier_call = path_trap, .priority = INT_MAX };

static void path_record(struct lab_path *path)
{
	unsigned long flags;

	path->before();
	cond_resched();		/* or labyrinth's preempt_enable() would reschedule */
	local_irq_save(flags);
	stepping = path;
	asm volatile("pushfq; orq %0, (%%rsp); popfq" : : "i" (X86_EFLAGS_TF) : "memory", "cc");
	path->op();
	asm volatile("pushfq; andq %0, (%%rsp); popfq" : : "i" (~X86_EFLAGS_TF) : "memory", "cc");
	stepping = NULL;
	local_irq_restore(flags);
	path->page = page;
	path->after();
}

/* Too large for the stack; the file has only one reader. */
static char where[KSYM_SYMBOL_LEN], same[KSYM_SYMBOL_LEN];

/* Print the steps outside labyrinth from @step on as one line. Returns their number. */
static unsigned int show_outside(struct seq_file *file, const struct path_step *step,
				 const struct path_step *end)
{
	unsigned int nr = 0;

	sprint_symbol_no_offset(where, step->ip);
	do {
		nr++;
		sprint_symbol_no_offset(same, step[nr].ip);
	} while (step + nr < end && !strcmp(where, same));
	seq_printf(file, "kernel %s %u\n", where, nr);
	return nr;
}

static void show_path(struct seq_file *file, const struct lab_path *path)
{
	const struct path_step *step = path->steps, *end = step + path->nr_steps;
	unsigned int i;

	seq_printf(file, "path %s page=%lx gs=%lx\n", path->name, (unsigned long)path->page,
		   (unsigned long)per_cpu_offset(raw_smp_processor_id()));
	while (step < end) {
		sprint_symbol(where, step->ip);
		if (!strstr(where, "[labyrinth]")) {
			step += show_outside(file, step, end);
			continue;
		}
		*strchr(where, '/') = 0;
		seq_printf(file, "step %s", where);
		for (i = 0; i < PATH_REGS; i++)
			seq_printf(file, " %lx", step->regs[i]);
		seq_putc(file, '\n');
		step++;
	}
}

static int steps_show(struct seq_file *file, void *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		show_path(file, &paths[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(steps);

static struct dentry *folder;

static void free_steps(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		vfree(paths[i].steps);
}

static int path_record_all(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		/* One more, because show_outside() reads one after the last. */
		paths[i].steps = vzalloc(array_size(PATH_STEPS + 1, sizeof(*paths[i].steps)));
		if (!paths[i].steps)
			return -ENOMEM;
	}
	err = register_die_notifier(&path_notifier);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(paths); i++)
		path_record(&paths[i]);
	unregister_die_notifier(&path_notifier);
	return 0;
}

static int __init path_init(void)
{
	int err = -ENOMEM;

	/* PREEMPT_RT forbids the kernel's allocator with interrupts off. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return -EOPNOTSUPP;
	owner = path_owner("path", 0, 0);
	if (!IS_ERR(owner))
		err = path_record_all();
	labyrinth_owner_destroy(owner);
	if (err) {
		free_steps();
		return err;
	}
	folder = debugfs_create_dir("lab_path", NULL);
	debugfs_create_file("steps", 0400, folder, NULL, &steps_fops);
	return 0;
}

static void __exit path_exit(void)
{
	debugfs_remove(folder);
	free_steps();
}

module_init(path_init);
module_exit(path_exit);

MODULE_DESCRIPTION("Instructions that a call of labyrinth executes");
MODULE_LICENSE("GPL");
