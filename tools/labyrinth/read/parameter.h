/* SPDX-License-Identifier: GPL-2.0 */
/* The module's parameters, which can be written in lockdown and without debugfs. */
#ifndef PARAMETER_H
#define PARAMETER_H

#define PARAMETERS	"/sys/module/labyrinth/parameters"

/* The value without its newline, to be freed; NULL if there is no such parameter. */
char *parameter_read(const char *name);

/* Returns 0 or an errno. */
int parameter_write(const char *name, const char *value);

/* End the program because of that errno. */
__attribute__((noreturn))
void parameter_die(const char *name, int error);

#endif
