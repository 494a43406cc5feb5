/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_NEIGHBOUR_H
#define SG_NET_NEIGHBOUR_H

/* Whom a limit for each client counts as one: the whole of an IPv4 address, of
 * an IPv6 address the /64 in which a host has as many as it likes (RFC 4291
 * 2.5.1).  An IPv4 address written as an IPv6 one (::ffff:0:0/96) is itself. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct neighbour {
	uint8_t bits;		/* 0: neither IPv4 nor IPv6 */
	uint8_t prefix[8];
};

struct neighbour neighbour_of(const struct sockaddr *a);
/* Never for what is neither. */
bool neighbour_same(const struct neighbour *a, const struct neighbour *b);

#endif
