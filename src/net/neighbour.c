/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/neighbour.h"

#include <netinet/in.h>
#include <string.h>

#define WHOLE_V4	32
#define PREFIX_V6	64
#define MAPPED		12	/* bytes of ::ffff:0:0/96 */

struct neighbour
neighbour_of(const struct sockaddr *a)
{
	struct neighbour n = { 0 };

	if (a != NULL && a->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)a;

		n.bits = WHOLE_V4;
		memcpy(n.prefix, &in->sin_addr, WHOLE_V4 / 8);
	} else if (a != NULL && a->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)a;
		const uint8_t *raw = in6->sin6_addr.s6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);

		n.bits = mapped ? WHOLE_V4 : PREFIX_V6;
		memcpy(n.prefix, mapped ? raw + MAPPED : raw, n.bits / 8);
	}
	return n;
}

bool
neighbour_same(const struct neighbour *a, const struct neighbour *b)
{
	return a->bits > 0 && a->bits == b->bits &&
	    memcmp(a->prefix, b->prefix, a->bits / 8) == 0;
}
