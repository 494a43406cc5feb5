/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * hostile_web DESK ATTACK: takes web's place at the signer's socket and does
 * what somebody could who has taken web over.  Ends with 0 when the signer did
 * what it should, else it says what it did.  desk.sh runs it, where there are
 * renewal.der, which nobody has submitted before, stolen.der, in which one user
 * asks for the renewal of another's certificate, and bare.der, a PKCS#10.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ipc/desk.h"

#define PATIENCE_MS	5000
#define MARK		"S3CRET-MARK"	/* desk.sh looks for it in the log */

static const char *desk;

static void __attribute__((format(printf, 1, 2), noreturn))
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	exit(1);
}

#define MUST(x)                                                   \
	do {                                                      \
		if (!(x))                                         \
			complain("line %d: %s (%s)", __LINE__, #x, \
			    strerror(errno));                     \
	} while (0)

/* --- a connection --- */

static int
try_connect(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(fd >= 0 && strlen(desk) < sizeof(a.sun_path));
	strcpy(a.sun_path, desk);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int
opened(void)
{
	int fd = try_connect();

	MUST(fd >= 0);
	return fd;
}

static void
send_raw(int fd, const void *p, size_t n)
{
	/* Who was hung up on meanwhile has got what it should. */
	(void)!send(fd, p, n, MSG_NOSIGNAL);
}

static void
send_secret(int fd, const struct secret *x)
{
	send_raw(fd, x->p, x->n);
}

/* Reads a whole frame without its length; false when the signer hung up. */
static bool
receive(int fd, struct buf *out, int *passed)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	size_t want = MESSAGE_LENGTH_SIZE;
	bool head = true;

	out->n = 0;
	*passed = -1;
	while (out->n < want) {
		struct pollfd p = { fd, POLLIN, 0 };
		uint8_t chunk[4096];
		size_t left = want - out->n;
		struct iovec iov = { chunk,
			left < sizeof(chunk) ? left : sizeof(chunk) };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control) };
		ssize_t n;

		if (poll(&p, 1, PATIENCE_MS) != 1)
			complain("the signer neither answers nor hangs up");
		if ((n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC)) <= 0)
			return false;
		if (CMSG_FIRSTHDR(&m) != NULL)
			memcpy(passed, CMSG_DATA(CMSG_FIRSTHDR(&m)),
			    sizeof(int));
		MUST(buf_add(out, chunk, (size_t)n) == SG_OK);
		if (!head || out->n < want)
			continue;
		MUST(message_length(&desk_verbs, out->p, &want) == SG_OK);
		out->n = 0;
		head = false;
	}
	return true;
}

static struct message
message_of(enum desk_verb verb, struct field f)
{
	struct message m = { .verb = verb_of(&desk_verbs, verb),
		.sequence = 1 };

	m.f[0] = f;
	return m;
}

static void
ask(int fd, enum desk_verb verb, struct field f)
{
	auto_done(secret) x = { 0 };
	struct message m = message_of(verb, f);

	MUST(message_write_request(&m, &x) == SG_OK);
	send_secret(fd, &x);
}

/* The reply's error; views of *reply point into *frame. */
static bool
answer(int fd, struct buf *frame, struct message *reply, int *passed)
{
	return receive(fd, frame, passed) && message_read_reply(&desk_verbs,
	    buf_bytes(frame), reply) == SG_OK;
}

/* It hangs up, or says that this was nothing. */
static void
refuses(int fd)
{
	auto_done(buf) frame = { 0 };
	struct message r;
	int passed;

	if (answer(fd, &frame, &r, &passed) && r.error == SG_OK)
		complain("the signer has answered");
	(void)close(fd);
}

/* --- honest --- */

static void
honest(void)
{
	auto_done(buf) frame = { 0 };
	struct message r;
	int passed = -1, fd = opened();
	char c;

	ask(fd, DESK_FILE, field_s("issuing.crt"));
	MUST(answer(fd, &frame, &r, &passed) && r.error == SG_OK);
	MUST(r.f[DESK_FILE_BYTES].b.n > 100 && passed < 0);
	ask(fd, DESK_FILE, field_s("issuing.crl"));
	MUST(answer(fd, &frame, &r, &passed) && r.error == SG_OK);
	MUST(passed >= 0 && read(passed, &c, 1) == 1 && c == 0x30);
	/* For reading, and nothing else. */
	MUST((fcntl(passed, F_GETFL) & O_ACCMODE) == O_RDONLY);
	MUST(write(passed, "x", 1) == -1);
	ask(fd, DESK_OCSP, field_s("nonsense"));
	MUST(answer(fd, &frame, &r, &passed) && r.error == SG_OK);
	ask(fd, DESK_STATUS, field_u(0));
	MUST(answer(fd, &frame, &r, &passed) && r.error == SG_OK);
	MUST(r.f[DESK_STATUS_WRITABLE].u == 1);
}

