/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_PROMPTER_H
#define SG_IPC_PROMPTER_H

/* Has signet-prompt ask for the PIN, which never enters this process. */

#include "ipc/handover.h"

/*
 * Starts signet-prompt ($SIGNET_PROMPT in programs that are not setuid), hands
 * it the ticket of client_login_begin(), and waits for what became of it.
 * program is what the person is told who asks; NULL: this process's name.
 * SG_EIO when there is no such program or it ends without a word.
 */
enum sg_err prompter_run(enum handover_result *out,
    const uint8_t ticket[CLIENT_TICKET_LEN], const char *program);

#endif
