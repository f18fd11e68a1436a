/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LABYRINTH_TESTS_NATIVE_CODE_H
#define _LABYRINTH_TESTS_NATIVE_CODE_H

/*
 * Take the lock prefixes from labyrinth's instructions, or give them back. Without them, only one
 * CPU may make calls.
 */
void code_lock(int locked);

/* A line for some of native_cases: "code NAME PAGES:", and the addresses of all instructions. */
void code_show(void);

#endif /* _LABYRINTH_TESTS_NATIVE_CODE_H */
