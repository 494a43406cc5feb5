/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_H
#define SIGNET_CA_SERVE_H

/* One server for each CA's folder, and how others reach it. */

#include "base/bytes.h"

/* Makes this process the server until *fd is closed; SG_EBUSY when there is
 * one. */
enum sg_err serve_lock(int *fd, const char *dir);
/* Asks the server for new lists and waits until they are there: SG_ENOENT
 * without a server, SG_ETIMEOUT. */
enum sg_err serve_publish(const char *dir);

#endif
