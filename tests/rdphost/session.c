/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * FreeRDP's callbacks, the device channel, the relay and the logon, all in one
 * thread: poll(), then each takes what has come.
 */

#include "session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <freerdp/channels/wtsvc.h>
#include <freerdp/crypto/certificate.h>
#include <freerdp/crypto/privatekey.h>
#include <freerdp/freerdp.h>
#include <freerdp/peer.h>
#include <freerdp/session.h>

#include "base/file.h"
#include "capture.h"
#include "rdpdr.h"
#include "relay.h"
#include "screen.h"

#define HANDLES_MAX	32
/* A client that redirects something says what within this time. */
#define DEVICES_WAIT	10000	/* milliseconds */
#define CHANNEL_COMPRESSED 0x00200000u
#define COLOUR_DEPTH	32

enum stage { CONNECTING, CARD_AWAITED, LOGON, SIGNED_IN, REFUSED, ENDED };

struct session {
	const struct session_setup *setup;
	freerdp_peer *peer;
	enum stage stage;
	int64_t deadline;	/* of the stage, 0: none */
	UINT16 channel;		/* 0: not joined */
	struct rdpdr *rdpdr;
	bool listed;
	uint32_t device;
	bool has_device;
	struct relay *relay;
	struct logon_run logon;
	struct logon_result result;
};

static int64_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
say(const char *key, const char *value)
{
	if (value != NULL)
		printf("%s=%s\n", key, value);
	(void)fflush(stdout);
}

static struct session *
session_of(const freerdp_peer *peer)
{
	return peer->ContextExtra;
}

/* --- the logon --- */

static void
show(struct session *s, enum screen what, const char *text)
{
	if (!screen_paint(s->peer->context, what, text))
		say("screen", "cannot be painted");
}

/* What the client's program is told besides the picture ([MS-RDPBCGR]
 * 2.2.10.1.1.4.1.1). */
static void
tell_failure(struct session *s)
{
	logon_info_ex info = { .haveErrorInfo = TRUE,
		.ErrorNotificationType = LOGON_FAILED_OTHER };
	rdpContext *context = s->peer->context;

	if (strcmp(s->result.outcome, "wrong-pin") == 0)
		info.ErrorNotificationType = LOGON_FAILED_BAD_PASSWORD;
	(void)context->update->SaveSessionInfo(context,
	    INFO_TYPE_LOGON_EXTENDED_INF, &info);
}

static void
refused(struct session *s)
{
	s->stage = REFUSED;
	s->deadline = now() + s->setup->linger;
	show(s, SCREEN_REFUSED, s->result.why);
	tell_failure(s);
}

static void
refuse(struct session *s, const char *outcome, const char *why)
{
	(void)snprintf(s->result.outcome, sizeof(s->result.outcome), "%s",
	    outcome);
	(void)snprintf(s->result.why, sizeof(s->result.why), "%s", why);
	say("why", s->result.why);
	say("outcome", s->result.outcome);
	refused(s);
}

static void
signed_in(struct session *s)
{
	logon_info info = { 0 };
	rdpContext *context = s->peer->context;
	auto_str user = NULL;
	auto_str domain = NULL;
	const char *name = strrchr(s->result.why, ' ');
	const char *at = strrchr(s->result.why, '@');

	s->stage = SIGNED_IN;
	s->deadline = 0;
	show(s, SCREEN_DESKTOP, s->result.why);
	if (name != NULL && at > name &&
	    str_from_bytes(&user, bytes_of(name + 1,
	    (size_t)(at - name - 1))) == SG_OK &&
	    str_dup(&domain, at + 1) == SG_OK) {
		info.username = user;
		info.domain = domain;
		(void)context->update->SaveSessionInfo(context,
		    INFO_TYPE_LOGON_LONG, &info);
	}
	if (s->rdpdr != NULL)
		SG_IGNORE(rdpdr_logged_on(s->rdpdr));
}

