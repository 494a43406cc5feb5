/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define TCP_FLAGS	13	/* their place in the header, RFC 9293 3.1 */
#define SYN_ACK		0x12

/*
 * connect(2) to AF_UNSPEC makes a fresh socket of any, which no system call
 * filter can tell from one to a local socket.  What answers a SYN comes to
 * those only who have sent one.
 */
enum sg_err
sandbox_answers_only(int listener)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SYN_ACK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYN_ACK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog prog = { sizeof(code) / sizeof(code[0]),
		code };
	int locked = 0;
	const int yes = 1;
	socklen_t n = sizeof(locked);

	/* Of a socket that is handed over again and again, once is enough. */
	if (getsockopt(listener, SOL_SOCKET, SO_LOCK_FILTER, &locked, &n) ==
	    0 && locked != 0)
		return SG_OK;
	if (setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) != 0 || setsockopt(listener, SOL_SOCKET,
	    SO_LOCK_FILTER, &yes, sizeof(yes)) != 0)
		return sg_fail(SG_EIO, "sandbox: a socket's filter: %s",
		    strerror(errno));
	return SG_OK;
}
