/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_BER_H
#define SG_PKI_BER_H

/*
 * BER (X.690 section 8) made DER as far as it has to be to be read: lengths
 * become definite and the shortest, OCTET STRINGs in pieces become whole.  The
 * order of sets stays, and what is inside of an OCTET STRING.
 */

#include "base/bytes.h"

#define BER_DEPTH_MAX	24	/* values inside of each other */

/*
 * Replaces *out by the converted value; what is in DER already comes out byte
 * for byte.  SG_EFORMAT for what is neither, for bytes behind the end, and
 * beyond BER_DEPTH_MAX.
 */
enum sg_err ber_to_der(struct buf *out, struct bytes in);

#endif
