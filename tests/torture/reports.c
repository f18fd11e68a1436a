// SPDX-License-Identifier: GPL-2.0
/*
 * Read labyrinth's debugfs file "violations" while it grows, so that each record is
 * seen before the ring wraps, and compare it with the expected records.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "table.h"
#include "torture.h"

/* Limit of unread records; labyrinth keeps 1,024. */
#define LT_UNREAD_MAX	400
#define LT_READ_MS	20
#define LT_READ_TRIES	250	/* reads of the last records at the end */

static const char * const lt_kind_names[] = {
	[LT_BAD_ARGUMENT]	= "bad_argument",
	[LT_DOUBLE_FREE]	= "double_free",
	[LT_FOREIGN_FREE]	= "foreign_free",
	[LT_PLAIN_PAGE]		= "plain_page",
	[LT_SHARED_PAGE]	= "shared_page",
	[LT_FREED_BEHIND]	= "freed_behind",
	[LT_USE_AFTER_FREE]	= "use_after_free",
	[LT_WRONG_SCOPE]	= "wrong_scope",
	[LT_DEAD_OWNER]		= "dead_owner",
	[LT_RECEIVER_FULL]	= "receiver_full",
	[LT_ORPHAN]		= "orphan",
	[LT_MODULE_GONE]	= "module_gone",
};

static_assert(ARRAY_SIZE(lt_kind_names) == LT_NR_VIOLATIONS);

/* Indexed by kind, owner and offender: the owner's number plus 1, or 0 for none. */
#define LT_PARTIES	(LT_OWNERS_MAX + 1)

struct lt_case {
	atomic_t expected;
	unsigned int seen;	/* written by the reader only */
};

static struct lt_case (*lt_cases)[LT_PARTIES][LT_PARTIES];
static struct lt_table * const lt_violations = &lt_tables[LT_VIOLATIONS];
static struct task_struct *lt_reader;
static atomic_t lt_unread;	/* records that are reserved or made, but not read */
static u64 lt_last_seq;
static unsigned long lt_nr_reported;

/*
 * Reserve @nr records before an operation that may make them. Returns false if too
 * many are unread, unless @force, which is for a bounded number. Context: any.
 */
bool lt_reserve_reports(unsigned int nr, bool force)
{
	if (atomic_add_return(nr, &lt_unread) <= LT_UNREAD_MAX || force)
		return true;
	atomic_sub(nr, &lt_unread);
	return false;
}

/* Return @nr reserved records that were not made. */
void lt_return_reports(unsigned int nr)
{
	atomic_sub(nr, &lt_unread);
}

static struct lt_case *lt_case(enum lt_violation kind, const struct lt_owner *owner,
			       const struct lt_owner *offender)
{
	return &lt_cases[kind][owner ? owner->nr + 1 : 0][offender ? offender->nr + 1 : 0];
}

/* Expect one record, reserved before; no owner or offender is "-". Context: any. */
void lt_expect(enum lt_violation kind, struct lt_owner *owner, struct lt_owner *offender)
{
	struct lt_owner *party = offender ?: owner;

	atomic_inc(&lt_case(kind, owner, offender)->expected);
	if (party)
		atomic_long_inc(&party->violations);
}

unsigned long lt_reported(void)
{
	return READ_ONCE(lt_nr_reported);
}

/* The number of records without an offender. */
unsigned long lt_reported_of(enum lt_violation kind, const struct lt_owner *owner)
{
	return lt_case(kind, owner, NULL)->seen;
}

/* ---- the reader */

static int lt_party(const char *name)
{
	unsigned int i;

	if (!strcmp(name, "-"))
		return 0;
	for (i = 0; i < lt_nr_owners; i++)
		if (!strcmp(name, lt_owners[i].name))
			return i + 1;
	return -1;
}