/* --- attacks --- */

static void
unknown_verbs(void)
{
	for (unsigned n = 0; n < 300; n++) {
		uint8_t x[] = { 0, 0, 0, 6, (uint8_t)(n >> 8), (uint8_t)n,
			0, 0, 0, 1 };
		int fd;

		if (verb_of(&desk_verbs, n) != NULL)
			continue;
		fd = opened();
		send_raw(fd, x, sizeof(x));
		refuses(fd);
	}
}

/* A frame with this verb, and fields that are another's. */
static void
frame_send(int fd, unsigned verb, struct bytes fields)
{
	auto_done(buf) x = { 0 };

	MUST(buf_add_u32(&x, (uint32_t)(6 + fields.n)) == SG_OK &&
	    buf_add_u16(&x, (uint16_t)verb) == SG_OK &&
	    buf_add_u32(&x, 1) == SG_OK &&
	    buf_add_bytes(&x, fields) == SG_OK);
	send_raw(fd, x.p, x.n);
}

static void
wrong_fields(void)
{
	static const struct {
		unsigned verb;
		const char *fields;
		size_t n;
	} all[] = {
		{ DESK_FILE, "", 0 },
		{ DESK_FILE, "\0\0\0", 3 },
		{ DESK_FILE, "\0\0\0\0\0\0\0\1", 8 },
		{ DESK_FILE, "\0\0\0\13issuing.crl\0", 16 },
		{ DESK_FILE, "\0\0\0\14issuing.crl", 15 },
		{ DESK_OCSP, "", 0 },
		{ DESK_OCSP, "\0\0\0\5abcd", 8 },
		{ DESK_OCSP, "\0\0\0\3abcd", 8 },
		{ DESK_OCSP, "\xff\xff\xff\xff" "abcd", 8 },
		{ DESK_SUBMIT, "", 0 },
		{ DESK_SUBMIT, "\0\0\0\0", 4 },
		{ DESK_SUBMIT, "\0\0\0\1x\0\0\0\2y", 10 },
		{ DESK_SUBMIT, "\0\0\0\2x\0\0\0\0\1y", 11 },
		{ DESK_RETRIEVE, "\0\0\0\0\0\0\0\1", 8 },
		{ DESK_RETRIEVE, "\0\0\0\0\0\0\0\1\0\0\0\1", 12 },
		{ DESK_STATUS, "\0", 1 },
		{ DESK_STATUS, MARK, sizeof(MARK) },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int fd = opened();

		frame_send(fd, all[i].verb, bytes_of(all[i].fields,
		    all[i].n));
		refuses(fd);
	}
}

static void
truncated(void)
{
	auto_done(secret) x = { 0 };
	struct message m = message_of(DESK_OCSP, field_s(MARK));

	MUST(message_write_request(&m, &x) == SG_OK);
	for (size_t n = 0; n < x.n; n++) {
		int fd = opened();

		send_raw(fd, x.p, n);
		(void)shutdown(fd, SHUT_WR);
		refuses(fd);
	}
}

static void
oversized(void)
{
	static const uint8_t heads[][4] = { { 0xff, 0xff, 0xff, 0xff },
		{ 0x80, 0, 0, 0 }, { 0, 0x01, 0x80, 0x01 } };
	auto_done(buf) x = { 0 };
	uint8_t *at;
	int fd;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		fd = opened();
		send_raw(fd, heads[i], sizeof(heads[i]));
		refuses(fd);
	}
	MUST(buf_add_u32(&x, DESK_OCSP_MAX + 1) == SG_OK &&
	    buf_extend(&x, DESK_OCSP_MAX + 1, &at) == SG_OK);
	fd = opened();
	frame_send(fd, DESK_OCSP, buf_bytes(&x));
	refuses(fd);
}