static void
logon_ended(struct session *s)
{
	struct relay_count n = relay_counted(s->relay);

	printf("apdus=%u\ncalls=%u\ncontexts=%u\n", n.apdus, n.calls,
	    n.contexts);
	logon_run_done(&s->logon);
	if (strcmp(s->result.outcome, "signed-in") == 0)
		signed_in(s);
	else
		refused(s);
}

/* NULL when there is nothing to sign in with, which has been said. */
static struct delegated *
credentials(struct session *s)
{
	enum sg_err e;
	struct delegated *d = captured(&e);

	if (d == NULL)
		refuse(s, "no-credentials", e == SG_ENOENT ?
		    "no credentials came" : sg_note(e));
	else if (d->kind != DELEGATED_SMART_CARD)
		refuse(s, "no-credentials", "this host takes smart cards only");
	else
		return d;
	return NULL;
}

static void
logon_begin(struct session *s, struct delegated *d)
{
	enum sg_err e;

	say("delegated-reader", d->reader);
	say("delegated-container", d->container);
	say("delegated-provider", d->provider);
	say("delegated-user", d->user);
	e = logon_start(&s->logon, &s->setup->logon, d);
	if (e != SG_OK)
		refuse(s, "broken", sg_note(e));
	else {
		s->stage = LOGON;
		s->deadline = 0;
	}
}

/* The person's screen is up: is everything there to sign in? */
static void
proceed(struct session *s)
{
	struct delegated *d = NULL;

	if (s->stage == CARD_AWAITED)
		d = credentials(s);
	if (d == NULL)
		return;
	if (s->rdpdr == NULL || (s->listed && !s->has_device))
		refuse(s, "no-card", "no smart card is redirected");
	else if (s->has_device)
		logon_begin(s, d);
	else if (s->deadline == 0)
		s->deadline = now() + DEVICES_WAIT;
}

/* --- the device channel --- */

static enum sg_err
channel_send(void *arg, struct bytes message)
{
	struct session *s = arg;

	if (!s->peer->SendChannelData(s->peer, s->channel, message.p,
	    message.n))
		return sg_fail(SG_EIO, "the device channel cannot be written");
	return SG_OK;
}

static void
device(void *arg, const struct rdpdr_device *d, bool there)
{
	struct session *s = arg;

	printf("device=%s %s\n", d->name, there ? "there" : "gone");
	if (there && !s->has_device) {
		s->device = d->id;
		s->has_device = true;
	} else if (!there && s->has_device && s->device == d->id) {
		s->has_device = false;
	}
}

static void
listed(void *arg)
{
	struct session *s = arg;

	s->listed = true;
	say("client", rdpdr_client(s->rdpdr));
	proceed(s);
}

static void
completed(void *arg, uint32_t request, uint32_t status, struct bytes output)
{
	struct session *s = arg;

	relay_reply(s->relay, request, status, output);
}

static enum sg_err
ask_card(void *arg, uint32_t code, struct bytes body, uint32_t *request)
{
	struct session *s = arg;

	if (!s->has_device)
		return sg_fail(SG_ENOENT, "no smart card is redirected");
	return rdpdr_control(s->rdpdr, s->device, code, body, RDPESC_BODY_MAX,
	    request);
}

static void
forget(void *arg, uint32_t request)
{
	struct session *s = arg;

	rdpdr_forget(s->rdpdr, request);
}

static BOOL
channel_data(freerdp_peer *peer, UINT16 channel, const BYTE *data, size_t size,
    UINT32 flags, size_t total)
{
	struct session *s = session_of(peer);
	enum sg_err e;

	if (channel != s->channel || s->rdpdr == NULL)
		return TRUE;
	if (flags & CHANNEL_COMPRESSED)
		e = sg_fail(SG_EFORMAT, "compressed, which nobody offered");
	else
		e = rdpdr_chunk(s->rdpdr, bytes_of(data, size), flags, total);
	if (e == SG_OK)
		return TRUE;
	printf("channel=%s\n", sg_note(e));
	freerdp_set_error_info(peer->context->rdp,
	    ERRINFO_VCHANNEL_DATA_TOO_SHORT);
	s->stage = ENDED;
	return FALSE;
}

