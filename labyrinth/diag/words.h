/* SPDX-License-Identifier: GPL-2.0 */
/* Names and sentences for refusals, violations and contexts. See words.c. */
#ifndef _LABYRINTH_DIAG_WORDS_H
#define _LABYRINTH_DIAG_WORDS_H

#include <linux/labyrinth.h>

#include "../core/hooks.h"

struct lab_words {
	const char *name;
	const char *happened;
	const char *then;	/* the outcome */
	const char *look;	/* the remedy */
};

extern const struct lab_words lab_refusal_words[LAB_NR_REFUSALS];
extern const struct lab_words lab_violation_words[LAB_NR_VIOLATIONS];
extern const char * const lab_outcome_words[LAB_LEFT + 1];

const char *lab_refusal_name(enum lab_refusal reason);
const char *lab_violation_name(enum lab_violation kind);
const char *lab_context_name(enum labyrinth_context context);

#endif /* _LABYRINTH_DIAG_WORDS_H */
