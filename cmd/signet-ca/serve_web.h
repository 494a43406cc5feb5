/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_WEB_H
#define SIGNET_CA_SERVE_WEB_H

/* The server's outer half: HTTP, and what it asks at the desk. */

#include "desk.h"
#include "net/http.h"

/* Every resource; the handlers' context is a struct desk. */
extern const struct http_route web_routes[];

#endif
