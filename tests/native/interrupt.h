/* SPDX-License-Identifier: GPL-2.0 */
/* Interrupts: see interrupt.c. */
#ifndef _LABYRINTH_TESTS_NATIVE_INTERRUPT_H
#define _LABYRINTH_TESTS_NATIVE_INTERRUPT_H

#include <linux/percpu.h>

/* Not 0: interrupts are disabled. See arch.S. */
DECLARE_PER_CPU(u32, native_irqs_off);

/* The work of an interrupt, set before the first comes. */
extern void (*native_interrupt_work)(void);

void native_mute(bool mute);

/* The text of labyrinth is between these: see run.sh. */
extern const char native_text_start[], native_text_end[];

#endif /* _LABYRINTH_TESTS_NATIVE_INTERRUPT_H */
