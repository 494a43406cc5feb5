/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SANDBOX_SANDBOX_H
#define SG_SANDBOX_SANDBOX_H

/*
 * What a process gives up before it listens to strangers.  There is no way
 * back from any of it, and its children inherit it.
 */

#include <stdbool.h>

#include "base/err.h"

/* No privileges by exec, no core file, no debugger, so many descriptors at
 * most. */
enum sg_err sandbox_basics(unsigned descriptors);

/*
 * No file can be opened, made, changed or removed any more: by Landlock
 * (landlock(7)), or for root and in kernels without it by chroot(2) to a
 * folder that is gone.  Descriptors that are open stay.  *how says which, for
 * the log; SG_EUNSUPPORTED when neither can be had.
 */
enum sandbox_files { SANDBOX_LANDLOCK, SANDBOX_CHROOT };
enum sg_err sandbox_no_files(enum sandbox_files *how);

/*
 * The same for who has to connect to a socket in that folder later: by
 * Landlock, which is not about sockets, or by chroot(2) to the folder, which is
 * "/" then.
 */
enum sg_err sandbox_files_beside(const char *folder, enum sandbox_files *how);

/*
 * For a process that serves connections: it reads and writes what is open,
 * accepts, and connects to local sockets.  Everything else is refused with
 * EPERM, and an attempt to start or to look into a program ends it.
 */
enum sg_err sandbox_server_calls(void);

/*
 * A listening TCP socket, and each that is accepted from it, never connects to
 * anybody; for good.
 */
enum sg_err sandbox_answers_only(int listener);

/*
 * For a process that has keys: no program is started or looked into, and there
 * are no sockets but local ones unless network says so.
 */
enum sg_err sandbox_keeper_calls(bool network);

#endif
