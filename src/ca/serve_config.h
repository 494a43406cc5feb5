/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_SERVE_CONFIG_H
#define SG_CA_SERVE_CONFIG_H

/* DIR/serve.conf: deltas, OCSP, where to listen, the signer; signet-ca(1). */

#include "pki/texts.h"

struct serve_config {
	unsigned delta_hours;		/* 0: no delta lists */
	struct texts delta_urls;
	unsigned ocsp_minutes;		/* how long answers are good */
	char *ocsp_key;			/* kind of the responder's, "p256" */
	char *listen;			/* "127.0.0.1:8080" */
	char *admin;			/* health and metrics, or NULL */
	unsigned connections;
	unsigned per_address;
	bool network;			/* the CA's key needs it */
	bool enroll_http;		/* requests for certificates, too */
	bool scep;			/* likewise, by SCEP */
};
void serve_config_done(struct serve_config *c);

/* With the usual values where it says nothing, or is missing altogether.
 * SG_EFORMAT names the line. */
enum sg_err serve_config_read(struct serve_config *out, const char *dir);

#endif
