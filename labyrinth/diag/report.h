/* SPDX-License-Identifier: GPL-2.0 */
/* Refusals and violations as text, on the console and in debugfs. See report.c. */
#ifndef _LABYRINTH_DIAG_REPORT_H
#define _LABYRINTH_DIAG_REPORT_H

struct labyrinth_owner;
struct seq_file;

void lab_report_flush(void);
void lab_report_conclude(const struct labyrinth_owner *owner);
int lab_report_init(void);
void lab_report_exit(void);
int lab_reports_show(struct seq_file *m, void *v);
int lab_advice_all_show(struct seq_file *m, void *v);

#endif /* _LABYRINTH_DIAG_REPORT_H */
