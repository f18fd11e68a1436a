/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that take turns: what is compared is measured in the same moments, and none finds
 * anything of the others.
 */
#ifndef _LABYRINTH_TESTS_NATIVE_TURNS_H
#define _LABYRINTH_TESTS_NATIVE_TURNS_H

/* All are called in process @nr, as CPU 0. */
struct turns {
	void *(*start)(unsigned int nr);
	void (*turn)(void *data);
	void (*finish)(void *data, unsigned int nr);
};

/* At most @turns each, and for no longer than @seconds. */
void take_turns(const struct turns *what, unsigned int nr_processes, unsigned int turns,
		double seconds);

#endif /* _LABYRINTH_TESTS_NATIVE_TURNS_H */
