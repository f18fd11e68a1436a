/* SPDX-License-Identifier: GPL-2.0 */
/* Watching the kernel's own page allocations and frees. See watch.c. */
#ifndef _LABYRINTH_DIAG_WATCH_H
#define _LABYRINTH_DIAG_WATCH_H

#include <linux/bits.h>
#include <linux/types.h>

struct seq_file;

#define LAB_WATCH_FREE		BIT(0)	/* frees of labyrinth's pages by others */
#define LAB_WATCH_RESERVE	BIT(1)	/* allocations that take a zone below its min mark */
#define LAB_WATCH_MODULE	BIT(2)	/* atomic allocations by one module */

int lab_watch_parse(const char *text);
const char *lab_watch_name(void);
int lab_watch_set(unsigned int modes);
int lab_watch_set_module(const char *module);
void lab_watch_show_module(struct seq_file *m);
void lab_watch_init(void);
void lab_watch_stop(void);
void lab_watch_exit(void);

#endif /* _LABYRINTH_DIAG_WATCH_H */
