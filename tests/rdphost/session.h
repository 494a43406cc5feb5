/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_SESSION_H
#define SG_RDPHOST_SESSION_H

/* One connection, from its socket to its end. */

#include "logon_run.h"

struct session_setup {
	struct logon_setup logon;
	const char *certificate;	/* TLS, PEM */
	const char *key;
	const char *keytab;
	unsigned linger;		/* milliseconds a refusal is shown */
};

/* Takes the socket.  What happens is said in key=value lines on stdout. */
enum sg_err session_run(int fd, const struct session_setup *setup);

#endif