static enum sg_err
channel_open(struct session *s)
{
	const struct rdpdr_calls calls = { s, channel_send, device, listed,
		completed };

	s->channel = WTSChannelGetId(s->peer, RDPDR_CHANNEL);
	if (s->channel == 0)
		return SG_OK;
	SG_TRY(rdpdr_new(&s->rdpdr, &calls));
	return rdpdr_start(s->rdpdr);
}

/* --- FreeRDP's callbacks --- */

static BOOL
post_connect(freerdp_peer *peer)
{
	struct session *s = session_of(peer);
	enum sg_err e = channel_open(s);

	if (e != SG_OK)
		printf("channel=%s\n", sg_note(e));
	return e == SG_OK;
}

/* Comes again when the client changes its desktop. */
static BOOL
activate(freerdp_peer *peer)
{
	struct session *s = session_of(peer);

	switch (s->stage) {
	case CONNECTING:
		s->stage = CARD_AWAITED;
		show(s, SCREEN_WAITING, "signing in");
		proceed(s);
		break;
	case SIGNED_IN:
		show(s, SCREEN_DESKTOP, s->result.why);
		break;
	case REFUSED:
		show(s, SCREEN_REFUSED, s->result.why);
		break;
	case CARD_AWAITED:
	case LOGON:
	case ENDED:
		break;
	}
	return TRUE;
}

static BOOL
nla_ended(freerdp_peer *peer, const SEC_WINNT_AUTH_IDENTITY *identity,
    BOOL automatic)
{
	(void)identity;
	/* This host keeps the PIN for its logon only, and not here. */
	(void)freerdp_settings_set_string(peer->context->settings,
	    FreeRDP_Password, NULL);
	say("nla", automatic ? "done" : "none");
	return automatic;
}

static bool
set_identity(rdpSettings *settings, const struct session_setup *setup)
{
	rdpCertificate *certificate =
	    freerdp_certificate_new_from_file(setup->certificate);
	rdpPrivateKey *key = freerdp_key_new_from_file(setup->key);

	return certificate != NULL && key != NULL &&
	    freerdp_settings_set_pointer_len(settings,
	    FreeRDP_RdpServerCertificate, certificate, 1) &&
	    freerdp_settings_set_pointer_len(settings,
	    FreeRDP_RdpServerRsaKey, key, 1);
}

/* As a Windows host that insists on network level authentication. */
static bool
configure(rdpSettings *settings, const struct session_setup *setup)
{
	static const struct { FreeRDP_Settings_Keys_Bool key; BOOL value; }
	bools[] = {
		{ FreeRDP_RdpSecurity, FALSE },
		{ FreeRDP_TlsSecurity, FALSE },
		{ FreeRDP_ExtSecurity, FALSE },
		{ FreeRDP_NlaSecurity, TRUE },
		{ FreeRDP_SupportErrorInfoPdu, TRUE },
	};

	for (size_t i = 0; i < sizeof(bools) / sizeof(bools[0]); i++)
		if (!freerdp_settings_set_bool(settings, bools[i].key,
		    bools[i].value))
			return false;
	return freerdp_settings_set_string(settings,
	    FreeRDP_KerberosKeytab, setup->keytab) &&
	    freerdp_settings_set_string(settings,
	    FreeRDP_AuthenticationPackageList, "kerberos,!ntlm") &&
	    freerdp_settings_set_uint32(settings, FreeRDP_ColorDepth,
	    COLOUR_DEPTH) && set_identity(settings, setup);
}

