/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PIV_DATA_H
#define SG_PIV_DATA_H

/* The card's data objects (SP 800-73-4 part 1, appendix A), made of what the
 * container shows. */

#include "piv/card.h"

#define PIV_GUID_LEN 16

/*
 * A UUID (RFC 9562, version 8) that is the same for the same keys and
 * certificates and different otherwise: programs keep what they have read of a
 * card under it.
 */
enum sg_err piv_guid(const struct piv_objects *o, uint8_t out[PIV_GUID_LEN]);

/* Appends the object of a tag; SG_ENOENT when the card has none. */
enum sg_err piv_data(const struct piv_objects *o,
    const uint8_t guid[PIV_GUID_LEN], uint32_t tag, struct buf *out);

/* The application's identifier, and appends what SELECT answers. */
struct bytes piv_aid(void);
enum sg_err piv_application(struct buf *out);

#endif
