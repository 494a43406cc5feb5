/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_BOARD_H
#define SG_CONTAINER_BOARD_H

/*
 * A notice for each container in use: what is public of it, and what the
 * keeper last saw of its state.  The keeper posts, on its own thread; any
 * thread reads, and never waits for the TPM.
 *
 * Nothing on the board is seen outside of its lock, and the lock is held over
 * memory only, never over a file or a TPM command.  A container without a
 * notice is read from its file, without the lock, and gets one unless the
 * keeper has posted or removed something meanwhile: what the keeper knows is
 * newer than what a reader found.
 */

#include "container/container.h"

struct board;

/* Borrows folder, where the container files are; pin_min is for statuses. */
enum sg_err board_new(struct board **out, const char *folder,
    uint32_t pin_min);
void board_free(struct board *b);
SG_AUTO_FREE(board)

/* --- readers --- */

/* Replaces out by the objects as objects_write makes them; SG_ENOENT without
 * a container. */
enum sg_err board_objects(struct board *b, uint32_t uid, struct buf *out);
enum sg_err board_generation(struct board *b, uint32_t uid, uint64_t *out);
/* The state as process would find it, no container and an unreadable one
 * included; tpm is empty. */
enum sg_err board_glance(struct board *b, uint32_t uid, const void *process,
    struct status *out);

/* --- the keeper --- */

/* A process that is logged in. */
struct login {
	const void *process;
	struct login *next;
};

/* The container as it lies on the disk now.  A notice that finds no memory is
 * taken down: the file has everything but the state. */
void board_post(struct board *b, const struct container *c);
/* Who is logged in, and the tries. */
void board_state(struct board *b, uint32_t uid, struct vault_tries seen,
    const struct login *logins);
/* It is gone from the disk. */
void board_remove(struct board *b, uint32_t uid);

#endif