/* Half a frame on as many connections as may be, and silence: whoever has a
 * connection left is answered. */
static void
silence(void)
{
	int fd[2 * DESK_CONNECTIONS - 1];

	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		fd[i] = opened();
		send_raw(fd[i], "\0\0\0\x20\0\2\0\0", 8);
	}
	honest();
}

static void
thousand(void)
{
	const struct rlimit many = { 2048, 2048 };
	unsigned alive = 0;
	static int fd[1000];

	MUST(setrlimit(RLIMIT_NOFILE, &many) == 0);
	for (size_t i = 0; i < 1000; i++)
		fd[i] = try_connect();
	(void)usleep(300000);
	for (size_t i = 0; i < 1000; i++) {
		char c;

		if (fd[i] >= 0 && recv(fd[i], &c, 1, MSG_DONTWAIT) < 0 &&
		    errno == EAGAIN)
			alive++;
	}
	if (alive > 2 * DESK_CONNECTIONS)
		complain("%u connections are open", alive);
}

/* Sends for as long as the signer takes it, and reads nothing. */
static size_t
pour(int fd, const struct secret *x)
{
	size_t sent = 0;

	for (int idle = 0; idle < 10; ) {
		ssize_t n = send(fd, x->p, x->n, MSG_NOSIGNAL |
		    MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			break;
		if (n > 0)
			sent += (size_t)n;
		idle = n > 0 ? 0 : idle + 1;
		if (n < 0)
			(void)usleep(50000);
	}
	return sent;
}

/* Requests without end, whose answers nobody reads. */
static void
flood(struct message m)
{
	auto_done(secret) x = { 0 };
	size_t sent;
	int fd = opened();

	MUST(message_write_request(&m, &x) == SG_OK);
	sent = pour(fd, &x);
	honest();
	if (sent > (size_t)64 << 20)
		complain("the signer took %zu bytes", sent);
}

static void
deaf(void)
{
	flood(message_of(DESK_OCSP, field_s(MARK)));
	/* Each answer holds a descriptor. */
	flood(message_of(DESK_FILE, field_s("issuing.crl")));
}

static void
paths(void)
{
	static const char *const names[] = { "", ".", "..", "/", "ca.db",
		"issuing/key.pem", "../issuing/key.pem", "/etc/shadow",
		"issuing/ca.crl", "issuing.crl/", "./issuing.crl",
		"issuing(1).crl", "issuing.key", "ISSUING.CRL",
		"issuing.crt.pem", "root.crl root.crl root.crl root" };
	static const struct bytes odd[] = {
		{ (const uint8_t *)"issuing.crl\0x", 13 },
		{ (const uint8_t *)"issuing.crl\n", 12 },
		{ (const uint8_t *)"%s%s%s%n", 8 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = opened();

		ask(fd, DESK_FILE, field_s(names[i]));
		refuses(fd);
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		int fd = opened();

		ask(fd, DESK_FILE, field_b(odd[i]));
		refuses(fd);
	}
}

static void
descriptors(void)
{
	union {
		char room[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	int null[8];

	for (int i = 0; i < 8; i++)
		MUST((null[i] = open("/dev/null", O_RDONLY)) >= 0);
	for (size_t count = 1; count <= 8; count++) {
		auto_done(secret) x = { 0 };
		struct message m = message_of(DESK_STATUS, field_u(0));
		struct iovec iov;
		struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = CMSG_SPACE(count * sizeof(int)) };
		struct cmsghdr *cm = CMSG_FIRSTHDR(&h);
		int fd = opened();

		MUST(message_write_request(&m, &x) == SG_OK);
		iov = (struct iovec) { x.p, x.n };
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(cm), null, count * sizeof(int));
		MUST(sendmsg(fd, &h, MSG_NOSIGNAL) > 0);
		refuses(fd);
	}
}

static void
garbage(void)
{
	auto_done(buf) frame = { 0 };
	struct message r;
	int passed, fd = opened();

	srandom(1);
	for (int i = 0; i < 3000; i++) {
		uint8_t x[600] = MARK;
		size_t n = (size_t)random() % sizeof(x);

		for (size_t j = sizeof(MARK); j < n; j++)
			x[j] = (uint8_t)random();
		/* Some look right at first. */
		if (i % 2 == 0 && n > 4)
			memcpy(x, "\x30\x82\x02\x30", 4);
		ask(fd, DESK_OCSP, field_b(bytes_of(x, n)));
		MUST(answer(fd, &frame, &r, &passed) && r.error == SG_OK);
		/* malformedRequest, which nobody signed. */
		MUST(bytes_eq(r.f[DESK_OCSP_ANSWER].b,
		    bytes_of("\x30\x03\x0a\x01\x01", 5)));
	}
}

static void
another_user(void)
{
	MUST(setgid(65534) == 0 && setuid(65534) == 0);
	for (int i = 0; i < 20; i++) {
		int fd = try_connect();

		if (fd < 0)
			continue;	/* not even let to the socket */
		ask(fd, DESK_STATUS, field_u(0));
		refuses(fd);
	}
}

/* A child with its parent's connection is another process. */
static void
another_process(void)
{
	int fd = opened(), status = -1;
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0) {
		ask(fd, DESK_STATUS, field_u(0));
		refuses(fd);
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
}

/* --- certificates --- */

struct outcome {
	struct buf frame;
	struct message r;	/* views of it */
};

static void
outcome_done(struct outcome *o)
{
	buf_done(&o->frame);
}

static struct message
submission(const char *template, struct bytes der)
{
	struct message m = message_of(DESK_SUBMIT, field_s(template));

	m.f[1] = field_b(der);
	return m;
}

static void
exchange(struct outcome *o, int fd, const struct message *m)
{
	auto_done(secret) x = { 0 };
	int passed;

	MUST(message_write_request(m, &x) == SG_OK);
	send_secret(fd, &x);
	MUST(answer(fd, &o->frame, &o->r, &passed));
}

static void
submit(struct outcome *o, int fd, struct bytes der)
{
	struct message m = submission("", der);

	exchange(o, fd, &m);
	MUST(o->r.error == SG_OK);
}

static bool
issued(const struct outcome *o)
{
	return o->r.f[DESK_OUTCOME_CERTS].b.n > 0;
}

/* Denied without a word in the books. */
static void
turned_away(const struct outcome *o)
{
	MUST(o->r.f[DESK_OUTCOME_DISPOSITION].u == 2);
	MUST(o->r.f[DESK_OUTCOME_REQUEST].u == 0 && !issued(o));
}

static void
letter(struct buf *out, const char *name)
{
	MUST(file_read(out, name, DESK_MESSAGE_MAX) == SG_OK);
}

/* Each byte, in turn, is another.  Where that is in what nobody signed and
 * nobody reads, it is the same request still, and its certificate the same. */
static void
enroll_altered(void)
{
	auto_done(buf) der = { 0 }, first = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	letter(&der, "renewal.der");
	for (size_t i = 0; i < der.n; i++) {
		der.p[i] ^= (uint8_t)(1 << i % 8);
		submit(&o, fd, buf_bytes(&der));
		der.p[i] ^= (uint8_t)(1 << i % 8);
		if (!issued(&o)) {
			turned_away(&o);
			continue;
		}
		if (first.n == 0)
			MUST(buf_set(&first,
			    o.r.f[DESK_OUTCOME_CERTS].b) == SG_OK);
		MUST(bytes_eq(buf_bytes(&first),
		    o.r.f[DESK_OUTCOME_CERTS].b));
	}
	submit(&o, fd, buf_bytes(&der));
	MUST(issued(&o) && (first.n == 0 || bytes_eq(buf_bytes(&first),
	    o.r.f[DESK_OUTCOME_CERTS].b)));
}

/* By nobody's word, and by somebody's who is another. */
static void
enroll_unproved(void)
{
	static const char *const templates[] = { "", "Staff", "staff", "?",
		"../Staff", "%s%n", MARK, "User", "SubCA" };
	auto_done(buf) bare = { 0 }, stolen = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	letter(&bare, "bare.der");
	letter(&stolen, "stolen.der");
	submit(&o, fd, buf_bytes(&stolen));
	turned_away(&o);
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]);
	    i++) {
		struct message m = submission(templates[i],
		    buf_bytes(&bare));

		exchange(&o, fd, &m);
		MUST(o.r.error == SG_OK);
		turned_away(&o);
	}
}

