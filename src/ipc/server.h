/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_SERVER_H
#define SG_IPC_SERVER_H

/*
 * The answering side of a local socket: signetd's, and the signer's of
 * signet-ca.  The thread that calls server_run() talks to the clients and never
 * waits for anything but them; a second one, the worker, does what the table
 * does not call AT_ONCE, one request at a time (or a group, worker.h), the
 * users in turns.  Callers are known by the kernel's word only: user and process
 * of connect(2), checked again on every message, and followed by a pidfd, so
 * that a process number used anew is another peer.
 */

#include <sys/types.h>

#include "ipc/message.h"

struct server_quota {
	uint32_t total;		/* connections of everybody */
	uint32_t connections;	/* of a user, as what follows */
	uint32_t waiting;	/* requests that wait for their turn */
	uint32_t bytes;		/* of unfinished requests, unread replies */
};
enum server_limit { LIMIT_TOTAL, LIMIT_CONNECTIONS, LIMIT_WAITING,
	LIMIT_BYTES, LIMIT_COUNT };
/* The quota's name, as in signetd.conf. */
const char *server_limit_name(enum server_limit l);

#define SERVER_CONNECTIONS_DEFAULT 128
#define SERVER_QUOTA_DEFAULT \
	{ 1024, SERVER_CONNECTIONS_DEFAULT, 128, 2u << 20 }
#define SERVER_BYTES_MIN	(1u << 20)	/* two of the longest frames */
#define SERVER_HALF_FRAME_S	30	/* then the connection is closed */

/* A process that has at least one connection. */
struct peer {
	uid_t uid;
	pid_t pid;
	char program[16];	/* its short name; for people, not decisions */
};

/* What a handler gives back; views in f may point into hold and secret,
 * which live until the reply is written. */
struct answer {
	struct field f[MESSAGE_FIELD_MAX];
	uint32_t detail;
	struct buf hold;
	struct secret secret;
	int fd;			/* of the reply's field f, else -1; the
				 * server closes it */
};

/* Its error becomes the reply's, with the note.  peer may be kept as an
 * address until gone() has been called for it. */
typedef enum sg_err server_call(void *arg, const struct peer *peer,
    const struct message *in, struct answer *out);

struct server_calls {
	/* On the thread of server_run(), for verbs that are AT_ONCE. */
	server_call *at_once;
	/* On the worker's thread, for the others. */
	server_call *handle;
	/* A group of GROUPED verbs was handled, and none of it was answered
	 * yet; an error becomes the answer of each that had none.  On the
	 * worker's thread; NULL: no verb is GROUPED. */
	enum sg_err (*flush)(void *arg);
	/* The process ended or closed its last connection; on the worker's
	 * thread, after whatever of it was handled, and not for a process of
	 * which nothing was. */
	void (*gone)(void *arg, const struct peer *peer);
	/* Nobody waits for the worker, on its thread; NULL: it does nothing
	 * then. */
	void (*rest)(void *arg);
	void *arg;
	/* May this user connect?  NULL: everybody may. */
	bool (*admits)(void *arg, uid_t uid);
	/* On the worker's thread, for server_chore(). */
	void (*chore)(void *arg);
};

struct server;
/* fd is a listening AF_UNIX stream socket with SO_PASSCRED, which the server
 * then owns; SG_EARG without the option.  quota NULL: the defaults. */
enum sg_err server_new(struct server **out, int fd,
    const struct verb_table *verbs, const struct server_calls *calls,
    const struct server_quota *quota);
/* Waits for the request that is being handled, and drops those that wait. */
void server_free(struct server *s);
SG_AUTO_FREE(server)

/* Serves until stop_fd is readable; may be called again. */
enum sg_err server_run(struct server *s, int stop_fd);

/* Lets the request that is being handled end, answers it, and takes no more:
 * the worker is gone when this returns.  It lasts as long as that request. */
void server_drain(struct server *s);

/* Has calls.chore run once, in its turn; nothing, while one waits already.  On
 * the thread of server_run(), between two calls of it. */
void server_chore(struct server *s);

/* How many requests wait, and for how many seconds the worker has been busy
 * with the present one.  Any thread may ask. */
struct server_load {
	unsigned waiting;
	unsigned busy_s;
};
struct server_load server_load(struct server *s);

/* What was counted; for who is called AT_ONCE. */
struct server_verb_stats {
	unsigned long results[SG_ERR_COUNT];
	uint64_t us;		/* from the whole request to the reply */
};
struct server_stats {
	const struct server_verb_stats *verbs;	/* in the table's order */
	unsigned connections;
	unsigned users;
	unsigned long refused[LIMIT_COUNT];
	unsigned long strangers;	/* who may not connect */
};
struct server_stats server_stats(const struct server *s);

/* A listening socket at path, replacing a dead one; everybody may connect.
 * SG_EBUSY when somebody listens there. */
enum sg_err server_listen(const char *path, int *out);
/* The same for whole packets, and for root and the caller's own user only; not
 * for a struct server. */
enum sg_err server_listen_packets(const char *path, int *out);
/* The same at an abstract name that nobody had before, for processes of the
 * caller's own making; *name as pool.h wants it. */
enum sg_err server_listen_apart(char **name, int *out);

#endif
