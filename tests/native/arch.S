/* SPDX-License-Identifier: GPL-2.0 */
/* Stand-ins that are not C functions: static calls, and the calls of paravirtualization. */
	.text
	.globl	__SCT__cond_resched, __SCT__might_resched
	.globl	__SCT__preempt_schedule, __SCT__preempt_schedule_notrace
__SCT__cond_resched:
__SCT__might_resched:
nothing:
	xorl	%eax, %eax
	/* Callers expect that these change no register. */
__SCT__preempt_schedule:
__SCT__preempt_schedule_notrace:
	ret

	/* Here because C code may not declare what is volatile. */
	.globl	jiffies
	.data
	.balign	8
jiffies:
	.quad	0

	.text
	/*
	 * Interrupts are signals, see interrupt.c. Callers expect that only %rax changes. Their
	 * flag is bit 9 of the flags.
	 */
flags:
	xorl	%eax, %eax
	cmpl	$0, %gs:native_irqs_off
	sete	%ah
	addb	%ah, %ah
	ret
disable:
	movl	$1, %gs:native_irqs_off
	ret
enable:
	movl	$0, %gs:native_irqs_off
	ret

	/* The calls of paravirtualization; those of interrupts are at 0xf0. */
	.globl	pv_ops
	.data
	.balign	64
pv_ops:
	.rept	30
	.quad	nothing
	.endr
	.quad	flags, disable, enable
	.rept	95
	.quad	nothing
	.endr

	.section .note.GNU-stack, "", @progbits
