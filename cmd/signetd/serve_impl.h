/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNETD_SERVE_IMPL_H
#define SIGNETD_SERVE_IMPL_H

/* What the parts that answer verbs share. */

#include "serve.h"

struct call {
	struct serving *serving;
	struct keeper *keeper;
	struct caller caller;
	const struct field *f;
	struct answer *out;
};

typedef enum sg_err verb_handler(struct call *c);

/* Fields of type s hold no NUL (message.c sees to it), but no end either. */
enum sg_err call_text(const struct field *f, size_t max, char **out);

/* serve_card.c */
verb_handler do_card_table, do_card_objects, do_card_state, do_card_verify,
    do_card_drop, do_card_use, do_card_pin_change, do_session_pin,
    do_session_pin_end, do_session_login, do_card_status;

#endif
