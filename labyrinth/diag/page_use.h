/* SPDX-License-Identifier: GPL-2.0 */
/* What a page is used for at present, as far as the page itself shows. See page_use.c. */
#ifndef _LABYRINTH_DIAG_PAGE_USE_H
#define _LABYRINTH_DIAG_PAGE_USE_H

#include <linux/types.h>

/* Room for any use. A longer file name is shortened. */
#define LAB_PAGE_USE_LEN	160

struct page;
struct seq_buf;

void lab_page_use(struct page *page, char *text, size_t size);
void lab_page_use_say(struct seq_buf *text, struct page *page);

#endif /* _LABYRINTH_DIAG_PAGE_USE_H */
