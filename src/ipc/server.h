/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_SERVER_H
#define SG_IPC_SERVER_H

/*
 * The daemon's side of the socket: one thread, one request at a time from
 * each connection.  Callers are known by the kernel's word only: user and
 * process of connect(2), checked again on every message, and followed by a
 * pidfd, so that a process number used anew is another peer.
 */

#include <sys/types.h>

#include "ipc/message.h"

#define SERVER_CONNECTIONS_MAX	1024
#define SERVER_PER_USER_MAX	128
#define SERVER_PENDING_MAX	(2u << 20) /* bytes of a user's half frames */
#define SERVER_HALF_FRAME_S	30	/* then the connection is closed */

/* A process that has at least one connection. */
struct peer {
	uid_t uid;
	pid_t pid;
	char program[16];	/* its short name; for people, not decisions */
	/* private */
	int pidfd;
	unsigned connections;
	struct peer *next;
};

/* What a handler gives back; views in f may point into hold and secret,
 * which live until the reply is written. */
struct answer {
	struct field f[MESSAGE_FIELD_MAX];
	uint32_t detail;
	struct buf hold;
	struct secret secret;
};

struct server_calls {
	/* Its error becomes the reply's, with the note.  peer may be kept as
	 * an address until gone() is called for it. */
	enum sg_err (*handle)(void *arg, const struct peer *peer,
	    const struct message *in, struct answer *out);
	/* The process ended or closed its last connection. */
	void (*gone)(void *arg, const struct peer *peer);
	/* Called about once a second while anything is connected. */
	void (*tick)(void *arg);
	void *arg;
};

struct server;
/* fd is a listening AF_UNIX stream socket with SO_PASSCRED, which the server
 * then owns; SG_EARG without the option. */
enum sg_err server_new(struct server **out, int fd,
    const struct server_calls *calls);
void server_free(struct server *s);
SG_AUTO_FREE(server)

/* Serves until stop_fd becomes readable. */
enum sg_err server_run(struct server *s, int stop_fd);

/* A listening socket at path, replacing a dead one; everybody may connect.
 * SG_EBUSY when somebody listens there. */
enum sg_err server_listen(const char *path, int *out);

#endif
