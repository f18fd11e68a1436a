// SPDX-License-Identifier: GPL-2.0
/* The tag: its meta, the context in it, its time and its caller. */
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>

#include "core/table.h"
#include "diag/words.h"
#include "fixture.h"

static void meta_keeps_every_field_at_its_limits(struct kunit *test)
{
	static const u32 owners[] = { 0, 1, 0x555555, LAB_OWNER_MAX };
	static const u32 flags[] = {
		0, LAB_FROM_RESERVE, LAB_AWAY, LAB_ZEROED, LAB_POISONED, LAB_FLAGS_MASK
	};
	unsigned int o, f, s;

	for (o = 0; o < ARRAY_SIZE(owners); o++)
		for (f = 0; f < ARRAY_SIZE(flags); f++)
			for (s = 0; s < LAB_NR_PHASES; s++) {
				u32 state = lab_state(owners[o], flags[f], s);
				u64 meta = lab_meta(state, 0xffffffff);

				KUNIT_EXPECT_EQ(test, lab_meta_state(meta), state);
				KUNIT_EXPECT_EQ(test, lab_meta_owner(meta), owners[o]);
				KUNIT_EXPECT_EQ(test, lab_meta_flags(meta), flags[f]);
				KUNIT_EXPECT_EQ(test, (u32)lab_meta_phase(meta), s);
				KUNIT_EXPECT_EQ(test, lab_meta_cpu(meta), 0xffffU);
			}
}

static void state_of_a_free_tag_is_zero(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lab_state(0, 0, LAB_FREE), 0U);
}

static void states_and_flags_share_no_bit(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, (unsigned long)LAB_NR_PHASES - 1, LAB_PHASE_MASK);
	KUNIT_EXPECT_EQ(test, LAB_PHASE_MASK & LAB_FLAGS_MASK, 0UL);
	KUNIT_EXPECT_EQ(test, LAB_PHASE_MASK | LAB_FLAGS_MASK, BIT(LAB_OWNER_SHIFT) - 1);
}

static void where_keeps_cpu_and_context_apart(struct kunit *test)
{
	static const u32 values[] = { 0, 1, 0xff, 0x100, 0x1234, 0xff00, 0xffff };
	unsigned int cpu, context;

	for (cpu = 0; cpu < ARRAY_SIZE(values); cpu++)
		for (context = 0; context < ARRAY_SIZE(values); context++) {
			u64 meta = lab_meta(0xffffffff, lab_where(values[cpu], values[context]));

			KUNIT_EXPECT_EQ(test, lab_meta_cpu(meta), values[cpu]);
			KUNIT_EXPECT_EQ(test, lab_meta_context(meta),
					lab_context_decode(values[context]));
		}
}

static void state_is_the_upper_half_of_meta(struct kunit *test)
{
	struct lab_tag tag = { .meta = lab_meta(0x12345678, 0x9abcdef0) };

	KUNIT_EXPECT_EQ(test, tag.state, 0x12345678U);
	KUNIT_EXPECT_EQ(test, tag.where, 0x9abcdef0U);
	tag.state = lab_state(9, LAB_AWAY, LAB_READY);
	KUNIT_EXPECT_EQ(test, lab_meta_owner(tag.meta), 9U);
	KUNIT_EXPECT_EQ(test, (u32)tag.meta, 0x9abcdef0U);
	tag.taken = lab_taken((unsigned long)state_is_the_upper_half_of_meta);
	KUNIT_EXPECT_EQ(test, lab_tag_caller(&tag),
			(unsigned long)state_is_the_upper_half_of_meta);
	KUNIT_EXPECT_LE(test, lab_time_now() - tag.time, 1U);
}

static void meta_here_names_this_cpu(struct kunit *test)
{
	u64 meta;

	preempt_disable();
	meta = lab_meta_here(lab_state(3, 0, LAB_OWNED));
	KUNIT_EXPECT_EQ(test, lab_meta_cpu(meta), (unsigned int)raw_smp_processor_id());
	preempt_enable();
	KUNIT_EXPECT_EQ(test, lab_meta_context(meta), LABYRINTH_TASK);
}

