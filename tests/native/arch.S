/* SPDX-License-Identifier: GPL-2.0 */
/* Stand-ins that are not C functions: static calls, and the calls of paravirtualization. */
	.text
	.globl	__SCT__cond_resched, __SCT__might_resched
	.globl	__SCT__preempt_schedule, __SCT__preempt_schedule_notrace
__SCT__cond_resched:
__SCT__might_resched:
__SCT__preempt_schedule:
__SCT__preempt_schedule_notrace:
nothing:
	xorl	%eax, %eax
	ret

	/* Here because C code may not declare what is volatile. */
	.globl	jiffies
	.data
	.balign	8
jiffies:
	.quad	0

	/* Interrupts are not disabled: a test of their flag says that they are enabled. */
	.globl	pv_ops
	.data
	.balign	64
pv_ops:
	.rept	128
	.quad	nothing
	.endr

	.section .note.GNU-stack, "", @progbits
