/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_SERVER_IMPL_H
#define SG_IPC_SERVER_IMPL_H

/*
 * What the parts of the server share.  All of it belongs to the thread of
 * server_run(), but for a job while the worker has it.
 */

#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#include "ipc/server.h"
#include "ipc/worker.h"

/* Somebody who has a process here. */
struct user {
	uid_t uid;
	unsigned processes;
	unsigned connections;
	size_t bytes;		/* what its connections are charged */
	struct line line;
	struct line grouped;
	time_t told;		/* when a refusal was last in the audit */
	struct job *orphan;	/* a LOCK that nobody waits for any more */
	atomic_uint locks;	/* how often was asked for one */
	struct user *next;
};

/* A request on its way through the worker, or a process's farewell. */
struct job {
	struct turn turn;	/* first: the queue knows no more */
	struct process *process;
	struct connection *from;/* NULL: nobody waits for the reply */
	struct message in;	/* views into frame; no verb: a farewell */
	struct secret frame;
	struct secret out;	/* the reply's frame */
	enum sg_err made;	/* whether there is one */
	enum sg_err result;	/* what it says */
	int fd;			/* goes with it, or -1 */
	uint64_t since;		/* server_us() */
	unsigned locks;		/* the user's, when it came */
};

struct process {
	struct peer peer;	/* first: its address stands for it */
	int pidfd;
	unsigned connections;
	unsigned begun;		/* jobs that the worker had or will have */
	struct user *user;
	struct job farewell;
	struct process *next;
};

struct connection {
	int fd;
	struct process *process;
	uint8_t head[MESSAGE_LENGTH_SIZE];
	size_t head_n;
	struct secret in;	/* the frame as it comes */
	struct secret out;	/* the reply as it goes */
	size_t out_sent;
	int out_fd;		/* goes with its first byte, or -1 */
	size_t charged;		/* of its user's bytes */
	struct job *job;	/* what it waits for */
	time_t since;		/* of half a frame, either way; 0: none */
	bool doomed;
	struct connection *next;
};

struct server {
	int listen_fd;
	int epoll_fd;
	const struct verb_table *table;
	struct server_calls calls;
	struct server_quota quota;
	struct worker worker;
	bool made;		/* there is a worker */
	bool working;		/* it takes requests */
	struct connection *connections;
	struct process *processes;
	struct user *users;
	unsigned count;		/* connections */
	bool full;		/* no descriptors: not listening for now */
	time_t told;		/* as a user's, when there is none */
	struct server_verb_stats *verbs;
	unsigned long refused[LIMIT_COUNT];
	unsigned long strangers;
	struct line chores;
	struct job chore;
	bool chore_waits;
};

/* Monotonic seconds, microseconds. */
time_t server_now(void);
uint64_t server_us(void);

/* The kernel tells events apart by the address stored with them. */
enum sg_err server_watch(struct server *s, int op, int fd, uint32_t events,
    void *what);

/* SG_EARG unless the listening socket asks for credentials. */
enum sg_err listener_check(int fd);

/* --- users and processes, process.c --- */

/* NULL when it has no process here. */
struct user *user_find(const struct server *s, uid_t uid);

/* The process of these credentials, with one more connection. */
enum sg_err process_enter(struct server *s, const struct ucred *cred,
    struct process **out);
/* One connection less.  After the last one the worker is told, and then the
 * process is forgotten. */
void process_leave(struct server *s, struct process *p);
/* Forgets it, whatever the worker knows. */
void process_free(struct server *s, struct process *p);

bool is_process(const struct server *s, const void *what);

/* --- requests for the worker, job.c --- */

/* The worker's calls; arg is the server. */
void job_run(void *arg, struct turn *t);
struct line *job_group(void *arg, const struct turn *t);
void job_flush(void *arg, struct turn *first);
void job_rest(void *arg);

/* What goes back for a request: what call makes of it, or the error in
 * reply->result that kept it from being asked.  Sets out, made, result, fd. */
void reply_make(const struct server *s, const struct peer *peer,
    const struct message *in, server_call *call, struct job *reply);
/* Counts what was answered. */
void reply_count(struct server *s, const struct verb_info *verb,
    enum sg_err result, uint64_t since);

/* Hands the connection's frame over; SG_EBUSY when its user's quota is used
 * up. */
enum sg_err job_put(struct server *s, struct connection *c,
    const struct message *in);
/* Nobody waits for it any more. */
void job_leave(struct server *s, struct job *j);
void job_free(struct job *j);

/* --- refusals, job.c --- */

/* A refusal that names the quota and its number, counted and audited. */
enum sg_err limit_refuse(struct server *s, enum server_limit l,
    enum sg_err e, const struct ucred *who, const char *what);
/* SG_EPERM, counted and audited likewise. */
enum sg_err stranger_refuse(struct server *s, const struct ucred *who);

#endif
