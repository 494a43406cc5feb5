/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_VERBS_H
#define SG_IPC_VERBS_H

/* What signetd may be asked: verbs.def as a table. */

#include "ipc/message.h"

#define MESSAGE_PROTOCOL	2
#define MESSAGE_FRAME_MAX	(512u << 10)	/* bytes behind the length */

enum verb {
#define VERB(name, number, request, reply, who, when, what) \
	VERB_##name = number,
#include "ipc/verbs.def"
#undef VERB
};

enum verb_who { VERB_ANYONE, VERB_OWNER, VERB_OWNER_OR_ROOT, VERB_ROOT,
	VERB_CARD };

extern const struct verb_table daemon_verbs;
/* One of daemon_verbs; NULL for an unknown number. */
const struct verb_info *verb_find(unsigned number);
/* Who may ask for it. */
enum verb_who verb_who(const struct verb_info *v);

#endif