static enum sg_err
peer_open(struct session *s, int fd)
{
	freerdp_peer *peer = freerdp_peer_new(fd);

	if (peer == NULL)
		return sg_fail(SG_ENOMEM, "no memory for the connection");
	s->peer = peer;
	peer->ContextExtra = s;
	if (!freerdp_peer_context_new(peer) ||
	    !configure(peer->context->settings, s->setup))
		return sg_fail(SG_EARG, "certificate, key or keytab of the "
		    "host cannot be used");
	peer->PostConnect = post_connect;
	peer->Activate = activate;
	peer->Logon = nla_ended;
	peer->ReceiveChannelData = channel_data;
	if (!peer->Initialize(peer))
		return sg_fail(SG_EIO, "FreeRDP does not begin");
	return SG_OK;
}

/* --- the loop --- */

static size_t
peer_fds(struct session *s, struct pollfd *fds)
{
	HANDLE handles[HANDLES_MAX];
	DWORD n = s->peer->GetEventHandles(s->peer, handles, HANDLES_MAX);

	for (DWORD i = 0; i < n; i++)
		fds[i] = (struct pollfd) {
			.fd = GetEventFileDescriptor(handles[i]),
			.events = POLLIN };
	return n;
}

/* Error and disconnection by what the refusal was for. */
static void
hang_up(struct session *s)
{
	static const struct { const char *outcome; UINT32 code; } codes[] = {
		{ "wrong-pin", ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED },
		{ "blocked", ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED },
		{ "no-credentials", ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED },
		{ "other-user", ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES },
		{ "unknown-user", ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES },
		{ "revoked", ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES },
	};
	UINT32 code = ERRINFO_SERVER_DENIED_CONNECTION;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].outcome, s->result.outcome) == 0)
			code = codes[i].code;
	freerdp_set_error_info(s->peer->context->rdp, code);
	(void)freerdp_send_error_info(s->peer->context->rdp);
	s->stage = ENDED;
}

static void
expire(struct session *s)
{
	if (s->deadline == 0 || now() < s->deadline)
		return;
	if (s->stage == CARD_AWAITED)
		refuse(s, "no-card", "the client announces no smart card");
	else if (s->stage == REFUSED)
		hang_up(s);
}

static bool
turn(struct session *s)
{
	struct pollfd fds[HANDLES_MAX + 1 + RELAY_CLIENTS_MAX + 1];
	int64_t wait = s->deadline == 0 ? -1 : s->deadline - now();
	size_t n = peer_fds(s, fds);
	bool running = s->logon.pid > 0;

	n += relay_fds(s->relay, fds + n);
	if (running)
		fds[n++] = (struct pollfd) { .fd = s->logon.fd,
			.events = POLLIN };
	if (poll(fds, n, s->deadline != 0 && wait < 0 ? 0 : (int)wait) < 0 &&
	    errno != EINTR)
		return false;
	if (!s->peer->CheckFileDescriptor(s->peer))
		return false;
	relay_serve(s->relay);
	if (running && fds[n - 1].revents != 0 &&
	    logon_serve(&s->logon, &s->result))
		logon_ended(s);
	expire(s);
	return s->stage != ENDED;
}

static void
session_done(struct session *s)
{
	logon_run_done(&s->logon);
	if (s->peer != NULL && s->peer->context != NULL) {
		s->peer->Disconnect(s->peer);
		freerdp_peer_context_free(s->peer);
	}
	freerdp_peer_free(s->peer);
	relay_free(s->relay);
	rdpdr_free(s->rdpdr);
}

enum sg_err
session_run(int fd, const struct session_setup *setup)
{
	struct session s = { .setup = setup };
	const struct relay_calls calls = { &s, ask_card, forget };
	enum sg_err e = peer_open(&s, fd);

	if (e == SG_OK)
		e = relay_new(&s.relay, setup->logon.socket, &calls);
	while (e == SG_OK && turn(&s))
		;
	session_done(&s);
	say("session", "ended");
	return e;
}