static void
enroll_replayed(void)
{
	auto_done(buf) der = { 0 }, first = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	letter(&der, "renewal.der");
	submit(&o, fd, buf_bytes(&der));
	MUST(issued(&o));
	MUST(buf_set(&first, o.r.f[DESK_OUTCOME_CERTS].b) == SG_OK);
	for (int i = 0; i < 200; i++) {
		submit(&o, fd, buf_bytes(&der));
		MUST(bytes_eq(buf_bytes(&first),
		    o.r.f[DESK_OUTCOME_CERTS].b));
	}
}

static struct message
retrieval(uint64_t number, struct bytes hash)
{
	struct message m = message_of(DESK_RETRIEVE, field_u(number));

	m.f[1] = field_b(hash);
	return m;
}

static void
enroll_retrieved(void)
{
	auto_done(buf) der = { 0 }, hash = { 0 };
	auto_done(outcome) o = { 0 };
	auto_str hex = NULL;
	uint64_t number;
	struct message m;
	int fd = opened();

	letter(&der, "renewal.der");
	submit(&o, fd, buf_bytes(&der));
	number = o.r.f[DESK_OUTCOME_REQUEST].u;
	MUST(str_from_bytes(&hex, o.r.f[DESK_OUTCOME_SHA256].b) == SG_OK &&
	    hex_decode(&hash, hex) == SG_OK && hash.n == 32);
	m = retrieval(number, buf_bytes(&hash));
	exchange(&o, fd, &m);
	MUST(o.r.error == SG_OK && issued(&o));
	for (uint64_t n = 0; n < number + 20; n++) {
		m = retrieval(n, buf_bytes(&hash));
		exchange(&o, fd, &m);
		MUST((o.r.error == SG_OK) == (n == number));
	}
	m = retrieval(UINT64_MAX, buf_bytes(&hash));
	exchange(&o, fd, &m);
	MUST(o.r.error == SG_ENOENT);
	for (size_t i = 0; i < hash.n; i++) {
		m = retrieval(number, bytes_of(hash.p, i));
		exchange(&o, fd, &m);
		MUST(o.r.error == SG_ENOENT);
		hash.p[i] ^= 1;
		m = retrieval(number, buf_bytes(&hash));
		exchange(&o, fd, &m);
		MUST(o.r.error == SG_ENOENT);
		hash.p[i] ^= 1;
	}
}

