/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CRL_SUMMARY_H
#define SG_PKI_CRL_SUMMARY_H

/* What a list says about itself, without its entries: they are stepped over,
 * so that a list of any length costs two reads. */

#include "pki/crl.h"

#define CRL_HEAD_MAX ((size_t)64 << 10)	/* bytes before, or behind, entries */

struct crl_summary {
	uint64_t number;
	bool delta;
	uint64_t base;		/* BaseCRLNumber of a delta */
	int64_t this_update;	/* Unix seconds */
	int64_t next_update;	/* 0 when absent */
	bool empty;		/* no entries */
};

/* From DER.  The signature is not looked at.  SG_EFORMAT. */
enum sg_err crl_summary_read(struct crl_summary *out, int fd);

/* The two halves of that, without a file.  head is the beginning of a list;
 * *tail_at and *tail_len say where the extensions are, 0 long when there are
 * none.  tail are those bytes. */
enum sg_err crl_summary_head(struct crl_summary *out, struct bytes head,
    uint64_t *tail_at, uint64_t *tail_len);
enum sg_err crl_summary_tail(struct crl_summary *out, struct bytes tail);

#endif
