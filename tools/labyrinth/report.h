/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REPORT_H
#define REPORT_H

/* The page's style sheet. Classes of lines: a, b, c values; mark, d, d2, bad marks. */
extern const char report_style[];

#endif