/* As large as may be, of what parsers like least; and larger. */
static void
enroll_oversized(void)
{
	static const char *const kinds[] = { "\x30", "\x30\x80", "\xa0\x84",
		"\x30\x84\xff\xff\xff\xff", "-----BEGIN ", MARK };
	auto_done(buf) x = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		x.n = 0;
		while (x.n + strlen(kinds[i]) <= DESK_MESSAGE_MAX)
			MUST(buf_add_str(&x, kinds[i]) == SG_OK);
		submit(&o, fd, buf_bytes(&x));
		turned_away(&o);
	}
	x.n = 0;
	MUST(buf_add_u32(&x, 0) == SG_OK &&
	    buf_add_u32(&x, DESK_MESSAGE_MAX + 100) == SG_OK);
	while (x.n < DESK_MESSAGE_MAX + 108)
		MUST(buf_add_u8(&x, 0x30) == SG_OK);
	frame_send(fd, DESK_SUBMIT, buf_bytes(&x));
	refuses(fd);
}

static void
enroll_flooded(void)
{
	auto_done(buf) der = { 0 }, bare = { 0 };

	letter(&der, "renewal.der");
	letter(&bare, "bare.der");
	flood(submission("", buf_bytes(&der)));
	flood(submission("Staff", buf_bytes(&bare)));
}

/* --- SCEP --- */

static void
scep(struct outcome *o, int fd, struct bytes der)
{
	struct message m = message_of(DESK_SCEP, field_b(der));

	exchange(o, fd, &m);
	MUST(o->r.error == SG_OK || o->r.error == SG_EFORMAT ||
	    o->r.error == SG_ELIMIT || o->r.error == SG_EUNSUPPORTED);
}

#define SCEP_STEP 5	/* every fifth byte: each costs a private operation */

