/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_HANDED_H
#define SG_BASE_HANDED_H

/* Sockets that whoever started the process opened for it, as systemd does:
 * sd_listen_fds_with_names(3). */

#include "base/bytes.h"

#define HANDED_MAX	4
#define HANDED_NAME_MAX	64

struct handed {
	size_t n;	/* 0: none was handed over */
	int fd[HANDED_MAX];
	char name[HANDED_MAX][HANDED_NAME_MAX];
};

/* Those of this process, which its children do not get.  SG_EARG. */
enum sg_err handed_take(struct handed *out);
/* The one of that name, or -1.  It is the caller's from then on. */
int handed_find(struct handed *h, const char *name);
/* Closes what nobody found. */
void handed_done(struct handed *h);

#endif
