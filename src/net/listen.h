/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_LISTEN_H
#define SG_NET_LISTEN_H

/* Listening sockets. */

#include "base/bytes.h"

/*
 * Listens on "ADDRESS:PORT", "[ADDRESS]:PORT" for IPv6; addresses are numbers,
 * never names, and port 0 is one that is free.  SG_EARG for what is no such
 * text, SG_EBUSY when somebody else listens there, SG_EPERM.
 */
enum sg_err listen_on(int *fd, const char *where);
/* Is it such a text?  SG_EARG. */
enum sg_err listen_check(const char *where);
/* The same text of an open socket, in memory of its own. */
enum sg_err listen_where(char **out, int fd);

#endif
