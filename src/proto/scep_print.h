/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_SCEP_PRINT_H
#define SG_PROTO_SCEP_PRINT_H

/* SCEP messages for people.  What is sealed in one stays so. */

#include "pki/print.h"

/* Appends the fields of a message, either end's, and then those of the
 * certificates that go along.  SG_ENOENT, without a note, for what is no SCEP
 * message; SG_EFORMAT for one that cannot be read.  Of the signature it is said
 * whether it holds by the certificate that goes along, if one does. */
enum sg_err scep_inspect(struct inspection *out, struct bytes message);

#endif
