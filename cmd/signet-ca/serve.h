/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_H
#define SIGNET_CA_SERVE_H

/* One server for each CA's folder, and how others reach it. */

#include <sys/types.h>

#include "base/bytes.h"

#define SERVE_WEB_USER "signet-ca-web"

/* Makes this process the server until *fd is closed; SG_EBUSY when there is
 * one.  The lock belongs to the folder's owner. */
enum sg_err serve_lock(int *fd, const char *dir);
/* Asks the server for new lists and waits until they are there: SG_ENOENT
 * without a server, SG_ETIMEOUT. */
enum sg_err serve_publish(const char *dir);

/* SIGTERM, SIGINT, SIGHUP and SIGCHLD can be read from *fd from now on; a
 * client that hangs up is no reason to die. */
enum sg_err serve_signals(int *fd);
/* SIGTERM when the parent ends, which must be that one; SG_ECANCEL if it has
 * ended already.  To be said again after becoming another user. */
enum sg_err serve_follow(pid_t parent);

#endif
