/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_CLIENT_IMPL_H
#define SG_IPC_CLIENT_IMPL_H

/* What the parts of the client share. */

#include "ipc/client.h"
#include "ipc/verbs.h"

/* Sends a request and leaves the reply in *reply, whose views are good until
 * the next call.  The daemon's refusal becomes this thread's error. */
enum sg_err client_call(struct client *c, enum verb verb,
    const struct field *f, size_t count, struct message *reply);

#define CALL(c, verb, reply, ...)                                     \
	client_call(c, verb, (struct field[]) { __VA_ARGS__ },        \
	    sizeof((struct field[]) { __VA_ARGS__ }) / sizeof(struct field), \
	    reply)
#define CALL_BARE(c, verb, reply) client_call(c, verb, NULL, 0, reply)

/* Gives the reply's secrets back as soon as they were copied. */
void client_forget_reply(struct client *c);

/* A refused PIN tells how many tries are left. */
enum sg_err client_with_tries(enum sg_err e, const struct message *m,
    uint32_t *tries_left);

#endif
