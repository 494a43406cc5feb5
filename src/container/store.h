/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_STORE_H
#define SG_CONTAINER_STORE_H

/* The folder that holds the container files, FOLDER/<uid>.container. */

#include "container/container.h"

/* Makes the folder when it is missing, closes it to others (mode 0700), and
 * removes files that a crash left half-written. */
enum sg_err store_open(const char *folder);

/* SG_ENOENT when the user has none. */
enum sg_err store_load(const char *folder, uint32_t uid,
    struct container *out);
/* The same when it is in use; SG_ENOENT says how to make one. */
enum sg_err store_live(const char *folder, uint32_t uid,
    struct container *out);
/* As one step; durable when it returns. */
enum sg_err store_save(const char *folder, const struct container *c);
/* The same, but SG_EEXIST when there is a file, readable or not. */
enum sg_err store_create(const char *folder, const struct container *c);
enum sg_err store_remove(const char *folder, uint32_t uid);

/* Calls each for every user with a file, in no order. */
enum sg_err store_each(const char *folder,
    enum sg_err (*each)(void *arg, uint32_t uid), void *arg);

#endif