static void lt_record(void)
{
	const char *kind_name = lt_table_cell(lt_violations, "kind");
	int owner = lt_party(lt_table_cell(lt_violations, "owner"));
	int offender = lt_party(lt_table_cell(lt_violations, "offender"));
	int kind = match_string(lt_kind_names, ARRAY_SIZE(lt_kind_names), kind_name);

	WRITE_ONCE(lt_nr_reported, lt_nr_reported + 1);
	atomic_dec(&lt_unread);
	if (kind < 0 || owner < 0 || offender < 0)
		lt_fail(LT_REPORT, "unknown kind or party", NULL, lt_last_seq, 0);
	else
		lt_cases[kind][owner][offender].seen++;
}

/* Read all records in order, up to one that is not complete yet. */
static void lt_read_reports(bool count)
{
	if (!lt_table_read(lt_violations)) {
		lt_fail(LT_REPORT, "violations cannot be read", NULL, 0, 0);
		return;
	}
	while (lt_table_line(lt_violations)) {
		u64 seq;

		if (kstrtou64(lt_table_cell(lt_violations, "seq"), 10, &seq)) {
			lt_fail(LT_REPORT, "no number", NULL, 0, 0);
			return;
		}
		if (count && seq <= lt_last_seq)
			continue;
		if (count && seq != lt_last_seq + 1)
			return;
		lt_last_seq = seq;
		if (count)
			lt_record();
	}
}

static int lt_read_loop(void *unused)
{
	while (!kthread_should_stop()) {
		if (atomic_read(&lt_unread))
			lt_read_reports(true);
		msleep(LT_READ_MS);
	}
	return 0;
}

int lt_reports_start(void)
{
	lt_cases = kvcalloc(LT_NR_VIOLATIONS, sizeof(*lt_cases), GFP_KERNEL);
	if (!lt_cases)
		return -ENOMEM;
	lt_read_reports(false);
	lt_reader = kthread_run(lt_read_loop, NULL, "torture_read");
	return PTR_ERR_OR_ZERO(lt_reader);
}

/* Called when no more violations are made: read the last records. */
void lt_reports_stop(void)
{
	unsigned int tries = 0;

	while (!IS_ERR_OR_NULL(lt_reader) && atomic_read(&lt_unread) > 0 &&
	       tries++ < LT_READ_TRIES)
		msleep(LT_READ_MS);
	if (!IS_ERR_OR_NULL(lt_reader))
		kthread_stop(lt_reader);
	lt_reader = NULL;
	/* Read unexpected records as well. */
	if (lt_cases)
		lt_read_reports(true);
}

static void lt_case_judge(enum lt_violation kind, unsigned int owner, unsigned int offender)
{
	const struct lt_case *c = &lt_cases[kind][owner][offender];
	unsigned int expected = atomic_read(&c->expected);

	if (c->seen == expected)
		return;
	/* lt_churn_judge() checks these. */
	if (owner && lt_owners[owner - 1].kind == LT_CHURN &&
	    (kind == LT_ORPHAN || kind == LT_FREED_BEHIND))
		return;
	lt_fail(LT_REPORT, lt_kind_names[kind], owner ? &lt_owners[owner - 1] : NULL, c->seen,
		expected);
	if (lt_faults_of(LT_REPORT, LT_REPORT) < 8)
		pr_err("%s of owner %s by %s: reported %u times, happened %u times\n",
		       lt_kind_names[kind], owner ? lt_owners[owner - 1].name : "-",
		       offender ? lt_owners[offender - 1].name : "-", c->seen, expected);
}

void lt_reports_judge(void)
{
	unsigned int kind, owner, offender;

	if (atomic_read(&lt_unread))
		lt_fail(LT_REPORT, "number of all", NULL,
			lt_nr_reported, lt_nr_reported + atomic_read(&lt_unread));
	for (kind = 0; kind < LT_NR_VIOLATIONS; kind++)
		for (owner = 0; owner <= lt_nr_owners; owner++)
			for (offender = 0; offender <= lt_nr_owners; offender++)
				lt_case_judge(kind, owner, offender);
}

void lt_reports_exit(void)
{
	kvfree(lt_cases);
	lt_cases = NULL;
}