static void public_state_shows_a_moving_page_as_owned(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lab_phase_public(LAB_READY), LABYRINTH_READY);
	KUNIT_EXPECT_EQ(test, lab_phase_public(LAB_OWNED), LABYRINTH_OWNED);
	KUNIT_EXPECT_EQ(test, lab_phase_public(LAB_MOVING), LABYRINTH_OWNED);
	KUNIT_EXPECT_EQ(test, lab_phase_public(LAB_QUARANTINED), LABYRINTH_QUARANTINED);
}

/* The context's bits with @count added to the preemption count. */
static u32 bits_at(u32 count)
{
	unsigned long flags;
	u32 bits;

	local_irq_save(flags);
	lockdep_off();
	__preempt_count_add(count);
	bits = lab_context_bits();
	__preempt_count_sub(count);
	lockdep_on();
	local_irq_restore(flags);
	return bits;
}

static void context_of_nested_counts_is_the_innermost(struct kunit *test)
{
	static const struct {
		u32 count;
		enum labyrinth_context context;
		const char *what;
	} table[] = {
		{ 0, LABYRINTH_TASK, "task" },
		{ SOFTIRQ_DISABLE_OFFSET, LABYRINTH_TASK, "bh disabled is not softirq" },
		{ 3 * SOFTIRQ_DISABLE_OFFSET, LABYRINTH_TASK, "bh disabled three times" },
		{ SOFTIRQ_OFFSET, LABYRINTH_SOFTIRQ, "softirq" },
		{ SOFTIRQ_OFFSET + SOFTIRQ_DISABLE_OFFSET, LABYRINTH_SOFTIRQ,
		  "bh disabled in softirq" },
		{ HARDIRQ_OFFSET, LABYRINTH_HARDIRQ, "hardirq" },
		{ HARDIRQ_OFFSET + SOFTIRQ_OFFSET, LABYRINTH_HARDIRQ, "hardirq in softirq" },
		{ HARDIRQ_OFFSET + SOFTIRQ_DISABLE_OFFSET, LABYRINTH_HARDIRQ,
		  "hardirq in bh disabled" },
		{ NMI_OFFSET + HARDIRQ_OFFSET, LABYRINTH_NMI, "nmi" },
		{ NMI_OFFSET + 2 * HARDIRQ_OFFSET + SOFTIRQ_OFFSET, LABYRINTH_NMI,
		  "nmi in hardirq in softirq" },
		{ 2 * NMI_OFFSET + 2 * HARDIRQ_OFFSET, LABYRINTH_NMI, "nested nmi" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		/* PREEMPT_RT keeps the softirq count in the task, not in the preemption count. */
		if (IS_ENABLED(CONFIG_PREEMPT_RT) && table[i].context == LABYRINTH_SOFTIRQ)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, lab_context_decode(bits_at(table[i].count)),
				    table[i].context, "%s", table[i].what);
	}
}

static void context_of_disabled_bh_is_task(struct kunit *test)
{
	u32 bits;

	local_bh_disable();
	bits = lab_context_bits();
	local_bh_enable();
	KUNIT_EXPECT_NE(test, bits, 0U);
	KUNIT_EXPECT_EQ(test, lab_context_decode(bits), LABYRINTH_TASK);
}

/* The context's bits as read in an interrupt or a tasklet. */
struct context_probe {
	struct irq_work hard;
	struct tasklet_struct soft;
	u32 bits;
};

static void probe_hard(struct irq_work *work)
{
	container_of(work, struct context_probe, hard)->bits = lab_context_bits();
}

static void probe_soft(struct tasklet_struct *tasklet)
{
	container_of(tasklet, struct context_probe, soft)->bits = lab_context_bits();
}

static void context_of_an_interrupt_is_hardirq(struct kunit *test)
{
	struct context_probe *probe = lab_test_zalloc(test, sizeof(*probe));

	probe->hard = IRQ_WORK_INIT_HARD(probe_hard);
	irq_work_queue(&probe->hard);
	irq_work_sync(&probe->hard);
	KUNIT_EXPECT_EQ(test, lab_context_decode(probe->bits), LABYRINTH_HARDIRQ);
}

