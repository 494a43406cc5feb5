/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_NET_HTTP_REPLY_H
#define SG_NET_HTTP_REPLY_H

/* Between http.c and http_reply.c: answers as libmicrohttpd sends them. */

#include <microhttpd.h>

#include "net/http.h"

/* Sends the answer, or that it is unchanged (*status); takes body and
 * descriptor. */
enum MHD_Result http_reply(struct MHD_Connection *c, struct http_answer *a,
    int64_t now, bool last, unsigned *status);
/* A status alone; allow is for 405, or NULL. */
enum MHD_Result http_refuse(struct MHD_Connection *c, unsigned status,
    const char *allow, bool last);

#endif
