/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_CARD_NAMES_H
#define SG_RDPHOST_CARD_NAMES_H

/* Which reader, and which container in its card, credentials mean.  Pure. */

#include "base/bytes.h"

/*
 * From names (a multi-string) the one that is wanted, or, without one that is,
 * the only one there is.  Otherwise SG_ENOENT and *why, a sentence for the
 * person.
 */
enum sg_err reader_choose(char **out, const char *names, const char *wanted,
    const char **why);

/*
 * Is the certificate that a PKCS#11 module shows with this id and label that of
 * the container?  On a PIV card a container is named after its certificate's
 * object, which its last six digits are ([SP 800-73-4] part 1 table 3);
 * elsewhere it has the label.
 */
bool container_is(const char *container, struct bytes id, const char *label);

#endif