static void context_of_a_tasklet_is_softirq(struct kunit *test)
{
	struct context_probe *probe = lab_test_zalloc(test, sizeof(*probe));

	tasklet_setup(&probe->soft, probe_soft);
	tasklet_schedule(&probe->soft);
	tasklet_kill(&probe->soft);
	KUNIT_EXPECT_EQ(test, lab_context_decode(probe->bits), LABYRINTH_SOFTIRQ);
}

static void every_context_has_a_name(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, lab_context_name(LABYRINTH_TASK), "task");
	KUNIT_EXPECT_STREQ(test, lab_context_name(LABYRINTH_SOFTIRQ), "softirq");
	KUNIT_EXPECT_STREQ(test, lab_context_name(LABYRINTH_HARDIRQ), "hardirq");
	KUNIT_EXPECT_STREQ(test, lab_context_name(LABYRINTH_NMI), "nmi");
}

static void time_unit_is_16_to_20_ms(struct kunit *test)
{
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(LAB_TIME_JIFFIES), 16U);
	KUNIT_EXPECT_LE(test, jiffies_to_msecs(LAB_TIME_JIFFIES), 20U);
}

/* The clock may advance by a unit between the two reads. */
static void expect_age_of_units(struct kunit *test, u32 units)
{
	u64 unit_ms = jiffies_to_msecs(LAB_TIME_JIFFIES);
	u64 age = lab_time_age_ms(lab_time_now() - units);

	KUNIT_EXPECT_GE(test, age, units * unit_ms);
	KUNIT_EXPECT_LE(test, age, (units + 1ULL) * unit_ms);
}

static void time_age_counts_units(struct kunit *test)
{
	expect_age_of_units(test, 0);
	expect_age_of_units(test, 1);
	expect_age_of_units(test, 1000);
}

static void time_age_survives_the_wrap(struct kunit *test)
{
	/* At any time now, one of these begins before the 32 bits wrapped. */
	expect_age_of_units(test, 0x40000000);
	expect_age_of_units(test, 0x80000000);
	expect_age_of_units(test, 0xfffffff0);
}

static void caller_survives_packing(struct kunit *test)
{
	const unsigned long callers[] = {
		(unsigned long)caller_survives_packing,		/* the module's text */
		(unsigned long)lab_tables,			/* its data */
		(unsigned long)kfree,				/* the kernel's text */
		(unsigned long)schedule,
		(unsigned long)lab_tables + S32_MAX,
		(unsigned long)lab_tables + S32_MIN,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(callers); i++)
		KUNIT_EXPECT_EQ(test, lab_caller_unpack(lab_caller_pack(callers[i])), callers[i]);
}

static struct kunit_case lab_tag_cases[] = {
	KUNIT_CASE(meta_keeps_every_field_at_its_limits),
	KUNIT_CASE(state_of_a_free_tag_is_zero),
	KUNIT_CASE(states_and_flags_share_no_bit),
	KUNIT_CASE(where_keeps_cpu_and_context_apart),
	KUNIT_CASE(state_is_the_upper_half_of_meta),
	KUNIT_CASE(meta_here_names_this_cpu),
	KUNIT_CASE(public_state_shows_a_moving_page_as_owned),
	KUNIT_CASE(context_of_nested_counts_is_the_innermost),
	KUNIT_CASE(context_of_disabled_bh_is_task),
	KUNIT_CASE(context_of_an_interrupt_is_hardirq),
	KUNIT_CASE(context_of_a_tasklet_is_softirq),
	KUNIT_CASE(every_context_has_a_name),
	KUNIT_CASE(time_unit_is_16_to_20_ms),
	KUNIT_CASE(time_age_counts_units),
	KUNIT_CASE(time_age_survives_the_wrap),
	KUNIT_CASE(caller_survives_packing),
	{}
};

static struct kunit_suite lab_tag_suite = {
	.name = "labyrinth_tag",
	.init = lab_test_pin,
	.test_cases = lab_tag_cases,
};

kunit_test_suite(lab_tag_suite);
