/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_ENROLL_VERB_H
#define SIGNET_ENROLL_VERB_H

/* The larger forms of 'signet enroll'. */

#include "base/err.h"

enum sg_err enroll_scep(int argc, char **argv);
enum sg_err enroll_renew(int argc, char **argv);

#endif