/* Each byte, in turn, is another; whatever comes of it, the books will say. */
static void
scep_altered(void)
{
	auto_done(buf) der = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	letter(&der, "scep.der");
	for (size_t i = 0; i < der.n; i += SCEP_STEP) {
		der.p[i] ^= (uint8_t)(1 << i % 8);
		scep(&o, fd, buf_bytes(&der));
		der.p[i] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t n = 0; n < der.n; n += SCEP_STEP * 7)
		scep(&o, fd, bytes_of(der.p, n));
	scep(&o, fd, buf_bytes(&der));
	MUST(o.r.error == SG_OK && o.r.f[DESK_SCEP_HOLD].u == 0);
}

/* The same message is the same certificate, which is as long. */
static void
scep_replayed(void)
{
	auto_done(buf) der = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();
	size_t n;

	letter(&der, "scep.der");
	scep(&o, fd, buf_bytes(&der));
	MUST(o.r.error == SG_OK && o.r.f[DESK_SCEP_HOLD].u == 0);
	n = o.r.f[DESK_SCEP_MESSAGE].b.n;
	for (int i = 0; i < 200; i++) {
		scep(&o, fd, buf_bytes(&der));
		MUST(o.r.error == SG_OK &&
		    o.r.f[DESK_SCEP_MESSAGE].b.n == n);
	}
}

/* A challenge that nobody made, in a good message. */
static void
scep_unproved(void)
{
	auto_done(buf) der = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	letter(&der, "unproved.der");
	for (int i = 0; i < 20; i++) {
		scep(&o, fd, buf_bytes(&der));
		MUST(o.r.error == SG_OK && o.r.f[DESK_SCEP_HOLD].u == 1);
	}
}

static void
scep_oversized(void)
{
	static const char *const kinds[] = { "\x30", "\x30\x80", "\xa0\x84",
		"\x24\x80", "\x30\x84\xff\xff\xff\xff", MARK };
	auto_done(buf) x = { 0 };
	auto_done(outcome) o = { 0 };
	int fd = opened();

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		x.n = 0;
		while (x.n + strlen(kinds[i]) <= DESK_SCEP_MAX)
			MUST(buf_add_str(&x, kinds[i]) == SG_OK);
		scep(&o, fd, buf_bytes(&x));
		MUST(o.r.error != SG_OK);
	}
}

static void
scep_asked(void)
{
	auto_done(outcome) o = { 0 };
	int fd = opened();

	for (uint64_t i = 0; i < 70; i++) {
		uint64_t what = i < 64 ? i : UINT64_MAX - i;
		struct message m = message_of(DESK_SCEP_CA, field_u(what));

		exchange(&o, fd, &m);
		MUST((o.r.error == SG_OK) == (what < DESK_SCEP_NEXT));
		MUST(o.r.error == SG_OK || o.r.error == SG_ENOENT);
	}
}

static void
scep_flooded(void)
{
	auto_done(buf) der = { 0 };

	letter(&der, "scep.der");
	flood(message_of(DESK_SCEP, field_b(buf_bytes(&der))));
}

static const struct {
	const char *name;
	void (*attack)(void);
} attacks[] = {
	{ "honest", honest },
	{ "unknown-verbs", unknown_verbs },
	{ "wrong-fields", wrong_fields },
	{ "truncated", truncated },
	{ "oversized", oversized },
	{ "silence", silence },
	{ "thousand", thousand },
	{ "deaf", deaf },
	{ "paths", paths },
	{ "descriptors", descriptors },
	{ "garbage", garbage },
	{ "another-user", another_user },
	{ "another-process", another_process },
	{ "enroll-altered", enroll_altered },
	{ "enroll-unproved", enroll_unproved },
	{ "enroll-replayed", enroll_replayed },
	{ "enroll-retrieved", enroll_retrieved },
	{ "enroll-oversized", enroll_oversized },
	{ "enroll-flooded", enroll_flooded },
	{ "scep-altered", scep_altered },
	{ "scep-replayed", scep_replayed },
	{ "scep-unproved", scep_unproved },
	{ "scep-oversized", scep_oversized },
	{ "scep-asked", scep_asked },
	{ "scep-flooded", scep_flooded },
};

int
main(int argc, char **argv)
{
	if (argc != 3) {
		(void)fprintf(stderr, "usage: hostile_web DESK ATTACK\n");
		return 2;
	}
	desk = argv[1];
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(attacks[i].name, argv[2]) != 0)
			continue;
		attacks[i].attack();
		return 0;
	}
	complain("there is no attack '%s'", argv[2]);
}
